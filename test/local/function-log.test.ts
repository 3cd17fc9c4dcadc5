import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openFunctionLog } from '../../local/services/lambda/function-log.ts';
import { appendWhole } from '../../local/services/owned-file.ts';
import { temporaryFolder } from './temporary.ts';

/** Every write to it finds the disk full. */
const FULL = '/dev/full';
const hasFull = existsSync(FULL);
if (!hasFull) console.log(`not tested here: this system has no ${FULL}`);

it.skipIf(!hasFull)('a log on a full disk says so once, and the function goes on', () => {
  const path = join(temporaryFolder(), 'function.log');
  symlinkSync(FULL, path);
  const said: string[] = [];
  const log = openFunctionLog(path, (line) => void said.push(line));
  for (let i = 0; i < 3; i++) log.write(Buffer.from('a line\n'));
  log.close();
  expect(said).toEqual([
    `the log ${path} cannot be written, and what happens meanwhile is not in it: the disk is full; make room, and it goes on by itself`,
  ]);
});

it('a log that has reached its size goes on in a new file, also after that could not be made for a while', () => {
  const folder = temporaryFolder();
  const path = join(folder, 'logs', 'function.log');
  const said: string[] = [];
  const log = openFunctionLog(path, (line) => void said.push(line), 10);
  log.write(Buffer.from('12345678\n'));
  rmSync(path);
  // What is to become `.1` is not there: nothing is written to a file that is closed.
  log.write(Buffer.from('lost\n'));
  log.write(Buffer.from('kept\n'));
  log.write(Buffer.from('next one\n'));
  log.close();
  expect([readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')]).toEqual(['kept\n', 'next one\n']);
  expect(said).toHaveLength(1);
});

it.skipIf(!hasFull)('a line of a record that a full disk does not take whole is an error for whoever writes it', () => {
  const path = join(temporaryFolder(), 'record.jsonl');
  symlinkSync(FULL, path);
  expect(() => appendWhole(path, '{}\n')).toThrow(/ENOSPC/);
});
