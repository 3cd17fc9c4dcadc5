import type { StoredRecord } from '../kinesis/frame.ts';
import { sequenceNumber } from '../kinesis/sequence-number.ts';

/** One record as it stands in the event, encoded once. */
export interface BatchItem {
  readonly position: number;
  readonly arrival: number;
  readonly sequenceNumber: string;
  readonly text: string;
}

const OPEN = '{"Records":[';
const CLOSE = ']}';
/** What an event costs besides its records. */
export const EVENT_BYTES = OPEN.length + CLOSE.length;

/** Concatenates the JSON by hand: everything but the partition key is known to need no escaping. */
export const itemOf =
  (source: { readonly shard: number; readonly shardId: string; readonly streamArn: string; readonly role: string }) =>
  (record: StoredRecord): BatchItem => {
    const number = sequenceNumber(source.shard, record.position);
    return {
      position: record.position,
      arrival: record.arrival,
      sequenceNumber: number,
      text:
        `{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":${JSON.stringify(record.key)},` +
        `"sequenceNumber":"${number}","data":"${record.data.toString('base64')}",` +
        `"approximateArrivalTimestamp":${record.arrival / 1000}},` +
        `"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"${source.shardId}:${number}",` +
        `"eventName":"aws:kinesis:record","invokeIdentityArn":"${source.role}",` +
        `"awsRegion":"us-east-1","eventSourceARN":"${source.streamArn}"}`,
    };
  };

export const eventOf = (items: readonly BatchItem[]): string => OPEN + items.map(({ text }) => text).join(',') + CLOSE;

/**
 * How many of the batch's first records the function has taken, by its answer. With ReportBatchItemFailures the lowest
 * sequence number reported is the first that was not; nothing reported means all, an identifier that is not one of
 * this batch means none. Without it the answer does not matter.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
export const takenOf = (items: readonly BatchItem[], answer: string, reportBatchItemFailures: boolean): number => {
  if (!reportBatchItemFailures) return items.length;
  const failures = (JSON.parse(answer) as { batchItemFailures?: unknown } | null)?.batchItemFailures;
  if (failures === undefined || failures === null) return items.length;
  if (!Array.isArray(failures)) return 0;
  let taken = items.length;
  for (const failure of failures as readonly ({ itemIdentifier?: unknown } | null)[]) {
    const index = items.findIndex((item) => item.sequenceNumber === failure?.itemIdentifier);
    if (index < 0) return 0;
    taken = Math.min(taken, index);
  }
  return taken;
};
