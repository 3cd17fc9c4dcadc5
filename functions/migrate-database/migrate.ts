import { createHash } from 'node:crypto';
import type { Database, Execute } from '#adapters/data-api';
import { statementsOf } from './statements.ts';

export interface Migration {
  /** `0001-first.sql`: number, then a word or two. */
  readonly name: string;
  readonly sql: string;
}

export interface RoleLogin {
  readonly username: string;
  readonly password: string;
}

const LOCK = "select cast(pg_advisory_xact_lock(hashtextextended('emissionwatch migration', 0)) as text)";

/**
 * Brings the database to the newest schema: each numbered file once, in order, in one transaction with its entry in
 * schema_migration. A file that changed after it was applied is refused: the database would no longer be what the
 * files say.
 * @returns names of the files applied now
 */
export const migrate = async (
  database: Database,
  migrations: readonly Migration[],
  roles: readonly RoleLogin[],
): Promise<readonly string[]> => {
  await database.transaction(async (execute) => {
    await execute(LOCK);
    await execute(`create table if not exists schema_migration (
      name text primary key, checksum text not null, applied_at timestamptz not null default now())`);
    for (const role of roles) await ensureRole(execute, role);
  });
  const applied: string[] = [];
  for (const migration of [...migrations].sort((a, b) => (a.name < b.name ? -1 : 1)))
    if (await applyOnce(database, migration)) applied.push(migration.name);
  return applied;
};

const applyOnce = (database: Database, { name, sql }: Migration): Promise<boolean> =>
  database.transaction(async (execute) => {
    await execute(LOCK);
    const checksum = createHash('sha256').update(sql).digest('hex');
    const [known] = await execute('select checksum from schema_migration where name = :name', { name });
    if (known) {
      if (known[0] !== checksum)
        throw new Error(`migration ${name} was changed after it was applied: put changes into a new file`);
      return false;
    }
    for (const statement of statementsOf(sql)) await execute(statement);
    await execute('insert into schema_migration (name, checksum) values (:name, :checksum)', { name, checksum });
    return true;
  });

/** The name is our own, the password comes from the secret; neither can be a parameter of `create role`. */
const ensureRole = async (execute: Execute, { username, password }: RoleLogin) => {
  const [exists] = await execute('select 1 from pg_roles where rolname = :username', { username });
  const [statement] = await execute(
    `select format('${exists ? 'alter' : 'create'} role %I login password %L', :username, :password)`,
    { username, password },
  );
  await execute(statement![0] as string);
};
