import {
  CloudFormationClient,
  DescribeStacksCommand,
  DescribeTypeCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { DescribeEndpointCommand, IoTClient } from '@aws-sdk/client-iot';
import { DescribeLimitsCommand, DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { DescribeKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { GetAccountSettingsCommand, GetFunctionConcurrencyCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  ListRequestedServiceQuotaChangeHistoryByQuotaCommand,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { DescribeEndpointsCommand, TimestreamWriteClient } from '@aws-sdk/client-timestream-write';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Account } from './account.ts';

/** Lambda's "Concurrent executions". */
export const CONCURRENCY_QUOTA = { service: 'lambda', quota: 'L-B99A9384' };

export interface AwsAccountOptions {
  readonly region: string;
  /** @default AWS's own for each service */
  readonly endpoint?: string;
  /** @default those that the AWS CLI would use */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The account that the credentials belong to. */
export const awsAccount = (options: AwsAccountOptions): Account => {
  const config = {
    ...options,
    // A region that lacks a service has no host for it, or one that never answers.
    requestHandler: new NodeHttpHandler({ connectionTimeout: 5_000, requestTimeout: 20_000 }),
  };
  const cloudFormation = new CloudFormationClient(config);
  const lambda = new LambdaClient(config);
  const kinesis = new KinesisClient(config);
  const kms = new KMSClient(config);

  return {
    region: options.region,
    identity: async () => {
      const { Account = '', Arn = '' } = await new STSClient(config).send(new GetCallerIdentityCommand({}));
      return { account: Account, arn: Arn };
    },
    concurrency: async () => {
      const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
      const { ConcurrentExecutions = 0, UnreservedConcurrentExecutions = 0 } = AccountLimit ?? {};
      return { quota: ConcurrentExecutions, unreserved: UnreservedConcurrentExecutions };
    },
    reservedBy: async (FunctionName) => {
      const { ReservedConcurrentExecutions } = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
      return ReservedConcurrentExecutions ?? 0;
    },
    concurrencyRequest: async () => {
      const { RequestedQuotas = [] } = await new ServiceQuotasClient(config).send(
        new ListRequestedServiceQuotaChangeHistoryByQuotaCommand({
          ServiceCode: CONCURRENCY_QUOTA.service,
          QuotaCode: CONCURRENCY_QUOTA.quota,
        }),
      );
      const created = ({ Created }: { Created?: Date | undefined }) => Created?.getTime() ?? 0;
      const [latest] = [...RequestedQuotas].sort((a, b) => created(b) - created(a));
      return latest && { desired: latest.DesiredValue ?? 0, status: latest.Status ?? 'UNKNOWN' };
    },
    stack: async (StackName) => {
      try {
        const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
        const [{ StackStatus = '', Outputs = [], Tags = [] } = {}] = Stacks;
        const outputs = Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
        const tags = Tags.map(({ Key = '', Value = '' }) => [Key, Value]);
        return { status: StackStatus, outputs: Object.fromEntries(outputs), tags: Object.fromEntries(tags) };
      } catch (error) {
        // CloudFormation has no error of its own for a stack that does not exist.
        const { name, message } = error as Error;
        if (name === 'ValidationError' && message.includes('does not exist')) return undefined;
        throw error;
      }
    },
    resourcesOf: async (StackName) => {
      const resources = [];
      for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName }))
        for (const { ResourceType = '', LogicalResourceId = '', PhysicalResourceId } of page.StackResourceSummaries ??
          [])
          if (PhysicalResourceId)
            resources.push({ type: ResourceType, logicalId: LogicalResourceId, physicalId: PhysicalResourceId });
      return resources;
    },
    knowsType: async (TypeName) => {
      try {
        await cloudFormation.send(new DescribeTypeCommand({ Type: 'RESOURCE', TypeName }));
        return true;
      } catch (error) {
        if ((error as Error).name === 'TypeNotFoundException') return false;
        throw error;
      }
    },
    useTimestream: async () => {
      await new TimestreamWriteClient(config).send(new DescribeEndpointsCommand({}));
    },
    iotEndpoint: async () => {
      const { endpointAddress = '' } = await new IoTClient(config).send(
        new DescribeEndpointCommand({ endpointType: 'iot:Data-ATS' }),
      );
      return endpointAddress;
    },
    shards: async () => {
      const { OpenShardCount = 0, ShardLimit = 0 } = await kinesis.send(new DescribeLimitsCommand({}));
      return { open: OpenShardCount, limit: ShardLimit };
    },
    openShardsOf: async (StreamName) => {
      const { StreamDescriptionSummary } = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
      return StreamDescriptionSummary?.OpenShardCount ?? 0;
    },
    keyState: async (KeyId) => {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
      return KeyMetadata?.KeyState ?? 'unknown';
    },
    useKms: async () => {
      await kms.send(new ListKeysCommand({ Limit: 1 }));
    },
  };
};
