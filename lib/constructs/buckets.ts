import { type CfnResource, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { type IManagedPolicy, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, StorageClass } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** Where objects may be put, and the policy that lets a role put them there. */
export interface Deposit {
  readonly bucket: IBucket;
  readonly writer: IManagedPolicy;
}

/** What every bucket has. */
export const CLOSED = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  versioned: true,
  removalPolicy: RemovalPolicy.RETAIN,
};

export interface PrivateBucketProps {
  readonly key: IKey;
  readonly accessLogs: IBucket;
}

/** A bucket whose objects never expire: old ones only move to where keeping them costs least. */
export class PrivateBucket extends Bucket {
  private readonly key: IKey;

  constructor(scope: Construct, id: string, { key, accessLogs }: PrivateBucketProps) {
    super(scope, id, {
      ...CLOSED,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: `${id.toLowerCase()}/`,
      lifecycleRules: [
        {
          abortIncompleteMultipartUploadAfter: Duration.days(7),
          transitions: [
            { storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(90) },
            { storageClass: StorageClass.DEEP_ARCHIVE, transitionAfter: Duration.days(365) },
          ],
        },
      ],
    });
    this.key = key;
    acknowledgeOneRegion(this);
  }

  /** Lets whoever holds the deposit's policy add objects under these prefixes; not read, list or delete them. */
  deposit(id: string, prefixes: readonly string[]): Deposit {
    const writer = new ManagedPolicy(this, id, {
      description: `Add objects under ${prefixes.join(' and ')} and nothing else`,
      statements: [
        new PolicyStatement({
          actions: ['s3:PutObject'],
          resources: prefixes.map((prefix) => this.arnForObjects(`${prefix}*`)),
        }),
        new PolicyStatement({
          actions: ['kms:GenerateDataKey'],
          resources: [this.key.keyArn],
          // Only S3, and only for this bucket: with a bucket key the context is the bucket itself.
          conditions: {
            StringEquals: {
              'kms:ViaService': `s3.${Stack.of(this).region}.amazonaws.com`,
              'kms:EncryptionContext:aws:s3:arn': this.bucketArn,
            },
          },
        }),
      ],
    });
    const bucket = Stack.of(this).getLogicalId(this.node.defaultChild as CfnResource);
    for (const prefix of prefixes)
      Validations.of(writer).acknowledge({
        id: `AwsSolutions-IAM5[Resource::<${bucket}.Arn>/${prefix}*]`,
        reason: 'keys are made at run time of time, shard or checksum, so a policy can only name their prefix',
      });
    return { bucket: this, writer };
  }
}

/** Who read or wrote the other buckets, for two years. S3 delivers access logs only to buckets with its own encryption. */
export const accessLogBucket = (scope: Construct, id: string): Bucket => {
  const bucket = new Bucket(scope, id, {
    ...CLOSED,
    encryption: BucketEncryption.S3_MANAGED,
    lifecycleRules: [{ expiration: Duration.days(731), noncurrentVersionExpiration: Duration.days(30) }],
  });
  acknowledgeOneRegion(bucket);
  Validations.of(bucket).acknowledge({
    id: 'NIST.800.53.R5-S3DefaultEncryptionKMS',
    reason: 'S3 delivers access logs only to a bucket whose default encryption is that of S3 itself',
  });
  return bucket;
};

export const acknowledgeOneRegion = (bucket: Bucket): void =>
  Validations.of(bucket).acknowledge({
    id: 'NIST.800.53.R5-S3BucketReplicationEnabled',
    reason: 'S3 keeps each object in three availability zones of the region in which everything else runs as well',
  });
