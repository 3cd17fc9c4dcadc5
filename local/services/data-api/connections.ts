import { Pool, type PoolClient } from 'pg';
import type { Credentials } from '../data-api.ts';
import type { Postgres } from '../postgres.ts';

/** Connections to one database as one user. */
export interface Connections {
  /** For single statements. */
  readonly statements: Pool;
  /** Apart from those, so that open transactions never keep a statement from running. */
  readonly transactions: Pool;
  end(): Promise<void>;
}

/**
 * Finds the connections of a user, or opens them. A new password opens new ones: those opened with the old password
 * go on until they are idle, as with Aurora.
 */
export const connectionsTo = (server: Pick<Postgres, 'host' | 'port'>, statementTimeoutMs: number) => {
  const open = new Map<string, { readonly password: string; readonly connections: Connections }>();
  const retired: Promise<void>[] = [];
  const pool = (database: string, { username, password }: Credentials, max: number): Pool => {
    const made = new Pool({
      host: server.host,
      port: server.port,
      user: username,
      password,
      database,
      max,
      application_name: 'data-api',
      statement_timeout: statementTimeoutMs,
      connectionTimeoutMillis: 30_000,
      idleTimeoutMillis: 60_000,
    });
    // A connection that dies while idle has left the pool when this is told; the next call opens another one.
    made.on('error', () => undefined);
    return made;
  };
  const make = (database: string, credentials: Credentials): Connections => {
    const statements = pool(database, credentials, 10);
    const transactions = pool(database, credentials, 20);
    return {
      statements,
      transactions,
      end: async () => {
        await Promise.all([statements.end(), transactions.end()]);
      },
    };
  };
  return {
    of: (database: string, credentials: Credentials): Connections => {
      const key = `${database}\n${credentials.username}`;
      const known = open.get(key);
      if (known?.password === credentials.password) return known.connections;
      if (known) retired.push(known.connections.end());
      const connections = make(database, credentials);
      open.set(key, { password: credentials.password, connections });
      return connections;
    },
    end: async (): Promise<void> => {
      await Promise.all([...retired, ...Array.from(open.values(), ({ connections }) => connections.end())]);
    },
  };
};

/** What a statement does to the session stays with it: on AWS the next call has another session. */
const LEAVES_STATE = new Set(['BEGIN', 'START', 'SET', 'RESET', 'PREPARE', 'DECLARE', 'LISTEN', 'LOAD', 'DISCARD']);

/** Gives a connection back, or closes it when it cannot be used by the next call. */
export const giveBack = (client: PoolClient, command: string | 'failed'): void =>
  client.release(command === 'failed' || LEAVES_STATE.has(command));
