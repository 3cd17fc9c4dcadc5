import { z } from 'zod';
import type { StreamDefinition } from '../services/kinesis/stream.ts';
import { IGNORED, type Templates } from './templates.ts';

const properties = z.strictObject({
  Name: z.string().optional(),
  ShardCount: z.int().min(1).default(1),
  RetentionPeriodHours: z.int().min(24).default(24),
  StreamModeDetails: z.strictObject({ StreamMode: z.literal('PROVISIONED') }).optional(),
  StreamEncryption: IGNORED,
  Tags: IGNORED,
});

export const streamsOf = (templates: Templates): StreamDefinition[] =>
  templates.ofType('AWS::Kinesis::Stream').map((resource) => {
    const { ShardCount, RetentionPeriodHours } = resource.properties(properties);
    const arn = resource.attribute('Arn');
    return { name: resource.name, arn, shards: ShardCount, retentionHours: RetentionPeriodHours };
  });
