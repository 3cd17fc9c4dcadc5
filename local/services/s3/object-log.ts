import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Retention } from './object-lock.ts';

/** One version of one object. A delete marker has no file. */
export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
  readonly deleteMarker?: true;
  /** Below the bucket's folder. */
  readonly file: string;
  readonly size: number;
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Content type and the like, and `x-amz-meta-*`, as they are returned. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksums: Readonly<Record<string, string>>;
  readonly retention?: Retention;
}

export type LogEntry =
  | { readonly add: ObjectVersion }
  | { readonly remove: { readonly key: string; readonly versionId: string } }
  | { readonly retain: { readonly key: string; readonly versionId: string; readonly retention: Retention } };

/** The bucket's table of contents, a line for each change. What is in it is durable; what is not did not happen. */
export const readLog = (file: string): readonly LogEntry[] => {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n');
  // A last line without its end was being written when the process was killed: nobody was told that it is stored.
  const torn = lines.pop();
  if (torn) rewriteLog(file, lines);
  return lines.map((line) => JSON.parse(line) as LogEntry);
};

export const rewriteLog = (file: string, lines: readonly string[]): void => {
  writeFileSync(`${file}.new`, lines.map((line) => `${line}\n`).join(''), { flush: true });
  renameSync(`${file}.new`, file);
};

/** Appends in order; one flush to disk for all that came while the one before was under way. */
export const appendTo = async (file: string) => {
  const handle: FileHandle = await open(file, 'a');
  let waiting: { readonly entry: LogEntry; readonly done: (error?: unknown) => void }[] = [];
  let flushing: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await handle.appendFile(batch.map(({ entry }) => `${JSON.stringify(entry)}\n`).join(''));
        await handle.datasync();
        for (const { done } of batch) done();
      } catch (error) {
        for (const { done } of batch) done(error);
      }
    }
    flushing = undefined;
  };
  return {
    /** Calls `applied` when the entry is durable, in the order of the log, and then resolves. */
    append: (entry: LogEntry, applied: () => void): Promise<void> =>
      new Promise((resolve, reject) => {
        const done = (error?: unknown) => {
          if (error) return reject(error);
          applied();
          resolve();
        };
        waiting.push({ entry, done });
        flushing ??= flush();
      }),
    close: async (): Promise<void> => {
      await flushing;
      await handle.close();
    },
  };
};
