import type { StoredRecord } from '../kinesis/frame.ts';
import type { Cursor, Shard } from '../kinesis/shard.ts';
import { MAX_PAYLOAD_BYTES } from '../lambda.ts';
import { pause } from '../pause.ts';
import { type BatchItem, EVENT_BYTES } from './batch.ts';

const READ_BYTES = 512 * 1024;
/** How often a lane looks for more while its batching window is open. */
const LOOK_EVERY_MS = 50;

export interface LaneReader {
  /** Position of the next record to take: all before it are taken, or belong to other lanes. */
  readonly position: number;
  /** True while there is nothing to take. */
  readonly waiting: boolean;
  /** The next batch; undefined once stopped. */
  next(): Promise<BatchItem[] | undefined>;
  stop(): void;
}

/**
 * Reads one shard for one lane. Each lane has its own cursor and passes over the records of the others, so that a lane
 * whose batch is being retried holds up nobody and nothing queues up in memory.
 */
export const laneReader = (options: {
  readonly shard: Shard;
  readonly from: Cursor;
  readonly isMine: (partitionKey: string) => boolean;
  readonly toItem: (record: StoredRecord) => BatchItem;
  readonly batchSize: number;
  readonly windowMs: number;
}): LaneReader => {
  const { shard, isMine, toItem, batchSize, windowMs } = options;
  let cursor = options.from;
  let read: readonly StoredRecord[] = [];
  let at = 0;
  let stopped = false;
  let waiting = false;
  const rest = pause();
  const unsubscribe = shard.onWritten(() => {
    if (waiting) rest.release();
  });
  /** A record that did not fit into the last batch. */
  let left: BatchItem | undefined;

  const nextItem = (): BatchItem | undefined => {
    if (left) {
      const item = left;
      left = undefined;
      return item;
    }
    while (at < read.length) {
      const record = read[at++]!;
      if (isMine(record.key)) return toItem(record);
    }
    return undefined;
  };

  const next = async (): Promise<BatchItem[] | undefined> => {
    const batch: BatchItem[] = [];
    let bytes = EVENT_BYTES;
    let until = 0;
    while (!stopped) {
      const item = nextItem();
      if (item) {
        const size = Buffer.byteLength(item.text) + 1;
        if (batch.length > 0 && bytes + size > MAX_PAYLOAD_BYTES) {
          left = item;
          return batch;
        }
        if (batch.length === 0) until = Date.now() + windowMs;
        batch.push(item);
        bytes += size;
        if (batch.length === batchSize) return batch;
      } else if (cursor.position < shard.end) {
        const { records, next: following } = await shard.read(cursor, READ_BYTES);
        read = records;
        at = 0;
        cursor = following;
      } else if (batch.length === 0) {
        waiting = true;
        await rest.wait();
        waiting = false;
      } else {
        const remaining = until - Date.now();
        if (remaining <= 0) return batch;
        await rest.wait(Math.min(remaining, LOOK_EVERY_MS));
      }
    }
    return undefined;
  };

  return {
    get position() {
      return left?.position ?? read[at]?.position ?? cursor.position;
    },
    get waiting() {
      return waiting && cursor.position === shard.end;
    },
    next,
    stop: () => {
      stopped = true;
      unsubscribe();
      rest.release();
    },
  };
};
