import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claim } from './claim.ts';
import { type Binaries, binariesFor } from './postgres/binaries.ts';
import { initialise, SERVER_ENVIRONMENT, SUPERUSER } from './postgres/cluster.ts';
import { type DataFolder, openFolder } from './postgres/folder.ts';
import { endServer, stopLingering } from './postgres/lingering.ts';

export interface Postgres {
  readonly host: string;
  readonly port: number;
  readonly superuser: string;
  readonly password: string;
  /** The server's process; changes when a killed server has been started again. */
  readonly pid: number;
  /** Fast shutdown: what was committed is kept, open transactions are rolled back. */
  stop(): Promise<void>;
}

/** Durability is on, as in Aurora: what a function was told is stored survives a kill of anything. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  fsync: 'on',
  synchronous_commit: 'on',
  wal_compression: 'on',
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  work_mem: '16MB',
  max_wal_size: '2GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  // Two cores are shared with everything else, and the statements are short.
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  random_page_cost: '1.1',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * Starts a real PostgreSQL on a free loopback port. The first start makes the database. A server that an earlier,
 * killed run left behind is ended first; one that is killed while we run is started again on the same port.
 *
 * @param dataDir the database, its password and its log live here (see `openFolder` for the one exception)
 * @throws when the data folder is in use, no program or user for the server can be had, or the server does not start
 */
export const startPostgres = async (options: {
  readonly dataDir: string;
  readonly log: (line: string) => void;
}): Promise<Postgres> => {
  const { dataDir, log } = options;
  const folder = await openFolder(dataDir, log);
  const owner = claim(folder.owner, `the database in ${dataDir}`);
  const binaries = binariesFor(folder.account, log);
  await stopLingering(folder.cluster, log);
  const password = initialise(folder, binaries);
  if (existsSync(folder.log)) renameSync(folder.log, `${folder.log}.old`);
  writeFileSync(folder.owner, owner);

  const port = await freePort();
  const run = () => launch(folder, binaries, port, log);
  let server = await run().catch((error: unknown) => {
    rmSync(folder.owner, { force: true });
    throw error;
  });
  let stopping = false;
  let restarting: Promise<void> | undefined;
  const watch = (child: ChildProcess): void => {
    child.once('exit', (code, signal) => {
      if (stopping) return;
      log(`postgres: the server ended by itself (${signal ?? `exit ${code}`}): starting it again`);
      restarting = run().then(
        (next) => {
          server = next;
          watch(next);
        },
        (error: unknown) => log(`postgres: ${(error as Error).message}`),
      );
    });
  };
  watch(server);

  return {
    host: '127.0.0.1',
    port,
    superuser: SUPERUSER,
    password,
    get pid() {
      return server.pid!;
    },
    stop: async () => {
      stopping = true;
      await restarting;
      const child = server;
      if (isRunning(child)) await endServer(child.pid!, () => isRunning(child));
      rmSync(folder.owner, { force: true });
    },
  };
};

/** Recovery after a kill replays at most `max_wal_size` of log. */
const PATIENCE_MS = 300_000;

type Log = (line: string) => void;

/**
 * What may still be going on after a kill: backends hold the shared memory until they notice, and a server that the
 * killed run was just starting may yet take the lock. Both are over in a moment, or are ended here.
 */
const PASSING = /shared memory block|lock file "postmaster.pid" already exists/;

const launch = async (folder: DataFolder, binaries: Binaries, port: number, log: Log): Promise<ChildProcess> => {
  for (let end = Date.now() + 15_000; ; await sleep(100)) {
    const child = spawnServer(folder, binaries, port);
    if (child.pid === undefined) throw new Error(`${binaries.postgres} cannot be started`);
    const lock = join(folder.cluster, 'postmaster.pid');
    for (const limit = Date.now() + PATIENCE_MS; isRunning(child); await sleep(10)) {
      if (isReady(lock, child.pid!)) return child;
      if (Date.now() > limit) {
        child.kill('SIGKILL');
        throw new Error(`PostgreSQL was not ready after ${PATIENCE_MS / 1000} s: see ${folder.log}`);
      }
    }
    const said = readFileSync(folder.log, 'utf8').trim().split('\n').slice(-6).join('\n');
    // Killed while it was starting, it is in no other state than one that was killed before.
    if (child.signalCode === 'SIGKILL') end = Date.now() + 15_000;
    else if (!PASSING.test(said) || Date.now() > end) {
      throw new Error(`PostgreSQL did not start; the end of ${folder.log} says:\n${said}`);
    }
    await stopLingering(folder.cluster, log);
  }
};

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

/** The server writes its state into the eighth line of its lock file, as `pg_ctl --wait` reads it. */
const isReady = (lock: string, pid: number): boolean => {
  const lines = existsSync(lock) ? readFileSync(lock, 'utf8').split('\n') : [];
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
};

const spawnServer = ({ account, cluster, log }: DataFolder, { postgres }: Binaries, port: number): ChildProcess => {
  const out = openSync(log, 'a', 0o600);
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(postgres, ['-D', cluster, '-p', String(port), '-c', 'log_line_prefix=%m [%p] ', ...settings], {
    // A session of its own: Ctrl-C in the terminal must reach it last, through `stop`.
    detached: true,
    stdio: ['ignore', out, out],
    cwd: '/',
    env: SERVER_ENVIRONMENT,
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  closeSync(out);
  // A program that cannot be started has no process number, which the caller sees.
  child.once('error', () => undefined);
  endWithUs(child);
  return child;
};

/**
 * When we are killed the server must not stay: a shell waits on a pipe that only we hold, and its end, which the
 * kernel brings about however we die, makes it shut the server down.
 */
const endWithUs = (server: ChildProcess): void => {
  if (server.pid === undefined) return;
  const watcher = spawn('sh', ['-c', 'read -r line; kill -INT "$0"', String(server.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  watcher.unref();
  server.once('exit', () => watcher.kill('SIGKILL'));
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
