import type { EntryKey, EntryStore } from './entry-store.ts';

/** Entries in memory, for tests and for trying the agent without a disk. Survives nothing. */
export const memoryStore = (): EntryStore => {
  const waiting = new Map<number, { key: EntryKey; body: Uint8Array }>();
  const positions = new Map<string, number>();
  const aside: { key: EntryKey; reason: string; body: Uint8Array }[] = [];
  return {
    *keysAfter(sequence) {
      for (const { key } of waiting.values()) if (key.sequence > sequence) yield key;
    },
    body: ({ sequence }) => waiting.get(sequence)!.body,
    position: (source) => positions.get(source),
    async append(entries, source, position) {
      for (const { sequence, start, minutes, bytes, body } of entries)
        waiting.set(sequence, { key: { sequence, start, minutes, bytes }, body });
      positions.set(source, position);
    },
    async remove(keys) {
      for (const { sequence } of keys) waiting.delete(sequence);
    },
    async setAside(keys, reason) {
      for (const key of keys) {
        const entry = waiting.get(key.sequence);
        if (entry) aside.push({ key, reason, body: entry.body });
        waiting.delete(key.sequence);
      }
    },
    aside: () => aside,
    async close() {},
  };
};
