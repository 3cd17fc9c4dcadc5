import { Fn, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/** Objects of a bucket of another stack. */
export interface StoredObjects {
  readonly bucket: IBucket;
  /** The output of its stack that says its name. */
  readonly output: string;
  readonly prefix: string;
}

/** By the bucket's output: a reference gets a generated one, by which an acknowledgement could not name the objects. */
export const objectsArn = (scope: IConstruct, { bucket, output, prefix }: StoredObjects): string =>
  Stack.of(scope).formatArn({
    service: 's3',
    region: '',
    account: '',
    resource: Fn.getStackOutput(Stack.of(bucket).stackName, output),
    resourceName: `${prefix}*`,
  });

/** On whoever has a policy that names these objects. */
export const acknowledgeObjects = (holder: IConstruct, ...objects: readonly StoredObjects[]): void => {
  for (const { bucket, output, prefix } of objects) {
    const { stackName } = Stack.of(bucket);
    const name = JSON.stringify({ 'Fn::GetStackOutput': { StackName: stackName, OutputName: output } });
    Validations.of(holder).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::${name}/${prefix}*]`,
      reason: 'keys of objects are made at run time of time, shard or checksum: only their prefix can be named',
    });
  }
};

/** Only through S3, and only for this bucket: with a bucket key the context is the bucket itself. */
export const useKeyOf = (scope: IConstruct, bucket: IBucket, ...actions: readonly string[]): PolicyStatement =>
  new PolicyStatement({
    actions: [...actions],
    resources: [bucket.encryptionKey!.keyArn],
    conditions: {
      StringEquals: {
        'kms:ViaService': `s3.${Stack.of(scope).region}.amazonaws.com`,
        'kms:EncryptionContext:aws:s3:arn': bucket.bucketArn,
      },
    },
  });
