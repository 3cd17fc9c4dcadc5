import { mkdirSync } from 'node:fs';
import { open } from 'lmdb';
import { freeBytes, hasRoomForLess, hasRoomForMore } from './disk-room.ts';
import { type EntryKey, type EntryStore, type KeptKey, StorageFull } from './entry-store.ts';

type Key = [sequence: number, start: number, minutes: number, bytes: number];
const keyOf = ({ sequence, start, minutes, bytes }: EntryKey): Key => [sequence, start, minutes, bytes];
const entryKey = ([sequence, start, minutes, bytes]: Key): EntryKey => ({ sequence, start, minutes, bytes });

type KeptAt = [start: number, sequence: number, minutes: number, bytes: number, since: number];
const keptAt = ({ start, sequence, minutes, bytes, since }: KeptKey): KeptAt => [
  start,
  sequence,
  minutes,
  bytes,
  since,
];
const keptKey = ([start, sequence, minutes, bytes, since]: KeptAt): KeptKey => ({
  start,
  sequence,
  minutes,
  bytes,
  since,
});

const bufferOf = (body: Uint8Array) => Buffer.from(body.buffer, body.byteOffset, body.length);

const bytesOf = (entries: readonly EntryKey[]): number => entries.reduce((sum, { bytes }) => sum + bytes, 0);

interface Pages {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}
const pagesOf = ({ treeBranchPageCount, treeLeafPageCount, overflowPages }: Pages) =>
  treeBranchPageCount + treeLeafPageCount + overflowPages;

/**
 * Entries in an LMDB environment, one folder a facility.
 *
 * Every commit is flushed before its promise resolves (`overlappingSync: false`, LMDB's classic mode): lmdb-js would
 * otherwise resolve when a commit is visible and flush it later, which survives a killed process but not a power cut.
 * Writes of one turn of the event loop share a transaction, and with it one flush, so that a backlog is not slowed.
 *
 * A commit that finds the disk full can take the process down (lmdb 3.5, in native code). So the room is looked at
 * before every write, with a reserve; should a commit fail all the same, the store is of no more use to this process,
 * and what was kept before is whole for the next.
 *
 * @param free bytes that the disk of the folder has left
 * @throws Error when the folder cannot be made or opened
 */
export const lmdbStore = (folder: string, free: (folder: string) => number = freeBytes): EntryStore => {
  mkdirSync(folder, { recursive: true });
  const environment = open({ path: folder, overlappingSync: false, maxDbs: 6, noMemInit: false });
  const waiting = environment.openDB<Buffer, Key>({ name: 'waiting', encoding: 'binary' });
  const positions = environment.openDB<number, string>({ name: 'positions' });
  const kept = environment.openDB<Buffer, KeptAt>({ name: 'kept', encoding: 'binary' });
  const aside = environment.openDB<{ reason: string; body: Buffer }, Key>({ name: 'aside' });
  const notes = environment.openDB<string, string>({ name: 'notes' });

  const unusedInside = (): number => {
    const { lastPageNumber, pageSize } = environment.getStats() as { lastPageNumber: number; pageSize: number };
    const used = [waiting, positions, kept, aside, notes].reduce(
      (sum, database) => sum + pagesOf(database.getStats() as Pages),
      0,
    );
    return (lastPageNumber - used) * pageSize;
  };

  /** Runs writes as one transaction. Every promise of lmdb-js gets a listener: one without ends the process. */
  const commit = async (write: () => Promise<unknown>[], addedBytes: number): Promise<void> => {
    const left = free(folder);
    if (!(addedBytes > 0 ? hasRoomForMore(left, addedBytes, unusedInside) : hasRoomForLess(left)))
      throw new StorageFull(`the disk of the buffer ${folder} has ${Math.floor(left / 1024 / 1024)} MB left`);
    let writes: Promise<unknown>[] = [];
    const committed = environment.batch(() => {
      writes = write();
    });
    for (const outcome of await Promise.allSettled([committed, ...writes])) {
      if (outcome.status === 'fulfilled') continue;
      const error = outcome.reason as Error & { commitError?: Promise<never> };
      const cause = await (error.commitError ?? Promise.reject(error)).catch((reason: unknown) => reason);
      throw new Error(
        `the buffer ${folder} cannot be written, what it held before is whole: ${cause instanceof Error ? cause.message : cause}`,
        { cause },
      );
    }
  };

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
    append: (entries, moved) =>
      commit(
        () => [
          ...entries.map((entry) => waiting.put(keyOf(entry), bufferOf(entry.body))),
          ...[...moved].map(([source, position]) => positions.put(source, position)),
        ],
        bytesOf(entries),
      ),
    remove: (keys, message) =>
      commit(
        () => [
          ...keys.map((key) => waiting.remove(keyOf(key))),
          ...(message ? [kept.put(keptAt(message), bufferOf(message.body))] : []),
        ],
        message ? message.bytes : 0,
      ),
    *kept(from) {
      for (const key of kept.getKeys({ start: [from] as unknown as KeptAt, snapshot: false })) yield keptKey(key);
    },
    keptBody: (key) => kept.get(keptAt(key)),
    forget: (keys) => commit(() => keys.map((key) => kept.remove(keptAt(key))), 0),
    setAside: (keys, reason) =>
      commit(
        () =>
          keys.flatMap((key) => {
            const body = waiting.get(keyOf(key));
            return [...(body ? [aside.put(keyOf(key), { reason, body })] : []), waiting.remove(keyOf(key))];
          }),
        bytesOf(keys),
      ),
    *aside() {
      for (const { key, value } of aside.getRange())
        yield { key: entryKey(key), reason: value.reason, body: value.body };
    },
    note: (name) => notes.get(name),
    setNote: (name, text) => commit(() => [notes.put(name, text)], 0),
    close: () => environment.close(),
  };
};
