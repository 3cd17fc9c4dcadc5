import * as z from 'zod';
import type { EventSourceMapping } from '../services/event-source/mapping.ts';
import { IGNORED, type Templates } from './templates.ts';

/** -1 in the template: without limit. */
const orInfinite = (value: number): number => (value === -1 ? Number.POSITIVE_INFINITY : value);

const BUCKET_ARN = /^arn:aws:s3:::([a-z0-9.-]+)$/;

const properties = z.strictObject({
  FunctionName: z.string(),
  EventSourceArn: z.string().startsWith('arn:aws:kinesis:', 'only Kinesis streams are read here'),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']),
  BatchSize: z.int().min(1).max(10_000).default(100),
  MaximumBatchingWindowInSeconds: z.int().min(0).max(300).default(0),
  ParallelizationFactor: z.int().min(1).max(10).default(1),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  BisectBatchOnFunctionError: z.boolean().default(false),
  MaximumRetryAttempts: z.int().min(-1).max(10_000).default(-1),
  MaximumRecordAgeInSeconds: z.int().min(-1).max(604_800).default(-1),
  DestinationConfig: z
    .strictObject({
      OnFailure: z.strictObject({
        Destination: z.string().regex(BUCKET_ARN, 'only S3 buckets take failed batches here'),
      }),
    })
    .optional(),
  Enabled: z.literal(true).optional(),
  MetricsConfig: IGNORED,
  Tags: IGNORED,
});

export const eventSourceMappingsOf = (templates: Templates): EventSourceMapping[] =>
  templates.ofType('AWS::Lambda::EventSourceMapping').map((resource) => {
    const mapping = resource.properties(properties);
    const destination = mapping.DestinationConfig?.OnFailure.Destination;
    const bucket = destination && BUCKET_ARN.exec(destination)?.[1];
    return {
      id: resource.name,
      target: mapping.FunctionName,
      streamArn: mapping.EventSourceArn,
      startingPosition: mapping.StartingPosition,
      batchSize: mapping.BatchSize,
      batchingWindowSeconds: mapping.MaximumBatchingWindowInSeconds,
      parallelizationFactor: mapping.ParallelizationFactor,
      reportBatchItemFailures: mapping.FunctionResponseTypes.length > 0,
      bisectBatchOnFunctionError: mapping.BisectBatchOnFunctionError,
      maximumRetryAttempts: orInfinite(mapping.MaximumRetryAttempts),
      maximumRecordAgeSeconds: orInfinite(mapping.MaximumRecordAgeInSeconds),
      ...(bucket && { onFailureBucket: bucket }),
    };
  });
