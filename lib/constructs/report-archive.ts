import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption, type IBucket, ObjectLockMode, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { objectLockOf } from '../environments.ts';
import { acknowledgeOneRegion, CLOSED } from './buckets.ts';

export interface ReportArchiveProps {
  readonly key: IKey;
  readonly accessLogs: IBucket;
}

/**
 * Where reports lie as they were made: whatever is put there cannot be changed or deleted for seven years, by nobody.
 * It stays in the storage class that is read at once: all reports of 200 facilities and seven years are some 10 GB, and
 * the console shows each of them.
 */
export class ReportArchive extends Construct {
  readonly bucket: Bucket;
  /** For steps to hand each other what they have worked out. Nothing in it outlives a report by more than 30 days. */
  readonly work: Bucket;

  constructor(scope: Construct, id: string, { key, accessLogs }: ReportArchiveProps) {
    super(scope, id);
    const common = (prefix: string) => ({
      ...CLOSED,
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: prefix,
    });
    const { mode, days } = objectLockOf(this.node.tryGetContext('objectLock'));
    const abandoned = { abortIncompleteMultipartUploadAfter: Duration.days(7) };
    this.bucket = new Bucket(this, 'Bucket', {
      ...common('reports/'),
      objectLockEnabled: true,
      objectLockDefaultRetention:
        mode === ObjectLockMode.COMPLIANCE
          ? ObjectLockRetention.compliance(Duration.days(days))
          : ObjectLockRetention.governance(Duration.days(days)),
      lifecycleRules: [abandoned],
    });
    this.work = new Bucket(this, 'Work', {
      ...common('report-work/'),
      lifecycleRules: [{ ...abandoned, expiration: Duration.days(30), noncurrentVersionExpiration: Duration.days(1) }],
    });
    for (const each of [this.bucket, this.work]) acknowledgeOneRegion(each);
  }
}
