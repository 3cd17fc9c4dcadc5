import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { treeOf } from '../../bench/process-tree.ts';
import { type Postgres, startPostgres } from '../../local/services/postgres.ts';
import { eventually } from './eventually.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

const folderForAll = () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  return folder;
};

const start = async (dataDir: string) => {
  const lines: string[] = [];
  const postgres = await startPostgres({ dataDir, log: (line) => lines.push(line) });
  afterTest(postgres.stop);
  return { postgres, lines };
};

const query = async ({ host, port, superuser: user, password }: Postgres, sql: string) => {
  const client = new Client({ host, port, user, password, database: 'postgres' });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
};

/** Another run of the program on this data, killed at the latest at the end of the test, and its server ended by then. */
const runApart = async (dataDir: string): Promise<{ run: ChildProcess; server: number }> => {
  const run = spawn(process.execPath, ['test/local/postgres-child.ts', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let server: number | undefined;
  afterTest(async () => {
    run.kill('SIGKILL');
    await eventually(() => server === undefined || !isAlive(server));
  });
  const ready = await new Promise<number>((resolve, reject) => {
    run.stdout!.on('data', (chunk: Buffer) => {
      const pid = /ready (\d+)/.exec(String(chunk))?.[1];
      if (pid) resolve(Number(pid));
    });
    run.once('exit', (code) => reject(new Error(`the other run ended with ${code}`)));
  });
  server = ready;
  return { run, server: ready };
};

const watchersOf = (run: ChildProcess, server: number): number[] =>
  readFileSync(`/proc/${run.pid}/task/${run.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number)
    .filter((pid) => pid !== server);

describe('the local PostgreSQL', () => {
  it('is durable, speaks UTF-8 in the C locale and UTC, and lets nobody in without the password', async () => {
    const { postgres } = await start(folderForAll());
    const settings = await query(
      postgres,
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
              current_setting('server_encoding') AS encoding, current_setting('timezone') AS zone,
              current_setting('unix_socket_directories') AS sockets, current_setting('listen_addresses') AS host,
              (SELECT datcollate FROM pg_database WHERE datname = 'postgres') AS collate`,
    );
    const expected = {
      fsync: 'on',
      commit: 'on',
      encoding: 'UTF8',
      zone: 'UTC',
      sockets: '',
      host: '127.0.0.1',
      collate: 'C',
    };
    expect(settings).toEqual([expected]);
    await expect(query({ ...postgres, password: 'wrong' }, 'SELECT 1')).rejects.toThrow(
      /password authentication failed/,
    );
  });

  it('keeps its password in a file that only its owner may read', async () => {
    const dataDir = folderForAll();
    const { postgres } = await start(dataDir);
    const file = join(dataDir, 'password');
    expect(readFileSync(file, 'utf8')).toBe(postgres.password);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'server.log')).mode & 0o077).toBe(0);
  });

  it('has the data of the first start at the second', async () => {
    const dataDir = folderForAll();
    const first = await start(dataDir);
    await query(first.postgres, 'CREATE TABLE kept AS SELECT 42 AS value');
    await first.postgres.stop();
    expect(isAlive(first.postgres.pid)).toBe(false);
    const second = await start(dataDir);
    expect(second.postgres.password).toBe(first.postgres.password);
    expect(await query(second.postgres, 'SELECT value FROM kept')).toEqual([{ value: 42 }]);
    expect(second.lines).toEqual([]);
  });

  it('starts the server again, on the same port, when it is killed', async () => {
    const { postgres, lines } = await start(folderForAll());
    await query(postgres, 'CREATE TABLE kept AS SELECT 42 AS value');
    const { pid, port } = postgres;
    process.kill(pid, 'SIGKILL');
    await eventually(() =>
      query(postgres, 'SELECT value FROM kept').then(
        () => postgres.pid !== pid,
        () => false,
      ),
    );
    expect(postgres.port).toBe(port);
    expect(lines).toEqual(['postgres: the server ended by itself (SIGKILL): starting it again']);
  });

  it('starts the server again when it is killed a second time, while it is starting', async () => {
    const { postgres } = await start(folderForAll());
    await query(postgres, 'CREATE TABLE kept AS SELECT 42 AS value');
    const first = postgres.pid;
    process.kill(first, 'SIGKILL');
    let second: number | undefined;
    await eventually(() => {
      second = treeOf(process.pid).find((pid) => pid !== first && / -D /.test(commandOf(pid)));
      return second !== undefined;
    });
    process.kill(second!, 'SIGKILL');
    await eventually(() =>
      query(postgres, 'SELECT value FROM kept').then(
        () => postgres.pid !== first && postgres.pid !== second,
        () => false,
      ),
    );
  });

  it('stops at once when it is killed and stopped in the same moment', async () => {
    const { postgres } = await start(folderForAll());
    process.kill(postgres.pid, 'SIGKILL');
    await eventually(() => !isAlive(postgres.pid));
    await postgres.stop();
    expect(isAlive(postgres.pid)).toBe(false);
  });

  it('ends when the run that started it is killed', async () => {
    const { run, server } = await runApart(folderForAll());
    run.kill('SIGKILL');
    await eventually(() => !isAlive(server));
  });

  it('goes on with the data when both the run and the server were killed', async () => {
    const dataDir = folderForAll();
    const { run, server } = await runApart(dataDir);
    const exit = new Promise((resolve) => run.once('exit', resolve));
    process.kill(server, 'SIGKILL');
    run.kill('SIGKILL');
    await exit;
    const { postgres } = await start(dataDir);
    expect(await query(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('ends a server that an earlier run left behind, and takes its data over', async () => {
    const dataDir = folderForAll();
    const { run, server } = await runApart(dataDir);
    for (const watcher of watchersOf(run, server)) process.kill(watcher, 'SIGKILL');
    const exit = new Promise((resolve) => run.once('exit', resolve));
    run.kill('SIGKILL');
    await exit;
    expect(isAlive(server)).toBe(true);
    const { lines } = await start(dataDir);
    expect(isAlive(server)).toBe(false);
    expect(lines).toEqual([`postgres: ending the server (process ${server}) that an earlier run left behind`]);
  });

  it('leaves another run alone that still lives', async () => {
    const dataDir = folderForAll();
    const { run, server } = await runApart(dataDir);
    await expect(start(dataDir)).rejects.toThrow(`in use by process ${run.pid}: stop that run`);
    expect(isAlive(server)).toBe(true);
  });

  it('is not deceived by a lock file whose process number now belongs to another program', async () => {
    const dataDir = folderForAll();
    const first = await start(dataDir);
    await first.postgres.stop();
    const lock = join(dataDir, 'database', 'cluster', 'postmaster.pid');
    writeFileSync(lock, `${process.pid}\n`);
    const { postgres } = await start(dataDir);
    expect(await query(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says which file is missing when the password is gone', async () => {
    const dataDir = folderForAll();
    await (await start(dataDir)).postgres.stop();
    rmSync(join(dataDir, 'password'));
    await expect(start(dataDir)).rejects.toThrow(/password file .*password is not: put it back or remove both/);
  });
});

const root = process.getuid?.() === 0;

describe(`the local PostgreSQL, started by root${root ? '' : ' (skipped: these tests do not run as root)'}`, () => {
  it.skipIf(!root)('runs as a user that is not root', async () => {
    const { postgres } = await start(folderForAll());
    expect(readFileSync(`/proc/${postgres.pid}/status`, 'utf8')).not.toMatch(/^Uid:\s+0\s/m);
  });

  it.skipIf(!root)('has its data under /var/tmp when that user may not enter the data folder', async () => {
    const dataDir = join(temporaryFolder(), 'closed');
    const { postgres, lines } = await start(dataDir);
    const link = join(dataDir, 'database');
    const place = readlinkSync(link);
    afterTest(() => rmSync(place, { recursive: true, force: true }));
    expect(place).toMatch(/^\/var\/tmp\/emissionwatch-[\da-f]{16}$/);
    expect(lines).toEqual([expect.stringContaining(`the database lives in ${place}`)]);
    await query(postgres, 'CREATE TABLE kept AS SELECT 42 AS value');
    await postgres.stop();

    const second = await start(dataDir);
    expect(await query(second.postgres, 'SELECT value FROM kept')).toEqual([{ value: 42 }]);
    expect(second.lines).toEqual([]);
    await second.postgres.stop();

    rmSync(dataDir, { recursive: true });
    const third = await start(dataDir);
    await expect(query(third.postgres, 'SELECT value FROM kept')).rejects.toThrow(/does not exist/);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    await third.postgres.stop();
    expect(existsSync(join(place, 'cluster'))).toBe(true);
  });
});
