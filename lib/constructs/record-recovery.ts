import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { RecoverRecordsEnv } from '../../functions/recover-records/env.ts';
import type { StorageStack } from '../stacks/storage-stack.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { acknowledgeObjects, objectsArn, useKeyOf } from './stored-objects.ts';

/**
 * On request, puts back on its stream what failed or was quarantined. People may ask it and may not put records on
 * streams themselves: it takes the keys of objects, so that nobody can have it put on a stream what never arrived.
 */
export class RecordRecovery extends PipelineFunction {
  /** For requests. */
  readonly alias: Alias;

  constructor(scope: Construct, id: string, { storage }: { readonly storage: StorageStack }) {
    const { streams, landing, failedMessages, logKey } = storage;
    super(scope, id, {
      folder: 'recover-records',
      // Eight batches of 6 MB at a time, each as text, as JSON and as records.
      memorySize: 1024,
      // It begins with nothing more after one minute.
      timeout: Duration.minutes(3),
      // Records of a facility keep their order only if one request is worked on at a time.
      reservedConcurrency: 1,
      afterFailure: 'whoever asks waits for the answer, and is told when there is none; what lies in the buckets stays',
      environment: {
        FAILED_BUCKET: failedMessages.bucket.bucketName,
        LANDING_BUCKET: landing.bucket.bucketName,
        MEASUREMENTS_STREAM: streams.measurements.streamName,
        VALIDATED_STREAM: streams.validated.streamName,
        EMISSIONS_STREAM: streams.emissions.streamName,
      } satisfies Record<RecoverRecordsEnv, string>,
      logKey,
    });
    this.allowPutting(storage);
    this.allowFailedObjects(storage);
    this.allowQuarantinedRecords(storage);
    this.alias = this.live();
  }

  requests(): PolicyStatement {
    return new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.alias.functionArn] });
  }

  private allowPutting({ streams: { measurements, validated, emissions } }: StorageStack): void {
    const arns = [measurements, validated, emissions].map(({ streamArn }) => streamArn);
    this.role.addToPolicy(new PolicyStatement({ actions: ['kinesis:PutRecords'], resources: arns }));
  }

  private allowFailedObjects({ failedMessages: { bucket } }: StorageStack): void {
    const under = (prefix: string) => ({ bucket, output: 'FailedBucketName', prefix });
    const [messages, batches, redriven] = [under('iot-failed/'), under('aws/lambda/'), under('redriven/')];
    const statements: readonly (readonly [string[], string[]])[] = [
      // S3 tells only who may list a bucket that an object is gone: somebody else may have put it back.
      [['s3:ListBucket'], [bucket.bucketArn]],
      [['s3:GetObject', 's3:DeleteObject'], [messages, batches].map((objects) => objectsArn(this, objects))],
      [['s3:PutObject'], [objectsArn(this, redriven)]],
    ];
    for (const [actions, resources] of statements) this.role.addToPolicy(new PolicyStatement({ actions, resources }));
    this.role.addToPolicy(useKeyOf(this, bucket, 'kms:Decrypt', 'kms:GenerateDataKey'));
    acknowledgeObjects(this.role, messages, batches, redriven);
  }

  private allowQuarantinedRecords({ landing: { bucket } }: StorageStack): void {
    const quarantined = { bucket, output: 'LandingBucketName', prefix: 'quarantine/' };
    this.role.addToPolicy(
      new PolicyStatement({ actions: ['s3:GetObject'], resources: [objectsArn(this, quarantined)] }),
    );
    this.role.addToPolicy(useKeyOf(this, bucket, 'kms:Decrypt'));
    acknowledgeObjects(this.role, quarantined);
  }
}
