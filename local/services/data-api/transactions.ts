import { randomBytes } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { AwsError } from '../aws-json.ts';

interface Transaction {
  readonly client: PoolClient;
  /** Cluster and secret it was begun with: no other may use it. */
  readonly scope: string;
  busy: boolean;
  idle: NodeJS.Timeout | undefined;
  /** Hears that the connection died. */
  readonly lost: () => void;
}

/** Open transactions, each on a connection of its own. One that no call has used for `idleMs` is rolled back. */
export const openTransactions = (idleMs: number) => {
  const open = new Map<string, Transaction>();

  /** Closing the connection rolls back whatever is open on it. */
  const drop = (id: string): void => {
    const transaction = open.get(id);
    if (!transaction) return;
    open.delete(id);
    clearTimeout(transaction.idle);
    transaction.client.off('error', transaction.lost);
    transaction.client.release(true);
  };

  const rest = (id: string, transaction: Transaction): void => {
    transaction.busy = false;
    transaction.idle = setTimeout(() => drop(id), idleMs).unref();
  };

  const take = (id: string, scope: string): Transaction => {
    const transaction = open.get(id);
    if (!transaction) throw notFound(id);
    if (transaction.scope !== scope) {
      throw new AwsError('BadRequestException', `Transaction ${id} was begun with another cluster or secret`);
    }
    // Aurora refuses a second call at once, it does not queue it.
    if (transaction.busy) throw new AwsError('DatabaseErrorException', 'Transaction is still running a query');
    transaction.busy = true;
    clearTimeout(transaction.idle);
    return transaction;
  };

  return {
    begin: async (pool: Pool, scope: string): Promise<string> => {
      const client = await pool.connect();
      const id = randomBytes(48).toString('base64');
      const transaction: Transaction = { client, scope, busy: true, idle: undefined, lost: () => drop(id) };
      open.set(id, transaction);
      client.on('error', transaction.lost);
      try {
        await client.query('BEGIN');
      } catch (error) {
        drop(id);
        throw error;
      }
      rest(id, transaction);
      return id;
    },

    use: async <T>(id: string, scope: string, work: (client: PoolClient) => Promise<T>): Promise<T> => {
      const transaction = take(id, scope);
      try {
        return await work(transaction.client);
      } finally {
        if (open.has(id)) rest(id, transaction);
      }
    },

    end: async (id: string, scope: string, how: 'COMMIT' | 'ROLLBACK'): Promise<void> => {
      const transaction = take(id, scope);
      let command: string;
      try {
        ({ command } = await transaction.client.query(how));
      } catch (error) {
        drop(id);
        throw error;
      }
      if (open.delete(id)) {
        transaction.client.off('error', transaction.lost);
        transaction.client.release();
      }
      if (command !== how) {
        // PostgreSQL answers a commit after a failed statement with a rollback. Nobody must take that for a commit.
        throw new AwsError('DatabaseErrorException', 'ERROR: current transaction is aborted; SQLState: 25P02');
      }
    },

    rollBackAll: (): void => {
      for (const id of [...open.keys()]) drop(id);
    },
  };
};

const notFound = (id: string) =>
  new AwsError(
    'TransactionNotFoundException',
    `Transaction ${id} is not found. It may have expired, or a previous call ended it.`,
    404,
  );
