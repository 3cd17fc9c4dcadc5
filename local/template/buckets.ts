import * as z from 'zod';
import type { BucketDefinition } from '../services/s3.ts';
import { IGNORED, type Templates } from './templates.ts';

const properties = z.strictObject({
  BucketName: z.string().optional(),
  VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  BucketEncryption: z
    .strictObject({
      ServerSideEncryptionConfiguration: z.tuple([
        z.strictObject({
          BucketKeyEnabled: z.boolean().default(false),
          ServerSideEncryptionByDefault: z.strictObject({
            SSEAlgorithm: z.enum(['AES256', 'aws:kms']),
            KMSMasterKeyID: z.string().startsWith('arn:aws:kms:', 'name a key by its ARN').optional(),
          }),
        }),
      ]),
    })
    .optional(),
  LoggingConfiguration: z
    .strictObject({ DestinationBucketName: z.string(), LogFilePrefix: z.string().default('') })
    .optional(),
  ObjectLockEnabled: z.literal(true).optional(),
  ObjectLockConfiguration: z
    .strictObject({
      ObjectLockEnabled: z.literal('Enabled'),
      Rule: z.strictObject({
        DefaultRetention: z.strictObject({ Mode: z.enum(['COMPLIANCE', 'GOVERNANCE']), Days: z.int().min(1) }),
      }),
    })
    .optional(),
  // Nothing here gets as old as lifecycle rules wait for, and nobody but this machine's user reaches the files.
  LifecycleConfiguration: IGNORED,
  OwnershipControls: IGNORED,
  PublicAccessBlockConfiguration: IGNORED,
  Tags: IGNORED,
});

export const bucketsOf = (templates: Templates): BucketDefinition[] =>
  templates.ofType('AWS::S3::Bucket').map((resource) => {
    const { VersioningConfiguration, BucketEncryption, LoggingConfiguration, ...locked } =
      resource.properties(properties);
    const retention = locked.ObjectLockConfiguration?.Rule.DefaultRetention;
    const [encryption] = BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
    const keyArn = encryption?.ServerSideEncryptionByDefault.KMSMasterKeyID;
    return {
      name: resource.name,
      versioned: VersioningConfiguration?.Status === 'Enabled',
      ...(encryption && keyArn !== undefined && { keyArn, bucketKey: encryption.BucketKeyEnabled }),
      ...(locked.ObjectLockEnabled && {
        objectLock: retention ? { retention: { mode: retention.Mode, days: retention.Days } } : {},
      }),
      ...(LoggingConfiguration && {
        accessLogs: { bucket: LoggingConfiguration.DestinationBucketName, prefix: LoggingConfiguration.LogFilePrefix },
      }),
    };
  });
