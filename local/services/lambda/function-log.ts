import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { diskTrouble } from '../disk-trouble.ts';

export interface FunctionLog {
  write(chunk: Buffer): void;
  close(): void;
}

/**
 * A function's log group as a file. When it is over `limit` bytes it becomes `.1`, in place of the last such file. A full
 * disk is told to `say` and does not end the function whose log it is.
 */
export const openFunctionLog = (path: string, say: (line: string) => void, limit = 16 * 1024 * 1024): FunctionLog => {
  const trouble = diskTrouble(`the log ${path}`, say);
  mkdirSync(dirname(path), { recursive: true });
  let file: number | undefined = openSync(path, 'a');
  let size = fstatSync(file).size;
  /** The last line was cut off. */
  let torn = false;

  const append = (chunk: Buffer): void => {
    if (file !== undefined && size + chunk.length > limit && size > 0) {
      closeSync(file);
      file = undefined;
      renameSync(path, `${path}.1`);
      size = 0;
      torn = false;
    }
    file ??= openSync(path, 'a');
    const bytes = torn ? Buffer.concat([NEW_LINE, chunk]) : chunk;
    for (let written = 0; written < bytes.length; ) {
      const more = writeSync(file, bytes, written);
      written += more;
      size += more;
      torn = written < bytes.length;
    }
  };

  return {
    // Synchronous, because a few hundred bytes to the page cache cost less than a turn of the event loop.
    write: (chunk) => void trouble.attempt(() => append(chunk)),
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
};

const NEW_LINE = Buffer.from('\n');

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
