import { Duration } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import { type IEventSourceDlq, MetricType, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { KinesisEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import { lanes, type Profile } from '../environments.ts';
import type { Deposit } from './buckets.ts';
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function.ts';

export interface StreamConsumerProps extends Omit<PipelineFunctionProps, 'reservedConcurrency'> {
  readonly source: IStream;
  readonly profile: Profile;
  /** Receives the batches that ran out of retries, whole. */
  readonly failed: Deposit;
}

/** A function that reads one stream, each facility's records in order, and leaves no record behind unseen. */
export class StreamConsumer extends PipelineFunction {
  constructor(scope: Construct, id: string, { source, profile, failed, ...props }: StreamConsumerProps) {
    // Fewer reserved invocations than lanes would be throttled, and throttling ages records without counting as a retry.
    super(scope, id, { ...props, reservedConcurrency: lanes(profile) });
    this.live().addEventSource(
      new KinesisEventSource(source, {
        // Also after a replaced mapping: reading again changes nothing, starting at the end would lose what lies between.
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: 100,
        maxBatchingWindow: Duration.seconds(1),
        parallelizationFactor: profile.parallelizationFactor,
        bisectBatchOnError: true,
        reportBatchItemFailures: true,
        retryAttempts: 10,
        maxRecordAge: Duration.hours(72),
        onFailure: batchesTo(failed, this.role),
        metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
      }),
    );
  }
}

/** CDK's S3OnFailureDestination would also let the function read and delete what failed. */
const batchesTo = ({ bucket, writer }: Deposit, role: Role): IEventSourceDlq => ({
  bind: () => {
    role.addManagedPolicy(writer);
    role.addToPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
    return { destination: bucket.bucketArn };
  },
});
