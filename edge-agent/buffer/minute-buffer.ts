import { textOfMinute } from '#core/time';
import type { Clock } from '../clock.ts';
import { type EncodedMinutes, encode } from '../message/encode.ts';
import type { FacilityMinutes } from '../message/facility-minutes.ts';
import { appendQueue } from './append-queue.ts';
import { type EntryKey, type EntryStore, StorageFull } from './entry-store.ts';
import { keptMinutes } from './kept-minutes.ts';
import { type BufferedMessage, type IsLive, taking } from './taking.ts';
import { unwritten } from './unwritten.ts';

/** One facility's minutes on their way out. A minute leaves it only by `acknowledge`, or by `setAside` with a reason. */
export interface MinuteBuffer {
  /** The minute from which this source is to go on; undefined when nothing of it was ever kept. */
  resumeAt(source: string): number | undefined;
  /** False when it is full: the source has to wait. A source that cannot wait is kept all the same, disk permitting. */
  hasRoom(): boolean;
  /**
   * Keeps minutes and the source's position, both or neither; on disk when it resolves.
   * @throws RangeError when they lie before the source's position: they would be sent twice
   * @throws StorageFull when the disk has no room. So does every later block of the source, until the first one that
   *   failed is given again and kept: no gap is kept over
   */
  append(source: string, block: FacilityMinutes): Promise<void>;
  /**
   * The oldest minutes not taken yet, as many as fit in one message: at most 60 and under 96 KB. What was taken stays
   * in the buffer, and is taken again by the next run unless it was acknowledged. Stops before live minutes.
   */
  take(isLive?: IsLive): BufferedMessage | undefined;
  /** The oldest live minutes not taken yet, out of turn. */
  takeLive(isLive: IsLive): BufferedMessage | undefined;
  /** What `takeLive` would give. */
  nextLive(isLive: IsLive): EntryKey | undefined;
  /** What the disk has no room to note is noted later, with another acknowledgement or by `catchUp`. */
  acknowledge(message: BufferedMessage): Promise<void>;
  setAside(message: BufferedMessage, reason: string): Promise<void>;
  /** Notes what could not be noted before. */
  catchUp(): Promise<void>;
  /** Minutes and bytes that wait for an acknowledgement. */
  pending(): { readonly minutes: number; readonly bytes: number };
  /** The oldest minute that waits. */
  waitingFrom(): number | undefined;
  /** From this minute on, what was acknowledged is kept for a resend; undefined when nothing is. */
  keptFrom(): number | undefined;
  /** What is kept of a range, as messages, in order. */
  kept(from: number, until: number): Iterable<EncodedMinutes>;
  /** Minutes of a range that wait. */
  waitingWithin(from: number, until: number): number;
  /** Minutes set aside, with the reasons. */
  aside(): Iterable<{ readonly start: number; readonly minutes: number; readonly reason: string }>;
  /** A few words that have to survive a restart. */
  note(name: string): string | undefined;
  setNote(name: string, text: string): Promise<void>;
  close(): Promise<void>;
}

/** How long acknowledged minutes are kept. */
export interface Keeping {
  readonly hours: number;
  readonly clock: Clock;
}

interface Append {
  readonly source: string;
  readonly start: number;
  /** The source's position after it. */
  readonly next: number;
  readonly entries: readonly (EncodedMinutes & EntryKey)[];
}

/**
 * A buffer over a store. Entries are kept as they travel (gzip'ed messages): a block that fills a message is sent
 * without being touched again, and only single minutes that had to wait are unpacked and joined.
 *
 * @param maxBytes size of the waiting entries from which on it is full. Kept minutes give way before that
 * @param keeping left out: acknowledged minutes are not kept
 */
export const minuteBuffer = (store: EntryStore, maxBytes: number, keeping?: Keeping): MinuteBuffer => {
  let minutes = 0;
  let bytes = 0;
  let sequence = 0;
  const taken = taking(store);
  for (const key of store.keysAfter(0)) {
    minutes += key.minutes;
    bytes += key.bytes;
    sequence = key.sequence;
    taken.added(key);
  }
  for (const key of store.kept(0)) sequence = Math.max(sequence, key.sequence);
  const kept = keptMinutes(store, 60 * (keeping?.hours ?? 0), keeping?.clock.elapsed ?? (() => 0));
  const positions = new Map<string, number>();
  /** First minute that a source has to give again, because the disk was full. */
  const stalledAt = new Map<string, number>();
  const resumeAt = (source: string) => positions.get(source) ?? store.position(source);

  const count = (entries: readonly EntryKey[], sign: 1 | -1) => {
    for (const entry of entries) {
      minutes += sign * entry.minutes;
      bytes += sign * entry.bytes;
    }
  };
  const forget = () => kept.forget(maxBytes - bytes);
  const write = async (appends: readonly Append[]) => {
    const entries = appends.flatMap((append) => append.entries);
    const moved = new Map(appends.map(({ source, next }) => [source, next]));
    try {
      await Promise.all([store.append(entries, moved), forget()]);
    } catch (error) {
      if (!(error instanceof StorageFull) || kept.bytes() === 0) throw error;
      await kept.forget(kept.bytes() / 2);
      await store.append(entries, moved);
    }
    for (const entry of entries) taken.added(entry);
  };
  const queue = appendQueue(write, (appends) => {
    for (const { source, start, entries } of appends) {
      positions.delete(source);
      count(entries, -1);
      stalledAt.set(source, Math.min(start, stalledAt.get(source) ?? start));
    }
  });

  const { orLater, catchUp } = unwritten();
  const letGo = async ({ entries, body, start, minutes }: BufferedMessage) => {
    const key = { sequence: entries[0]!.sequence, start, minutes, bytes: body.length, since: kept.minute() };
    const fits = keeping !== undefined && keeping.hours > 0 && bytes + key.bytes <= maxBytes;
    try {
      await Promise.all([store.remove(entries, fits ? { ...key, body } : undefined), forget()]);
      if (fits) kept.admitted(key);
    } catch (error) {
      if (!fits || !(error instanceof StorageFull)) throw error;
      // Too little room to keep it, and perhaps enough to let go of it.
      await store.remove(entries);
    }
  };

  return {
    resumeAt,
    hasRoom: () => bytes < maxBytes,
    async append(source, block) {
      const position = resumeAt(source);
      if (position !== undefined && block.start < position)
        throw new RangeError(
          `minute ${textOfMinute(block.start)} of source ${source} has been kept before; it has to go on from ${textOfMinute(position)}`,
        );
      if (block.start > (stalledAt.get(source) ?? block.start))
        throw new StorageFull('the disk had no room for the minutes before these');
      stalledAt.delete(source);
      const entries = encode(block).map((message) => ({
        ...message,
        sequence: ++sequence,
        bytes: message.body.length,
      }));
      const next = block.start + block.minutes;
      positions.set(source, next);
      count(entries, 1);
      await queue.add({ source, start: block.start, next, entries });
    },
    take: (isLive = () => false) => taken.take(isLive),
    takeLive: taken.takeLive,
    nextLive: taken.nextLive,
    async acknowledge(message) {
      count(message.entries, -1);
      await Promise.all([orLater(() => letGo(message)), catchUp()]);
    },
    async setAside(message, reason) {
      count(message.entries, -1);
      await orLater(() => store.setAside(message.entries, reason));
    },
    catchUp,
    pending: () => ({ minutes, bytes }),
    waitingFrom() {
      for (const { start } of store.keysAfter(0)) return start;
      return undefined;
    },
    keptFrom: () => kept.from(),
    kept: (from, until) => kept.within(from, until),
    waitingWithin(from, until) {
      let found = 0;
      for (const key of store.keysAfter(0))
        found += Math.max(0, Math.min(until, key.start + key.minutes) - Math.max(from, key.start));
      return found;
    },
    *aside() {
      for (const { key, reason } of store.aside()) yield { start: key.start, minutes: key.minutes, reason };
    },
    note: (name) => store.note(name),
    setNote: (name, text) => store.setNote(name, text),
    async close() {
      await catchUp();
      await store.close();
    },
  };
};
