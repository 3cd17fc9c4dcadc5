import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import type { DataFolder } from './folder.ts';

export const SUPERUSER = 'postgres';

/**
 * Makes the database at the first start and returns the superuser's password.
 * A crash on the way leaves no half database: it takes its place by a rename.
 */
export const initialise = ({ account, database, cluster, password }: DataFolder, { initdb }: Binaries): string => {
  if (existsSync(cluster)) return storedPassword(password, cluster);
  const secret = randomBytes(24).toString('base64url');
  writeFileSync(password, secret, { mode: 0o600 });
  const fresh = join(database, 'cluster.new');
  const handed = join(database, 'password.new');
  rmSync(fresh, { recursive: true, force: true });
  rmSync(handed, { force: true });
  writeFileSync(handed, secret, { mode: 0o600, flag: 'wx' });
  if (account) chownSync(handed, account.uid, account.gid);
  const { status, stderr, error } = spawnSync(
    initdb,
    [
      ...['-D', fresh, '-U', SUPERUSER, '--pwfile', handed],
      ...['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--no-instructions'],
    ],
    { uid: account?.uid, gid: account?.gid, cwd: database, env: SERVER_ENVIRONMENT, encoding: 'utf8' },
  );
  rmSync(handed, { force: true });
  if (status !== 0) throw new Error(`initdb failed: ${stderr?.trim() || error?.message || `exit ${status}`}`);
  renameSync(fresh, cluster);
  return secret;
};

const storedPassword = (file: string, cluster: string): string => {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  throw new Error(
    `the database in ${cluster} is there but its password file ${file} is not: put it back or remove both`,
  );
};

/** Nothing of ours is handed on: a stray PGDATA or LC_ALL would change the server. */
export const SERVER_ENVIRONMENT: NodeJS.ProcessEnv = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
