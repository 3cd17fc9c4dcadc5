import * as z from 'zod';
import type { StreamDefinition } from '../services/kinesis/stream.ts';
import { IGNORED, type Templates } from './templates.ts';

const properties = z.strictObject({
  Name: z.string().optional(),
  ShardCount: z.int().min(1).default(1),
  RetentionPeriodHours: z.int().min(24).default(24),
  StreamModeDetails: z.strictObject({ StreamMode: z.literal('PROVISIONED') }).optional(),
  StreamEncryption: z
    .strictObject({
      EncryptionType: z.literal('KMS'),
      KeyId: z.union([z.literal('alias/aws/kinesis'), z.string().startsWith('arn:aws:kms:', 'name a key by its ARN')]),
    })
    .optional(),
  Tags: IGNORED,
});

export const streamsOf = (templates: Templates): StreamDefinition[] =>
  templates.ofType('AWS::Kinesis::Stream').map((resource) => {
    const { ShardCount, RetentionPeriodHours, StreamEncryption } = resource.properties(properties);
    const key = StreamEncryption?.KeyId;
    return {
      name: resource.name,
      arn: resource.attribute('Arn'),
      shards: ShardCount,
      retentionHours: RetentionPeriodHours,
      ...(key?.startsWith('arn:') && { keyArn: key }),
    };
  });
