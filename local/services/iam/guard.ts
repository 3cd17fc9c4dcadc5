import type { IncomingHttpHeaders } from 'node:http';
import type { PresignedRequest } from './presigned.ts';

/** Who calls: a role or user by its ARN, or an AWS service that acts for itself by its name (`iot.amazonaws.com`). */
export interface Principal {
  readonly arn: string;
  /** Name of the role's session: for a function's role the function. */
  readonly session?: string;
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
  /**
   * Who signed a URL for somebody else to use.
   * @throws AwsError when its time is over, nobody has these credentials, or it is not the URL that was signed
   */
  presignerOf(request: PresignedRequest): Principal;
  /** @throws AwsError AccessDeniedException, worded as AWS does, when no policy allows it or one denies it */
  check(caller: Principal, action: string, resource: string, context?: RequestContext): void;
  /** Whether `check` would let it pass. A "no" refuses nothing that was asked for, and does not count as a refusal. */
  allows(caller: Principal, action: string, resource: string, context?: RequestContext): boolean;
  /**
   * The principal of a role by its ARN, for what a service does in the name of a role (a rule's action, a poller).
   *
   * @param by the service that takes the role on, and for which of its resources: then the role's trust policy is asked
   * @throws AwsError AccessDeniedException when the trust policy does not let `by` take it on
   * @throws Error when no template has the role
   */
  role(roleArn: string, by?: RoleTaker): Principal;
}

export interface RoleTaker {
  /** `iot.amazonaws.com` */
  readonly service: string;
  /** For what the service acts: a rule, a schedule group. */
  readonly sourceArn?: string;
  /** Name of the session, as it is told in refusals. @default the service's name */
  readonly session?: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Gives out credentials by which `callerOf` then knows their holder. */
export interface Issuer {
  /** @throws Error when no template has a role or user of that ARN */
  credentialsOf(principalArn: string, session?: string): Credentials;
}

/** Lets everybody do everything: for tests of a service alone. */
export const openGuard: Guard & Issuer = {
  callerOf: () => ({ arn: 'arn:aws:iam::000000000000:role/anybody' }),
  presignerOf: () => ({ arn: 'arn:aws:iam::000000000000:role/anybody' }),
  check: () => {},
  allows: () => true,
  role: (arn) => ({ arn }),
  credentialsOf: () => ({ accessKeyId: 'ANYBODY', secretAccessKey: 'anything', sessionToken: 'anything' }),
};
