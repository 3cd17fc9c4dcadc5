import { randomUUID } from 'node:crypto';
import { type BatchItem, eventOf } from './batch.ts';

export type Condition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

export interface DiscardedBatch {
  readonly mappingId: string;
  readonly functionArn: string;
  readonly streamArn: string;
  readonly shardId: string;
  readonly items: readonly BatchItem[];
  readonly condition: Condition;
  readonly invokeCount: number;
  readonly requestId: string;
  /** Set when the last invocation ended with an error of the function. */
  readonly functionError: boolean;
}

/**
 * Key and content of the object that an S3 on-failure destination receives: the invocation record, with the whole
 * event in it as text.
 * https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export const discardedObject = (
  batch: DiscardedBatch,
  now: number,
): { readonly key: string; readonly body: string } => {
  const { mappingId, functionArn, streamArn, shardId, items, condition, invokeCount, requestId, functionError } = batch;
  const first = items[0]!;
  const last = items.at(-1)!;
  const timestamp = new Date(now).toISOString();
  const day = timestamp.slice(0, 10);
  const second = timestamp.slice(0, 19).replaceAll(':', '.');
  return {
    key: `aws/lambda/${mappingId}/${shardId}/${day.replaceAll('-', '/')}/${second}-${randomUUID()}`,
    body: JSON.stringify({
      requestContext: { requestId, functionArn, condition, approximateInvokeCount: invokeCount },
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(functionError && { functionError: 'Unhandled' }),
      },
      version: '1.0',
      timestamp,
      KinesisBatchInfo: {
        shardId,
        startSequenceNumber: first.sequenceNumber,
        endSequenceNumber: last.sequenceNumber,
        approximateArrivalOfFirstRecord: new Date(first.arrival).toISOString(),
        approximateArrivalOfLastRecord: new Date(last.arrival).toISOString(),
        batchSize: items.length,
        streamArn,
      },
      payload: eventOf(items),
    }),
  };
};
