import type { EncodedMinutes } from '../message/encode.ts';

/** What the buffer knows of an entry without reading it. All of it stands in the key, so that a scan reads keys only. */
export interface EntryKey {
  /** Counts up; entries are read in this order. */
  readonly sequence: number;
  /** First minute, counted from 1970 in UTC. */
  readonly start: number;
  readonly minutes: number;
  readonly bytes: number;
}

/** An acknowledged message that is kept, as it was sent. `sequence` is that of its first entry. */
export interface KeptKey extends EntryKey {
  /** When it was acknowledged: minutes for which the buffer had been in use by then, whatever the clock said. */
  readonly since: number;
}

/**
 * There is no room on the disk. Nothing was changed, and the same may be tried again later.
 * Whatever else a store throws, its disk or its files are broken.
 */
export class StorageFull extends Error {
  override readonly name = 'StorageFull';
}

/** Where a buffer keeps its entries. Every method that returns a promise is all or nothing, and may throw `StorageFull`. */
export interface EntryStore {
  /** Keys of the waiting entries after `sequence`, in order. */
  keysAfter(sequence: number): Iterable<EntryKey>;
  body(key: EntryKey): Uint8Array;
  /** The minute from which a source is to go on, as last appended. */
  position(source: string): number | undefined;
  /** Keeps entries together with the sources' new positions. Resolves when both would survive the loss of power. */
  append(entries: readonly (EncodedMinutes & EntryKey)[], positions: ReadonlyMap<string, number>): Promise<void>;
  /** Takes entries out of the queue; keeps the message that they were, if it is given. */
  remove(keys: readonly EntryKey[], kept?: KeptKey & { readonly body: Uint8Array }): Promise<void>;
  /** Kept messages that begin at this minute or later, by their first minutes. */
  kept(from: number): Iterable<KeptKey>;
  /** Undefined when it has been forgotten meanwhile. */
  keptBody(key: KeptKey): Uint8Array | undefined;
  forget(keys: readonly KeptKey[]): Promise<void>;
  /** Takes entries out of the queue and keeps them, whole, with the reason. */
  setAside(keys: readonly EntryKey[], reason: string): Promise<void>;
  /** Entries set aside, with their reasons. */
  aside(): Iterable<{ readonly key: EntryKey; readonly reason: string; readonly body: Uint8Array }>;
  /** A few words that have to survive a restart, by name. */
  note(name: string): string | undefined;
  setNote(name: string, text: string): Promise<void>;
  close(): Promise<void>;
}
