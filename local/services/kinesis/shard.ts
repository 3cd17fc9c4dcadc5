import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { arrivalAt, frameEnd, type NewRecord, readFrame, type StoredRecord } from './frame.ts';
import {
  createSegment,
  mark,
  offsetOf,
  openSegment,
  readAt,
  removeSegment,
  repairTail,
  SEGMENT_NAME,
  type Segment,
} from './segment.ts';
import { slab } from './slab.ts';

/** Where a reader stands. */
export interface Cursor {
  readonly position: number;
  readonly segment: Segment;
  readonly offset: number;
}

export interface Shard {
  readonly id: string;
  /** Position of the oldest record still held. */
  readonly first: number;
  /** Position that the next record gets; everything before it is written. */
  readonly end: number;
  /** True while records are on their way to the file. */
  readonly writing: boolean;
  /** Resolves with the position of the first of these records once all are in the file. They stay together. */
  append(records: readonly NewRecord[]): Promise<number>;
  /** A cursor at `position`, or at the oldest record held when that one is gone. */
  seek(position: number): Promise<Cursor>;
  /** The next records in about `bytes` bytes (at least one if there is one), without those older than the retention. */
  read(cursor: Cursor, bytes: number): Promise<{ readonly records: StoredRecord[]; readonly next: Cursor }>;
  /** Calls `listener` after every write; returns what ends that. */
  onWritten(listener: () => void): () => void;
  close(): Promise<void>;
}

export interface ShardOptions {
  readonly folder: string;
  readonly id: string;
  readonly retentionMs: number;
  readonly now: () => number;
  readonly log: (line: string) => void;
  /** Bytes after which a new segment file is begun. @default 64 MiB */
  readonly segmentBytes?: number;
}

interface Waiting {
  readonly first: number;
  readonly resolve: (first: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A shard as a series of append-only files. The files are the only store: readers take their records from the
 * operating system's page cache, so memory does not grow with the backlog. What `append` has acknowledged survives
 * a kill of the process; a power cut may take the last moments (no fsync: Kinesis replicates, one machine cannot).
 */
export const openShard = async (options: ShardOptions): Promise<Shard> => {
  const { id, retentionMs, now, log, segmentBytes = 64 * 1024 * 1024 } = options;
  const folder = join(options.folder, id);
  await mkdir(folder, { recursive: true });
  const names = (await readdir(folder)).filter((name) => SEGMENT_NAME.test(name)).sort();
  const segments: Segment[] = [];
  for (const name of names) segments.push(await openSegment(folder, name));
  if (segments.length === 0) segments.push(await createSegment(folder, 0));

  const newest = () => segments.at(-1)!;
  const { records, cutBytes } = await repairTail(newest());
  if (cutBytes > 0) log(`kinesis: ${folder}: cut off ${cutBytes} bytes of a record that was never acknowledged`);

  let end = newest().firstPosition + records;
  let assigned = end;
  const pending = slab();
  let waiting: Waiting[] = [];
  let flushing: Promise<void> | undefined;
  let scheduled = false;
  const listeners = new Set<() => void>();

  const roll = async (position: number) => {
    segments.push(await createSegment(folder, position));
    await dropExpired();
  };

  const dropExpired = async () => {
    const cutoff = now() - retentionMs;
    // Everything in a segment is at most as young as the first record of the next one.
    while (segments.length > 1 && (segments[1]!.firstArrival ?? Number.POSITIVE_INFINITY) < cutoff) {
      await removeSegment(segments.shift()!);
    }
  };

  const flush = async () => {
    while (!pending.empty) {
      const { bytes, starts } = pending.take();
      const acknowledged = waiting;
      waiting = [];
      try {
        if (newest().size >= segmentBytes) await roll(end);
        const segment = newest();
        for (let written = 0; written < bytes.length; ) {
          written += (await segment.file.write(bytes, written, bytes.length - written)).bytesWritten;
        }
        if (segment.firstArrival === undefined) segment.firstArrival = arrivalAt(bytes, 0);
        for (const start of starts) mark(segment, end++, segment.size + start);
        segment.size += bytes.length;
      } catch (error) {
        await undo([...acknowledged, ...waiting], error);
        return;
      }
      pending.giveBack(bytes);
      for (const one of acknowledged) one.resolve(one.first);
      for (const listener of listeners) listener();
    }
  };

  /** A full disk, for one: nothing after the last good record stays, neither in the file nor in the count. */
  const undo = async (all: readonly Waiting[], error: unknown) => {
    pending.take();
    waiting = [];
    assigned = end;
    await newest().file.truncate(newest().size);
    for (const one of all) one.reject(error);
  };

  const schedule = () => {
    if (scheduled || flushing) return;
    scheduled = true;
    // One write for everything that arrives in this turn of the event loop.
    setImmediate(() => {
      scheduled = false;
      flushing = flush().finally(() => {
        flushing = undefined;
        if (!pending.empty) schedule();
      });
    });
  };

  const append = (batch: readonly NewRecord[]): Promise<number> => {
    const first = assigned;
    const arrival = now();
    for (const record of batch) pending.add(record, arrival);
    assigned += batch.length;
    return new Promise((resolve, reject) => {
      waiting.push({ first, resolve, reject });
      schedule();
    });
  };

  const segmentOf = (position: number): Segment =>
    segments.findLast((segment) => segment.firstPosition <= position) ?? segments[0]!;

  const seek = async (position: number): Promise<Cursor> => {
    const held = Math.min(Math.max(position, segments[0]!.firstPosition), end);
    const segment = segmentOf(held);
    return { position: held, segment, offset: await offsetOf(segment, held) };
  };

  const read: Shard['read'] = async (cursor, bytes) => {
    const none = { records: [], next: cursor };
    if (cursor.position >= end) return none;
    const { segment } = cursor;
    const index = segments.indexOf(segment);
    if (index < 0) return { records: [], next: await seek(cursor.position) };
    if (cursor.offset >= segment.size) {
      const following = segments[index + 1];
      return following ? read({ position: following.firstPosition, segment: following, offset: 0 }, bytes) : none;
    }
    const last = end;
    let chunk: Buffer = await readAt(segment, cursor.offset, bytes);
    const firstEnd = frameEnd(chunk, 0);
    if (firstEnd === undefined || firstEnd > chunk.length) {
      chunk = await readAt(segment, cursor.offset, firstEnd ?? segment.size - cursor.offset);
    }
    const cutoff = now() - retentionMs;
    const found: StoredRecord[] = [];
    let { position } = cursor;
    let at = 0;
    while (position < last) {
      const stop = frameEnd(chunk, at);
      if (stop === undefined || stop > chunk.length) break;
      const record = readFrame(chunk, at, stop, position);
      if (record.arrival >= cutoff) found.push(record);
      at = stop;
      position++;
    }
    return { records: found, next: { position, segment, offset: cursor.offset + at } };
  };

  await dropExpired();

  return {
    id,
    get first() {
      return segments[0]!.firstPosition;
    },
    get end() {
      return end;
    },
    get writing() {
      return assigned !== end;
    },
    append,
    seek,
    read,
    onWritten: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {
      while (!pending.empty || flushing || scheduled)
        await (flushing ?? new Promise((resolve) => setImmediate(resolve)));
      for (const segment of segments) await segment.file.close();
    },
  };
};
