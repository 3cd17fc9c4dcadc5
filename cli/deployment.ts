import { userInfo } from 'node:os';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { credentialsFault, SIGN_IN } from './credentials.ts';
import { CommandFailed } from './failure.ts';
import { type RunningCloud, runningCloud, startAgain } from './local-cloud.ts';
import { regionOf } from './preflight/choices.ts';

export const STACKS = ['Storage', 'Ingest', 'Processing', 'TimeSeries', 'Reporting', 'Api'] as const;
export type StackName = (typeof STACKS)[number];

/** The service as in `AWS_ENDPOINT_URL_<service>`. */
export type ServiceName =
  | 'COGNITO_IDENTITY_PROVIDER'
  | 'KINESIS'
  | 'RDS_DATA'
  | 'S3'
  | 'SECRETS_MANAGER'
  | 'SNS'
  | 'SFN'
  | 'DYNAMODB'
  | 'IOT'
  | 'IOT_DATA_PLANE'
  | 'KMS'
  | 'LAMBDA'
  | 'TIMESTREAM_WRITE';

/** What the constructor of an AWS SDK client takes. */
export interface ClientConfig {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
  };
}

/** One deployed EmissionWatch: in AWS, or on this machine. */
export interface Deployment {
  readonly region: string;
  /** Who acts, for the audit trail. */
  readonly who: string;
  /** @throws CommandFailed naming stack and output, when there is none */
  output(stack: StackName, key: string): string;
  clientConfig(service: ServiceName): ClientConfig;
  /** The local cloud; undefined in AWS. */
  readonly local: RunningCloud | undefined;
}

/**
 * Finds the deployment: in AWS by the stacks' outputs, with the credentials that the AWS CLI would use, and its region
 * unless one is given; with `local` by what the local cloud says of itself.
 * @throws CommandFailed when there is no such deployment, or nobody to be there, with what to do
 */
export const openDeployment = async (options: {
  readonly local: boolean;
  readonly dataDir: string;
  readonly region?: string;
}): Promise<Deployment> => (options.local ? localDeployment(options.dataDir) : awsDeployment(options));

const localDeployment = (dataDir: string): Deployment => {
  const cloud = runningCloud(dataDir);
  return {
    region: cloud.region,
    who: `local operator ${userInfo().username}`,
    local: cloud,
    output: outputOf(new Map(Object.entries(cloud.outputs)), `start the local cloud again with ${startAgain(dataDir)}`),
    clientConfig: (service) => {
      const endpoint = cloud.endpoints[service];
      if (!endpoint) throw new CommandFailed(`the local cloud in ${dataDir} runs no ${service}`);
      return { region: cloud.region, endpoint, credentials: cloud.credentials };
    },
  };
};

type Outputs = ReadonlyMap<string, Readonly<Record<string, string>>>;

const outputOf =
  (outputs: Outputs, remedy: string) =>
  (stack: StackName, key: string): string => {
    const name = `EmissionWatch-${stack}`;
    const values = outputs.get(name);
    if (!values) throw new CommandFailed(`there is no stack ${name}: ${remedy}`);
    const value = values[key];
    if (value === undefined) throw new CommandFailed(`stack ${name} has no output ${key}: ${remedy}`);
    return value;
  };

const awsDeployment = async (given: { readonly region?: string }): Promise<Deployment> => {
  const region = await regionOf(given).catch((cause: Error) => {
    throw new CommandFailed(`${cause.message}; for a local cloud give --local`, { cause });
  });
  const cloudFormation = new CloudFormationClient({ region });
  const who = await callerArn(region);
  const outputs = new Map<string, Readonly<Record<string, string>>>();
  await Promise.all(
    STACKS.map(async (stack) => {
      const found = await outputsOf(cloudFormation, `EmissionWatch-${stack}`);
      if (found) outputs.set(`EmissionWatch-${stack}`, found);
    }),
  );
  return {
    region,
    who,
    local: undefined,
    output: outputOf(outputs, `deploy it to ${region} with \`npm run deploy\`, or give --region where it is`),
    clientConfig: () => ({ region }),
  };
};

const callerArn = async (region: string): Promise<string> => {
  try {
    const { Arn } = await new STSClient({ region }).send(new GetCallerIdentityCommand({}));
    return Arn!;
  } catch (cause) {
    throw new CommandFailed(`${credentialsFault(cause)}: ${SIGN_IN}; for a local cloud give --local`, { cause });
  }
};

/** Outputs of a stack; undefined when there is none of that name. */
const outputsOf = async (
  client: CloudFormationClient,
  StackName: string,
): Promise<Readonly<Record<string, string>> | undefined> => {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    const outputs = Stacks[0]?.Outputs ?? [];
    return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]));
  } catch (error) {
    // CloudFormation has no error of its own for a stack that does not exist.
    if ((error as Error).name === 'ValidationError' && /does not exist/.test((error as Error).message))
      return undefined;
    throw error;
  }
};
