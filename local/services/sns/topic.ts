export interface TopicDefinition {
  readonly name: string;
  readonly arn: string;
  readonly displayName: string;
  /** The customer's key that encrypts it. @default none, for which nobody needs a permission */
  readonly keyArn?: string;
  /** What the template subscribes to it. */
  readonly subscriptions: readonly { readonly protocol: string; readonly endpoint: string }[];
}

/** What was published, as it lies in the log of notices. */
export interface PublishedNotice {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly topicArn: string;
  readonly messageId: string;
  readonly subject?: string;
  readonly message: string;
  readonly attributes?: Readonly<Record<string, string>>;
}
