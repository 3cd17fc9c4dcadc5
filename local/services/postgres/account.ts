import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

/** The operating system's user that the server runs as; undefined: the one we are. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root, and asks the system for the name of its user. */
const CANDIDATES = ['postgres', 'nobody'];

const accounts = (): readonly Account[] =>
  readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));

/**
 * @param dataOwner uid that owns an existing database: root goes on as that user
 * @throws when no user can be had that PostgreSQL accepts
 */
export const accountForServer = (dataOwner: number | undefined): Account | undefined => {
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  if (uid !== 0) {
    assertNamed(uid);
    return undefined;
  }
  const known = accounts();
  const owner = dataOwner === undefined || dataOwner === 0 ? undefined : known.find((one) => one.uid === dataOwner);
  const account = owner ?? CANDIDATES.map((name) => known.find((one) => one.name === name)).find((one) => one?.uid);
  if (account) return account;
  throw new Error(
    `PostgreSQL does not run as root, and /etc/passwd has none of the users ${CANDIDATES.join(', ')}: add one ` +
      '(useradd --system postgres) or start as an ordinary user',
  );
};

const assertNamed = (uid: number): void => {
  try {
    userInfo();
  } catch (cause) {
    throw new Error(
      `user id ${uid} has no entry in /etc/passwd, and PostgreSQL does not start without one: ` +
        'add a user with this id or start as another user',
      { cause },
    );
  }
};

/** May the account enter this folder? Asked of the system itself, so that every kind of permission counts. */
export const canEnter = (account: Account, folder: string): boolean =>
  spawnSync('test', ['-x', folder], { uid: account.uid, gid: account.gid, cwd: '/' }).status === 0;
