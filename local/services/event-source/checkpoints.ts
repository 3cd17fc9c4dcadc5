import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';

const stored = z.record(z.string(), z.array(z.int().min(0)));

export interface Checkpoints {
  /** Positions by lane of a shard, undefined when it was never read. */
  of(shardId: string): readonly number[] | undefined;
  set(shardId: string, lane: number, position: number): void;
  /** Writes what is not yet written. */
  close(): Promise<void>;
}

/** How long a moved checkpoint may wait for its write. A kill in between only repeats those records. */
const WRITE_EVERY_MS = 50;
const RETRY_AFTER_MS = 1000;

/**
 * Up to where each lane has got: a small file, replaced whole. When the number of lanes has changed since, keys have
 * changed lanes, and every lane starts at the lowest checkpoint: some records come again, none is left out.
 */
export const openCheckpoints = async (
  folder: string,
  id: string,
  lanes: number,
  log: (line: string) => void,
): Promise<Checkpoints> => {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${id}.json`);
  const positions = await read(path);
  for (const [shardId, known] of Object.entries(positions)) {
    if (known.length !== lanes) positions[shardId] = new Array(lanes).fill(Math.min(...known));
  }
  let dirty = false;
  let closed = false;
  let writing: Promise<void> | undefined;

  const write = async () => {
    dirty = false;
    await writeFile(`${path}.new`, JSON.stringify(positions));
    await rename(`${path}.new`, path);
  };

  const keepWriting = async () => {
    while (dirty && !closed) {
      try {
        await write();
        await sleep(WRITE_EVERY_MS, undefined, { ref: false });
      } catch (error) {
        dirty = true;
        log(`event source: ${path} cannot be written, trying again: ${error}`);
        await sleep(RETRY_AFTER_MS, undefined, { ref: false });
      }
    }
    writing = undefined;
  };

  return {
    of: (shardId) => positions[shardId],
    set: (shardId, lane, position) => {
      positions[shardId] ??= new Array(lanes).fill(position);
      positions[shardId][lane] = position;
      dirty = true;
      writing ??= keepWriting();
    },
    close: async () => {
      closed = true;
      await writing;
      if (dirty) await write();
    },
  };
};

const read = async (path: string): Promise<Record<string, number[]>> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  return stored.parse(JSON.parse(text));
};
