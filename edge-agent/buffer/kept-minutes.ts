import { MAX_MINUTES } from '#core/contracts/measurement-message';
import { decode, type EncodedMinutes, encodeWhole } from '../message/encode.ts';
import { cut } from '../message/facility-minutes.ts';
import { type EntryStore, type KeptKey, StorageFull } from './entry-store.ts';

/** Acknowledged messages, kept for a while in case the cloud asks for them again. */
export interface KeptMinutes {
  bytes(): number;
  /** From this minute on, what was acknowledged is kept; undefined when nothing is. */
  from(): number | undefined;
  /** `since` of what is acknowledged now. */
  minute(): number;
  /** Counts one that the store has taken in. */
  admitted(key: KeptKey): void;
  /** Forgets the oldest that are over their time, or over `maxBytes` together; a few at a time. */
  forget(maxBytes: number): Promise<void>;
  /** What there is of a range of minutes, in order, cut to it. */
  within(from: number, until: number): Iterable<EncodedMinutes>;
}

/** Bounds a transaction: after a long run without acknowledgements the rest goes with the next ones. */
const FORGOTTEN_AT_ONCE = 32;

/**
 * Ages are counted in the time for which the agent has run since, not by the time of day: a clock that is set wrong and
 * right again, also over a restart, would make everything old at once, or keep it for ever. Goes on from the newest
 * acknowledgement of the run before, so that what an agent that was switched off has is kept for longer, room permitting.
 *
 * @param keepMinutes how long a message is kept after its acknowledgement
 * @param elapsed milliseconds since some moment, of a clock that nobody sets
 */
export const keptMinutes = (store: EntryStore, keepMinutes: number, elapsed: () => number): KeptMinutes => {
  let bytes = 0;
  let inUseBefore = 0;
  for (const key of store.kept(0)) {
    bytes += key.bytes;
    inUseBefore = Math.max(inUseBefore, key.since);
  }
  const opened = elapsed();
  const minute = () => inUseBefore + Math.floor((elapsed() - opened) / 60_000);
  /** On their way out; the store still lists them until that is written. */
  const leaving = new Set<number>();

  const overdue = (maxBytes: number): readonly KeptKey[] => {
    const keys: KeptKey[] = [];
    if (bytes === 0) return keys;
    const now = minute();
    for (const key of store.kept(0)) {
      if (leaving.has(key.sequence)) continue;
      if ((bytes <= maxBytes && now - key.since < keepMinutes) || keys.length >= FORGOTTEN_AT_ONCE) break;
      leaving.add(key.sequence);
      bytes -= key.bytes;
      keys.push(key);
    }
    return keys;
  };

  return {
    bytes: () => bytes,
    from() {
      for (const { start, sequence } of store.kept(0)) if (!leaving.has(sequence)) return start;
      return undefined;
    },
    minute,
    admitted(key) {
      bytes += key.bytes;
    },
    async forget(maxBytes) {
      const keys = overdue(maxBytes);
      if (keys.length === 0) return;
      try {
        await store.forget(keys);
      } catch (error) {
        if (!(error instanceof StorageFull)) throw error;
        for (const key of keys) bytes += key.bytes;
      } finally {
        for (const { sequence } of keys) leaving.delete(sequence);
      }
    },
    *within(from, until) {
      if (from >= until) return;
      // A message that begins before the range may reach into it.
      for (const key of store.kept(from - MAX_MINUTES)) {
        if (key.start >= until) return;
        if (key.start + key.minutes <= from || leaving.has(key.sequence)) continue;
        const body = store.keptBody(key);
        if (!body) continue;
        const first = Math.max(from - key.start, 0);
        const last = Math.min(until - key.start, key.minutes);
        if (first === 0 && last === key.minutes) yield { start: key.start, minutes: key.minutes, body };
        else {
          // Part of a message that was not too long is not too long.
          const part = encodeWhole(cut(decode(body), first, last));
          if (part) yield part;
        }
      }
    },
  };
};
