import { MAX_MINUTES } from '#core/contracts/measurement-message';
import { decode, type EncodedMinutes, encodeWhole } from '../message/encode.ts';
import { continues, type FacilityMinutes, join } from '../message/facility-minutes.ts';
import type { EntryKey, EntryStore } from './entry-store.ts';
import { recentEntries } from './recent-entries.ts';

/** A message out of the buffer, as it travels. */
export interface BufferedMessage extends EncodedMinutes {
  /** The entries it was made of; what its acknowledgement removes. */
  readonly entries: readonly EntryKey[];
}

/** Minutes that belong on the fast lane, past a backlog. */
export type IsLive = (minutes: { readonly start: number; readonly minutes: number }) => boolean;

/** Which entries a run has taken: in order, and live ones ahead of their turn. */
export interface Taking {
  /** An entry that is in the store now. */
  added(key: EntryKey): void;
  /** The oldest entries not taken yet, as one message; stops before live ones. */
  take(isLive: IsLive): BufferedMessage | undefined;
  takeLive(isLive: IsLive): BufferedMessage | undefined;
  nextLive(isLive: IsLive): EntryKey | undefined;
}

export const taking = (store: EntryStore): Taking => {
  const recent = recentEntries();
  /** Everything up to this entry is taken, and these of the later ones. */
  let taken = 0;
  const ahead = new Set<number>();

  /** Without a backlog between them, what was taken ahead is simply taken. */
  const advance = () => {
    for (const { sequence } of store.keysAfter(taken)) {
      if (!ahead.has(sequence)) break;
      taken = sequence;
    }
    for (const one of ahead) if (one <= taken) ahead.delete(one);
  };
  const nextLive = (isLive: IsLive) =>
    recent.find((key) => key.sequence > taken && !ahead.has(key.sequence) && isLive(key));

  return {
    added: recent.add,
    take(isLive) {
      const message = oldest(store, candidates(store, taken, ahead, isLive));
      if (message) {
        taken = message.entries.at(-1)!.sequence;
        advance();
      }
      return message;
    },
    takeLive(isLive) {
      const key = nextLive(isLive);
      if (!key) return undefined;
      ahead.add(key.sequence);
      advance();
      return { start: key.start, minutes: key.minutes, body: store.body(key), entries: [key] };
    },
    nextLive,
  };
};

/** Entries after `taken` that follow one another in time, up to a message's minutes. */
const candidates = (store: EntryStore, taken: number, ahead: ReadonlySet<number>, isLive: IsLive): EntryKey[] => {
  const keys: EntryKey[] = [];
  let minutes = 0;
  for (const key of store.keysAfter(taken)) {
    if (keys.length === 0 && ahead.has(key.sequence)) continue;
    const before = keys.at(-1);
    minutes += key.minutes;
    if (isLive(key) || ahead.has(key.sequence)) break;
    if (before && (key.start !== before.start + before.minutes || minutes > MAX_MINUTES)) break;
    keys.push(key);
  }
  return keys;
};

const oldest = (store: EntryStore, keys: readonly EntryKey[]): BufferedMessage | undefined => {
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
