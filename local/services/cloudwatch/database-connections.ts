import { Client } from 'pg';
import type { Postgres } from '../postgres.ts';

/** Connections of clients that are open now, as the metric DatabaseConnections counts them; without this one. */
export const databaseConnections = async (
  postgres: Pick<Postgres, 'host' | 'port' | 'superuser' | 'password'>,
): Promise<number> => {
  const { host, port, superuser, password } = postgres;
  const client = new Client({ host, port, user: superuser, password, database: 'postgres' });
  await client.connect();
  try {
    const { rows } = await client.query<{ open: number }>(
      "SELECT count(*)::int AS open FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    );
    return rows[0]!.open;
  } finally {
    await client.end();
  }
};
