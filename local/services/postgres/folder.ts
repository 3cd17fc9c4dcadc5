import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Account, accountForServer, canEnter } from './account.ts';
import { stopLingering } from './lingering.ts';

/** Where one database lives and what is kept about it. */
export interface DataFolder {
  /** The user the server runs as, when that is not our own. */
  readonly account: Account | undefined;
  /** Belongs to the server's user; holds `cluster`. */
  readonly database: string;
  /** PostgreSQL's data folder. */
  readonly cluster: string;
  /** The superuser's password, readable by us only. */
  readonly password: string;
  readonly log: string;
  /** Which process runs this database. */
  readonly owner: string;
}

/**
 * Finds or makes the place of the database: `dataDir/database`. When root starts it and the server's user may not
 * enter `dataDir` (a home folder closed to others), that is a link to a folder under /var/tmp.
 */
export const openFolder = async (dataDir: string, log: (line: string) => void): Promise<DataFolder> => {
  mkdirSync(dataDir, { recursive: true });
  const real = realpathSync(dataDir);
  const here = join(real, 'database');
  const account = accountForServer(existsSync(here) ? statSync(here).uid : undefined);
  const elsewhere = isLink(here) || (account && !canEnter(account, real));
  const database = elsewhere ? await placeElsewhere(real, here, account, log) : here;
  ownedBy(account, database);
  return {
    account,
    database,
    cluster: join(database, 'cluster'),
    password: join(real, 'password'),
    log: join(real, 'server.log'),
    owner: join(real, 'owner'),
  };
};

const placeElsewhere = async (
  real: string,
  here: string,
  account: Account | undefined,
  log: (line: string) => void,
): Promise<string> => {
  const place = `${PLACES}/emissionwatch-${createHash('sha256').update(real).digest('hex').slice(0, 16)}`;
  if (isLink(here)) {
    const target = readlinkSync(here);
    if (target === place) return place;
    throw new Error(
      `${here} leads to the database of another folder (${target}): ${real} was moved or copied. ` +
        'Move it back, or remove it to start with an empty database',
    );
  }
  sweep();
  log(`postgres: user ${account?.name} may not enter ${real}: the database lives in ${place}`);
  if (existsSync(place)) {
    log(`postgres: ${place} is left over from a data folder that was removed: starting with an empty database`);
    await stopLingering(join(place, 'cluster'), log);
    rmSync(place, { recursive: true });
  }
  ownedBy(account, place);
  writeFileSync(join(place, ORIGIN), real);
  symlinkSync(place, here);
  return place;
};

const PLACES = '/var/tmp';
const ORIGIN = 'origin';

/** Removes databases under /var/tmp whose data folder is gone and that no server has open. */
const sweep = (): void => {
  for (const name of readdirSync(PLACES)) {
    const place = join(PLACES, name);
    const origin = join(place, ORIGIN);
    if (!/^emissionwatch-[\da-f]{16}$/.test(name) || !existsSync(origin)) continue;
    if (existsSync(readFileSync(origin, 'utf8')) || existsSync(join(place, 'cluster', 'postmaster.pid'))) continue;
    rmSync(place, { recursive: true, force: true });
  }
};

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;

const ownedBy = (account: Account | undefined, folder: string): void => {
  mkdirSync(folder, { recursive: true });
  if (isLink(folder)) throw new Error(`${folder} is a link where a folder was expected: remove it and start again`);
  const me = process.getuid?.();
  const { uid } = statSync(folder);
  if (me !== undefined && me !== 0 && uid !== me) {
    throw new Error(
      `the database in ${folder} belongs to user id ${uid}, and this is ${me}: ` +
        'start as that user, or choose another data folder with --data-dir',
    );
  }
  chmodSync(folder, 0o700);
  if (!account) return;
  try {
    chownSync(folder, account.uid, account.gid);
  } catch (cause) {
    throw new Error(
      `PostgreSQL does not run as root, and this root may not hand ${folder} over to user ${account.name} ` +
        '(a user namespace with one user only?): start as an ordinary user',
      { cause },
    );
  }
};
