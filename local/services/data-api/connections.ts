import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, Pool, type PoolClient } from 'pg';
import { AwsError } from '../aws-json.ts';
import type { Postgres } from '../postgres.ts';
import type { Outcome } from './run-statement.ts';

/** What the secret of a database user holds. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

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
        // A statement that still runs ends with the server; there is nobody left to wait for it.
        await Promise.race([
          Promise.all([statements.end(), transactions.end()]),
          sleep(2000, undefined, { ref: false }),
        ]);
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

/** Takes a connection for the time of `work`; one that is broken or changed by it is closed, not given back. */
export const withConnection = async (pool: Pool, work: (client: PoolClient) => Promise<Outcome>): Promise<Outcome> => {
  const client = await pool.connect();
  // The statement itself fails when its connection dies; without a listener the event would end the process.
  const heard = () => undefined;
  client.on('error', heard);
  let close = true;
  try {
    const outcome = await work(client);
    close = LEAVES_STATE.has(outcome.command);
    return outcome;
  } catch (error) {
    close = !(error instanceof AwsError) && !(error instanceof DatabaseError && error.severity === 'ERROR');
    throw error;
  } finally {
    client.off('error', heard);
    client.release(close);
  }
};
