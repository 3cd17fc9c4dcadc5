import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { CommandFailed } from './failure.ts';

const texts = z.record(z.string(), z.string());

/** `cloud.json`, which the local cloud keeps in its data folder while it runs. */
const cloudFile = z.object({
  v: z.literal(1),
  pid: z.int(),
  region: z.string(),
  endpoints: texts,
  iot: z.object({
    host: z.string(),
    port: z.int(),
    caFile: z.string(),
    claimCertificateFile: z.string(),
    claimKeyFile: z.string(),
  }),
  outputs: z.record(z.string(), texts),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string(), sessionToken: z.string() }),
});

export const DEFAULT_DATA_DIR = '.emissionwatch';

/** What starts the local cloud of this data folder. */
export const startAgain = (dataDir: string): string =>
  dataDir === DEFAULT_DATA_DIR ? '`npm start`' : `\`npm start -- --data-dir ${dataDir}\``;

export type RunningCloud = z.infer<typeof cloudFile>;

/**
 * The local cloud that runs in this data folder.
 * @throws CommandFailed when none does, with what to do
 */
export const runningCloud = (dataDir: string): RunningCloud => {
  const file = join(dataDir, 'cloud.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EACCES')
      throw new CommandFailed(`cannot read ${file}: ${message}; run as its owner, who has started the local cloud`, {
        cause,
      });
    if (code !== 'ENOENT') throw new CommandFailed(`cannot read ${file}: ${message}`, { cause });
    throw new CommandFailed(
      `no local cloud runs in ${dataDir}: start one with \`npm start\`, or name the data folder of the one that runs with --data-dir`,
      { cause },
    );
  }
  const cloud = parsed(file, text, dataDir);
  if (!isAlive(cloud.pid))
    throw new CommandFailed(
      `the local cloud in ${dataDir} has ended without cleaning up (process ${cloud.pid} is gone): start it again with ${startAgain(dataDir)}`,
    );
  return cloud;
};

const parsed = (file: string, text: string, dataDir: string): RunningCloud => {
  try {
    return cloudFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new CommandFailed(
      `${file} is not what this release writes: start the local cloud again with ${startAgain(dataDir)}`,
      { cause },
    );
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
