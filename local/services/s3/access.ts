import type { Guard, Principal } from '../iam/guard.ts';
import type { BucketDefinition } from './bucket.ts';

const REGION = 'us-east-1';
const LOGGING = { arn: 'logging.s3.amazonaws.com' };

const arnOf = ({ name }: BucketDefinition): string => `arn:aws:s3:::${name}`;

/** What S3 asks of a caller, and of the key of a bucket that has one. All throw AwsError AccessDenied. */
export const bucketAccess = (guard: Pick<Guard, 'check' | 'allows'>) => {
  const useKey = (caller: Principal, bucket: BucketDefinition, key: string, action: string) => {
    if (bucket.keyArn === undefined) return;
    guard.check(caller, action, bucket.keyArn, {
      'kms:ViaService': `s3.${REGION}.amazonaws.com`,
      // A bucket key is of the whole bucket; without it each object has a data key of its own.
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context
      'kms:EncryptionContext:aws:s3:arn': bucket.bucketKey ? arnOf(bucket) : `${arnOf(bucket)}/${key}`,
    });
  };
  const objectAction = (verb: 'Get' | 'Delete', ofVersion: boolean) => `s3:${verb}Object${ofVersion ? 'Version' : ''}`;
  return {
    put: (caller: Principal, bucket: BucketDefinition, key: string) => {
      guard.check(caller, 's3:PutObject', `${arnOf(bucket)}/${key}`);
      useKey(caller, bucket, key, 'kms:GenerateDataKey');
    },
    /** @param decrypts false for a look at the headers alone */
    get: (caller: Principal, bucket: BucketDefinition, key: string, ofVersion: boolean, decrypts: boolean) => {
      guard.check(caller, objectAction('Get', ofVersion), `${arnOf(bucket)}/${key}`);
      if (decrypts) useKey(caller, bucket, key, 'kms:Decrypt');
    },
    remove: (caller: Principal, bucket: BucketDefinition, key: string, ofVersion: boolean) =>
      guard.check(caller, objectAction('Delete', ofVersion), `${arnOf(bucket)}/${key}`),
    setRetention: (caller: Principal, bucket: BucketDefinition, key: string) =>
      guard.check(caller, 's3:PutObjectRetention', `${arnOf(bucket)}/${key}`),
    getRetention: (caller: Principal, bucket: BucketDefinition, key: string) =>
      guard.check(caller, 's3:GetObjectRetention', `${arnOf(bucket)}/${key}`),
    /** Whoever may not is shown an object without it. */
    maySeeRetention: (caller: Principal, bucket: BucketDefinition, key: string): boolean =>
      guard.allows(caller, 's3:GetObjectRetention', `${arnOf(bucket)}/${key}`),
    /** For whoever may not the lock holds. */
    mayBypassGovernance: (caller: Principal, bucket: BucketDefinition, key: string): boolean =>
      guard.allows(caller, 's3:BypassGovernanceRetention', `${arnOf(bucket)}/${key}`),
    /** Also what decides whether one is told that a key does not exist. */
    list: (caller: Principal, bucket: BucketDefinition, prefix?: string) =>
      guard.check(caller, 's3:ListBucket', arnOf(bucket), prefix === undefined ? undefined : { 's3:prefix': prefix }),
    /** Access logs are not written here; on AWS one that S3 may not deliver is lost in silence. */
    deliverLogs: (bucket: BucketDefinition) => {
      if (bucket.accessLogs === undefined) return;
      const target = `arn:aws:s3:::${bucket.accessLogs.bucket}/${bucket.accessLogs.prefix}2026-01-01-00-00-00-0000000000000000`;
      guard.check(LOGGING, 's3:PutObject', target, { 'aws:SourceArn': arnOf(bucket) });
    },
  };
};

export type BucketAccess = ReturnType<typeof bucketAccess>;
