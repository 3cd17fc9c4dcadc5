import { Client } from 'pg';
import type { Postgres } from '../postgres.ts';
import type { Credentials } from './connections.ts';

/**
 * Makes the database and its owner, as an Aurora cluster comes with its master user: the owner may create roles and
 * owns everything in the database. Doing it again changes nothing but sets the owner's password to the one given.
 */
export const createDatabase = async (options: {
  readonly postgres: Pick<Postgres, 'host' | 'port' | 'superuser' | 'password'>;
  readonly database: string;
  readonly owner: Credentials;
}): Promise<void> => {
  const { postgres, database, owner } = options;
  const { host, port, superuser, password } = postgres;
  const client = new Client({ host, port, user: superuser, password, database: 'postgres' });
  await client.connect();
  try {
    // A statement with a password must not reach the server's log, not even when it fails.
    await client.query('SET log_min_error_statement = panic');
    const role = client.escapeIdentifier(owner.username);
    const roles = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [owner.username]);
    await client.query(
      `${roles.rowCount ? 'ALTER' : 'CREATE'} ROLE ${role} ` +
        `LOGIN CREATEROLE CREATEDB PASSWORD ${client.escapeLiteral(owner.password)}`,
    );
    const databases = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (!databases.rowCount) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)} OWNER ${role}`);
  } finally {
    await client.end();
  }
};
