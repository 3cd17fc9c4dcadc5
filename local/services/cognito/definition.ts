export interface UserPoolDefinition {
  /** `us-east-1_AbCdEfGhI` */
  readonly id: string;
  readonly arn: string;
  /** URL that its tokens name. */
  readonly issuer: string;
  readonly groups: readonly { readonly name: string; readonly precedence: number }[];
  readonly clients: readonly UserPoolClient[];
  /** `custom:NAME` */
  readonly customAttributes: readonly string[];
}

export interface UserPoolClient {
  readonly id: string;
  readonly idTokenMinutes: number;
}
