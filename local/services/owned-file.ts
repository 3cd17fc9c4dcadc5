import {
  appendFileSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file so that the end of the process leaves the old content or the new, never a part; readable by the owner
 * only. `durable` makes it hold for the end of the machine too, and costs about 10 ms.
 */
export const writeAtomically = (file: string, content: string, durable = false): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.tmp`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    writeSync(fd, content);
    if (durable) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, file);
};

/** Adds to a file. A full disk may take a part of a line: then none of it stays, so that the next is not joined to it. */
export const appendWhole = (file: string, line: string): void => {
  const { size } = statSync(file);
  try {
    appendFileSync(file, line);
  } catch (error) {
    if (statSync(file).size > size) truncateSync(file, size);
    throw error;
  }
};

/** The content, or undefined when there is no such file. */
export const readIfThere = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
