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

/** Where a buffer keeps its entries. Every method that returns a promise is all or nothing. */
export interface EntryStore {
  /** Keys of the waiting entries after `sequence`, in order. */
  keysAfter(sequence: number): Iterable<EntryKey>;
  body(key: EntryKey): Uint8Array;
  /** The minute from which a source is to go on, as last appended. */
  position(source: string): number | undefined;
  /** Keeps entries together with the source's new position. Resolves when both would survive the loss of power. */
  append(entries: readonly (EncodedMinutes & EntryKey)[], source: string, position: number): Promise<void>;
  remove(keys: readonly EntryKey[]): Promise<void>;
  /** Takes entries out of the queue and keeps them, whole, with the reason. */
  setAside(keys: readonly EntryKey[], reason: string): Promise<void>;
  /** Entries set aside, with their reasons. */
  aside(): Iterable<{ readonly key: EntryKey; readonly reason: string; readonly body: Uint8Array }>;
  close(): Promise<void>;
}
