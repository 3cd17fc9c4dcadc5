import { MAX_MINUTES } from '#core/contracts/measurement-message';
import { textOfMinute } from '#core/time';
import { decode, encode, encodeWhole } from '../message/encode.ts';
import { continues, type FacilityMinutes, join } from '../message/facility-minutes.ts';
import type { EntryKey, EntryStore } from './entry-store.ts';

/** A message out of the buffer, as it travels. */
export interface BufferedMessage {
  readonly start: number;
  readonly minutes: number;
  readonly body: Uint8Array;
  /** The entries it was made of; what its acknowledgement removes. */
  readonly entries: readonly EntryKey[];
}

/** One facility's minutes on their way out. A minute leaves it only by `acknowledge`, or by `setAside` with a reason. */
export interface MinuteBuffer {
  /** The minute from which this source is to go on; undefined when nothing of it was ever kept. */
  resumeAt(source: string): number | undefined;
  /** False when it is full: the source has to wait. A source that cannot wait is kept all the same, disk permitting. */
  hasRoom(): boolean;
  /**
   * Keeps minutes and the source's position, both or neither; on disk when it resolves.
   * @throws RangeError when they lie before the source's position: they would be sent twice
   */
  append(source: string, block: FacilityMinutes): Promise<void>;
  /**
   * The oldest minutes not taken yet, as many as fit in one message: at most 60 and under 96 KB. What was taken stays
   * in the buffer, and is taken again by the next run unless it was acknowledged.
   */
  take(): BufferedMessage | undefined;
  acknowledge(message: BufferedMessage): Promise<void>;
  setAside(message: BufferedMessage, reason: string): Promise<void>;
  /** Minutes and bytes that wait for an acknowledgement. */
  pending(): { readonly minutes: number; readonly bytes: number };
  /** Minutes set aside, with the reasons. */
  aside(): Iterable<{ readonly start: number; readonly minutes: number; readonly reason: string }>;
  close(): Promise<void>;
}

/**
 * A buffer over a store. Entries are kept as they travel (gzip'ed messages): a block that fills a message is sent
 * without being touched again, and only single minutes that had to wait are unpacked and joined.
 *
 * @param maxBytes size of the waiting entries from which on it is full
 */
export const minuteBuffer = (store: EntryStore, maxBytes: number): MinuteBuffer => {
  let minutes = 0;
  let bytes = 0;
  let sequence = 0;
  for (const key of store.keysAfter(0)) {
    minutes += key.minutes;
    bytes += key.bytes;
    sequence = key.sequence;
  }
  let taken = 0;
  const positions = new Map<string, number>();
  const resumeAt = (source: string) => positions.get(source) ?? store.position(source);
  const forget = (entries: readonly EntryKey[]) => {
    for (const entry of entries) {
      minutes -= entry.minutes;
      bytes -= entry.bytes;
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
      const entries = encode(block).map((message) => ({
        ...message,
        sequence: ++sequence,
        bytes: message.body.length,
      }));
      const next = block.start + block.minutes;
      positions.set(source, next);
      for (const entry of entries) {
        minutes += entry.minutes;
        bytes += entry.bytes;
      }
      await store.append(entries, source, next);
    },
    take() {
      const message = oldest(store, taken);
      if (message) taken = message.entries.at(-1)!.sequence;
      return message;
    },
    async acknowledge({ entries }) {
      await store.remove(entries);
      forget(entries);
    },
    async setAside({ entries }, reason) {
      await store.setAside(entries, reason);
      forget(entries);
    },
    pending: () => ({ minutes, bytes }),
    *aside() {
      for (const { key, reason } of store.aside()) yield { start: key.start, minutes: key.minutes, reason };
    },
    close: () => store.close(),
  };
};

/** Entries after `taken` that follow one another in time, up to a message's minutes. */
const candidates = (store: EntryStore, taken: number): EntryKey[] => {
  const keys: EntryKey[] = [];
  let minutes = 0;
  for (const key of store.keysAfter(taken)) {
    const before = keys.at(-1);
    minutes += key.minutes;
    if (before && (key.start !== before.start + before.minutes || minutes > MAX_MINUTES)) break;
    keys.push(key);
  }
  return keys;
};

const oldest = (store: EntryStore, taken: number): BufferedMessage | undefined => {
  const keys = candidates(store, taken);
  const [first] = keys;
  if (!first) return undefined;
  if (keys.length > 1) {
    const blocks: FacilityMinutes[] = [];
    for (const key of keys) {
      const block = decode(store.body(key));
      if (blocks.length > 0 && !continues(blocks.at(-1)!, block)) break;
      blocks.push(block);
    }
    // An hour of single minutes may be too large for one message: then half of them, and so on.
    for (let count = blocks.length; count > 1; count = Math.floor(count / 2)) {
      const whole = encodeWhole(join(blocks.slice(0, count)));
      if (whole) return { ...whole, entries: keys.slice(0, count) };
    }
  }
  return { start: first.start, minutes: first.minutes, body: store.body(first), entries: [first] };
};
