import { z } from 'zod';
import type { QueueDefinition } from '../services/sqs.ts';
import type { Templates } from './templates.ts';

const properties = z.strictObject({
  QueueName: z.string().optional(),
  MessageRetentionPeriod: z.int().default(345_600),
  KmsMasterKeyId: z.unknown(),
  SqsManagedSseEnabled: z.unknown(),
  Tags: z.unknown(),
});

export const queuesOf = (templates: Templates): QueueDefinition[] =>
  templates.ofType('AWS::SQS::Queue').map((resource) => ({
    name: resource.name,
    arn: resource.attribute('Arn'),
    retentionSeconds: resource.properties(properties).MessageRetentionPeriod,
  }));
