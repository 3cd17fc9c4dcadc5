import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface FunctionLog {
  write(chunk: Buffer): void;
  close(): void;
}

/** A function's log group as a file. When it is over `limit` bytes it becomes `.1`, in place of the last such file. */
export const openFunctionLog = (path: string, limit = 16 * 1024 * 1024): FunctionLog => {
  mkdirSync(dirname(path), { recursive: true });
  let file = openSync(path, 'a');
  let size = fstatSync(file).size;
  return {
    // Synchronous, because a few hundred bytes to the page cache cost less than a turn of the event loop.
    write: (chunk) => {
      if (size + chunk.length > limit && size > 0) {
        closeSync(file);
        renameSync(path, `${path}.1`);
        file = openSync(path, 'a');
        size = 0;
      }
      writeSync(file, chunk);
      size += chunk.length;
    },
    close: () => closeSync(file),
  };
};

/** Calls `take` with each whole line of a stream of chunks. A line over 256 KB (CloudWatch's limit) comes in parts. */
export const lines = (take: (line: string) => void): ((chunk: Buffer) => void) => {
  let rest = '';
  return (chunk) => {
    const parts = (rest + chunk.toString('utf8')).split('\n');
    rest = parts.pop()!;
    for (const line of parts) if (line) take(line);
    if (rest.length > 256 * 1024) {
      take(rest);
      rest = '';
    }
  };
};
