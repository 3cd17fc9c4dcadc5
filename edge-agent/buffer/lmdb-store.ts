import { mkdirSync } from 'node:fs';
import { open } from 'lmdb';
import type { EntryKey, EntryStore } from './entry-store.ts';

type Key = [sequence: number, start: number, minutes: number, bytes: number];
const keyOf = ({ sequence, start, minutes, bytes }: EntryKey): Key => [sequence, start, minutes, bytes];
const entryKey = ([sequence, start, minutes, bytes]: Key): EntryKey => ({ sequence, start, minutes, bytes });

/**
 * Entries in an LMDB environment, one folder a facility.
 *
 * Every commit is flushed before its promise resolves (`overlappingSync: false`, LMDB's classic mode): lmdb-js would
 * otherwise resolve when a commit is visible and flush it later, which survives a killed process but not a power cut.
 * Writes of one turn of the event loop share a transaction, and with it one flush, so that a backlog is not slowed.
 *
 * @throws Error when the folder cannot be made or opened
 */
export const lmdbStore = (folder: string): EntryStore => {
  mkdirSync(folder, { recursive: true });
  const environment = open({ path: folder, overlappingSync: false, maxDbs: 4, noMemInit: false });
  const waiting = environment.openDB<Buffer, Key>({ name: 'waiting', encoding: 'binary' });
  const positions = environment.openDB<number, string>({ name: 'positions' });
  const aside = environment.openDB<{ reason: string; body: Buffer }, Key>({ name: 'aside' });

  return {
    *keysAfter(sequence) {
      for (const key of waiting.getKeys({ start: [sequence + 1] as unknown as Key, snapshot: false }))
        yield entryKey(key);
    },
    body(key) {
      const body = waiting.get(keyOf(key));
      if (!body) throw new Error(`entry ${key.sequence} of the buffer ${folder} is gone`);
      return body;
    },
    position: (source) => positions.get(source),
    async append(entries, source, position) {
      await environment.batch(() => {
        for (const entry of entries)
          waiting.put(keyOf(entry), Buffer.from(entry.body.buffer, entry.body.byteOffset, entry.body.length));
        positions.put(source, position);
      });
    },
    async remove(keys) {
      await environment.batch(() => {
        for (const key of keys) waiting.remove(keyOf(key));
      });
    },
    async setAside(keys, reason) {
      await environment.batch(() => {
        for (const key of keys) {
          const body = waiting.get(keyOf(key));
          if (body) aside.put(keyOf(key), { reason, body });
          waiting.remove(keyOf(key));
        }
      });
    },
    *aside() {
      for (const { key, value } of aside.getRange())
        yield { key: entryKey(key), reason: value.reason, body: value.body };
    },
    close: () => environment.close(),
  };
};
