import * as z from 'zod';
import type { QueueDefinition } from '../services/sqs.ts';
import { IGNORED, type Templates } from './templates.ts';

const properties = z.strictObject({
  QueueName: z.string().optional(),
  MessageRetentionPeriod: z.int().default(345_600),
  // SQS' own key: senders need no permission for it.
  KmsMasterKeyId: z.literal('alias/aws/sqs').optional(),
  SqsManagedSseEnabled: IGNORED,
  Tags: IGNORED,
});

export const queuesOf = (templates: Templates): QueueDefinition[] =>
  templates.ofType('AWS::SQS::Queue').map((resource) => ({
    name: resource.name,
    arn: resource.attribute('Arn'),
    retentionSeconds: resource.properties(properties).MessageRetentionPeriod,
  }));
