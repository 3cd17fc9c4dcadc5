import type { Credentials } from '../iam/guard.ts';

export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** Folder with the bundle. */
  readonly code: string;
  /** `file.export` */
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** ARN of the role it runs as. */
  readonly role: string;
  /** @default /aws/lambda/NAME */
  readonly logGroup?: string;
  /** Sends traces to X-Ray, which its role must allow. */
  readonly traced?: boolean;
  readonly environment: Readonly<Record<string, string>>;
  /** Invocations at a time. @default the account's limit */
  readonly reservedConcurrency?: number;
}

/** Concurrent executions of an AWS account, shared here by nobody. */
const ACCOUNT_CONCURRENCY = 1000;

/** The name the function has in its own logs and metrics, if it has one: physical names are long. */
export const titleOf = ({ name, environment }: FunctionDefinition): string =>
  environment.POWERTOOLS_SERVICE_NAME ?? name;

export const concurrencyOf = ({ reservedConcurrency = ACCOUNT_CONCURRENCY }: FunctionDefinition): number =>
  reservedConcurrency;

export const logGroupOf = ({ name, logGroup }: FunctionDefinition): string => logGroup ?? `/aws/lambda/${name}`;
/** One for all instances: on AWS each has its own. */
export const logStreamOf = ({ name }: FunctionDefinition): string => `${name}.log`;

/**
 * The environment of a function instance: what the template says, what the Lambda runtime adds, where the services
 * listen, the credentials of its role, and of this machine nothing but PATH.
 */
export const instanceEnvironment = (
  definition: FunctionDefinition,
  endpoints: Readonly<Record<string, string>>,
  credentials: Credentials,
): Record<string, string> => {
  const { name, code, handler, memoryMb, environment } = definition;
  return {
    PATH: process.env.PATH ?? '',
    TZ: 'UTC',
    LANG: 'en_US.UTF-8',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupOf(definition),
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamOf(definition),
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    // The SDK must not look for the user's own profiles, nor ask a network that is not there for a machine's role.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    LAMBDA_TASK_ROOT: code,
    _HANDLER: handler,
    ...Object.fromEntries(Object.entries(endpoints).map(([service, url]) => [`AWS_ENDPOINT_URL_${service}`, url])),
    ...environment,
  };
};
