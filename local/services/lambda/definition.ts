import { createHash } from 'node:crypto';

export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** Folder with the bundle. */
  readonly code: string;
  /** `file.export` */
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
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

/**
 * The environment of a function instance: what the template says, what the Lambda runtime adds, where the services
 * listen, and of this machine nothing but PATH. Credentials mean nothing here, but differ by function.
 */
export const instanceEnvironment = (
  { name, code, handler, memoryMb, environment }: FunctionDefinition,
  endpoints: Readonly<Record<string, string>>,
): Record<string, string> => ({
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
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
  AWS_LAMBDA_LOG_STREAM_NAME: `${name}.log`,
  AWS_ACCESS_KEY_ID: `LOCAL${digest(name).slice(0, 15).toUpperCase()}`,
  AWS_SECRET_ACCESS_KEY: digest(`secret of ${name}`),
  AWS_SESSION_TOKEN: digest(`session of ${name}`),
  // The SDK must not look for the user's own profiles, nor ask a network that is not there for a machine's role.
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  LAMBDA_TASK_ROOT: code,
  _HANDLER: handler,
  ...Object.fromEntries(Object.entries(endpoints).map(([service, url]) => [`AWS_ENDPOINT_URL_${service}`, url])),
  ...environment,
});

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
