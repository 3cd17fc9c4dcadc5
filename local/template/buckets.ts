import { z } from 'zod';
import type { BucketDefinition } from '../services/s3.ts';
import { IGNORED, type Templates } from './templates.ts';

const properties = z.strictObject({
  BucketName: z.string().optional(),
  VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  // Nothing here gets as old as lifecycle rules wait for, and nobody but this machine's user reaches the files.
  BucketEncryption: IGNORED,
  LifecycleConfiguration: IGNORED,
  LoggingConfiguration: IGNORED,
  OwnershipControls: IGNORED,
  PublicAccessBlockConfiguration: IGNORED,
  Tags: IGNORED,
});

export const bucketsOf = (templates: Templates): BucketDefinition[] =>
  templates.ofType('AWS::S3::Bucket').map((resource) => {
    const { VersioningConfiguration } = resource.properties(properties);
    return { name: resource.name, versioned: VersioningConfiguration?.Status === 'Enabled' };
  });
