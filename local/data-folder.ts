import { accessSync, constants, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claim } from './services/claim.ts';

/**
 * Makes the data folder and takes it for this run, before anything in it is touched.
 * @returns what gives it back
 * @throws Error when the folder cannot be written to, or another run that still lives has it
 */
export const takeDataFolder = (folder: string): (() => void) => {
  try {
    mkdirSync(folder, { recursive: true });
    if (!statSync(folder).isDirectory()) throw new Error('it is a file');
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' || code === 'ENOTDIR' ? 'it is, or lies under, a file' : message;
    throw new Error(`cannot write to the data folder ${folder} (${reason}): choose another with --data-dir`, { cause });
  }
  const owner = join(folder, 'run.lock');
  writeFileSync(owner, claim(owner, `the data folder ${folder}`));
  return () => rmSync(owner, { force: true });
};
