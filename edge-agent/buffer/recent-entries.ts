import type { EntryKey } from './entry-store.ts';

/** The latest entries, so that a live minute is found without going through a backlog. */
export interface RecentEntries {
  add(key: EntryKey): void;
  /** The oldest of them that is wanted. */
  find(wanted: (key: EntryKey) => boolean): EntryKey | undefined;
}

/** A live minute is at most two minutes old: there are two of them, and a few more after the clock was set. */
const REMEMBERED = 8;

export const recentEntries = (): RecentEntries => {
  const keys: EntryKey[] = [];
  return {
    add({ sequence, start, minutes, bytes }) {
      keys.push({ sequence, start, minutes, bytes });
      if (keys.length > REMEMBERED) keys.shift();
    },
    find: (wanted) => keys.find(wanted),
  };
};
