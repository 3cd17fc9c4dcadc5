import type { IncomingHttpHeaders } from 'node:http';

/** Who calls: the role whose credentials signed the request, or an AWS service that acts for itself. */
export interface Principal {
  readonly arn: string;
}

/** Condition keys of one request beyond those that every request has (`aws:SecureTransport`, `aws:SourceAccount`). */
export type RequestContext = Readonly<Record<string, string>>;

/** Decides who may do what, by the identity and resource policies of the templates. */
export interface Guard {
  /**
   * The caller of a signed request, by its access key and session token.
   * @throws AwsError UnrecognizedClientException when nobody has these credentials
   */
  callerOf(headers: IncomingHttpHeaders): Principal;
  /** @throws AwsError AccessDeniedException, worded as AWS does, when no policy allows it or one denies it */
  check(caller: Principal, action: string, resource: string, context?: RequestContext): void;
  /** The principal of a role by its ARN, for what a service does in the name of a role (a rule's action, a poller). */
  role(roleArn: string): Principal;
}

/** Lets everybody do everything: for tests of a service alone. */
export const openGuard: Guard = {
  callerOf: () => ({ arn: 'arn:aws:iam::000000000000:role/anybody' }),
  check: () => {},
  role: (arn) => ({ arn }),
};
