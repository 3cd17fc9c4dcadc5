import type { EntryKey, EntryStore, KeptKey } from './entry-store.ts';

/** Entries in memory, for tests and for trying the agent without a disk. Survives nothing. */
export const memoryStore = (): EntryStore => {
  const waiting = new Map<number, { key: EntryKey; body: Uint8Array }>();
  const positions = new Map<string, number>();
  const kept = new Map<number, { key: KeptKey; body: Uint8Array }>();
  const aside: { key: EntryKey; reason: string; body: Uint8Array }[] = [];
  const notes = new Map<string, string>();
  return {
    *keysAfter(sequence) {
      for (const { key } of waiting.values()) if (key.sequence > sequence) yield key;
    },
    body: ({ sequence }) => waiting.get(sequence)!.body,
    position: (source) => positions.get(source),
    async append(entries, moved) {
      for (const { sequence, start, minutes, bytes, body } of entries)
        waiting.set(sequence, { key: { sequence, start, minutes, bytes }, body });
      for (const [source, position] of moved) positions.set(source, position);
    },
    async remove(keys, message) {
      for (const { sequence } of keys) waiting.delete(sequence);
      if (!message) return;
      const { body, ...key } = message;
      kept.set(key.sequence, { key, body });
    },
    kept: (from) =>
      [...kept.values()]
        .map(({ key }) => key)
        .filter(({ start }) => start >= from)
        .sort((a, b) => a.start - b.start),
    keptBody: ({ sequence }) => kept.get(sequence)?.body,
    async forget(keys) {
      for (const { sequence } of keys) kept.delete(sequence);
    },
    async setAside(keys, reason) {
      for (const key of keys) {
        const entry = waiting.get(key.sequence);
        if (entry) aside.push({ key, reason, body: entry.body });
        waiting.delete(key.sequence);
      }
    },
    aside: () => aside,
    note: (name) => notes.get(name),
    async setNote(name, text) {
      notes.set(name, text);
    },
    async close() {},
  };
};
