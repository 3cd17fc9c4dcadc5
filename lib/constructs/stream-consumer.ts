import { Duration, Names } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import { type IEventSourceDlq, MetricType, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { lanes, type Profile } from '../environments.ts';
import type { Deposit } from './buckets.ts';
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function.ts';

export interface StreamConsumerProps extends Omit<PipelineFunctionProps, 'reservedConcurrency' | 'afterFailure'> {
  readonly source: IStream;
  readonly profile: Profile;
  /** Receives the batches that ran out of retries, whole. */
  readonly failed: Deposit;
  /**
   * How long Lambda gathers records before it invokes. Without a window it takes what the last second has brought, for
   * it looks into a shard once a second.
   * @default 1 second
   */
  readonly batchingWindow?: Duration;
}

/** A function that reads one stream, each facility's records in order, and leaves no record behind unseen. */
export class StreamConsumer extends PipelineFunction {
  /** UUID by which Lambda counts what the mapping reads. */
  readonly mappingId: string;
  readonly source: IStream;

  constructor(
    scope: Construct,
    id: string,
    { source, profile, failed, batchingWindow, ...props }: StreamConsumerProps,
  ) {
    // Fewer reserved invocations than lanes would be throttled, and throttling ages records without counting as a retry.
    super(scope, id, {
      ...props,
      reservedConcurrency: lanes(profile),
      afterFailure: 'the mapping that invokes it puts a batch that ran out of retries into a bucket, whole',
    });
    // CDK's KinesisEventSource would also grant what only enhanced fan-out needs, and a listing of all streams.
    this.role.addToPolicy(new PolicyStatement({ actions: READS, resources: [source.streamArn] }));
    // The id is part of the mapping's identity: one of another name would read the stream from its beginning.
    const name = `KinesisEventSource:${Names.nodeUniqueId(source.node)}`;
    const mapping = this.live({ readsStream: true }).addEventSourceMapping(name, {
      eventSourceArn: source.streamArn,
      // Also after a replaced mapping: reading again changes nothing, starting at the end would lose what lies between.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      maxBatchingWindow: batchingWindow ?? Duration.seconds(1),
      parallelizationFactor: profile.parallelizationFactor,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: 10,
      maxRecordAge: Duration.hours(72),
      onFailure: batchesTo(failed, this.role),
      supportS3OnFailureDestination: true,
      metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
    });
    this.mappingId = mapping.eventSourceMappingId;
    this.source = source;
  }
}

/** What Lambda does with a stream in the function's name. https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html */
const READS = [
  'kinesis:DescribeStream',
  'kinesis:DescribeStreamSummary',
  'kinesis:GetRecords',
  'kinesis:GetShardIterator',
  'kinesis:ListShards',
];

/** CDK's S3OnFailureDestination would also let the function read and delete what failed. */
const batchesTo = ({ bucket, writer }: Deposit, role: Role): IEventSourceDlq => ({
  bind: () => {
    role.addManagedPolicy(writer);
    role.addToPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
    return { destination: bucket.bucketArn };
  },
});
