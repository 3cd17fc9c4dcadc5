import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  DatabaseResumingException,
  ExecuteStatementCommand,
  type Field,
  RDSDataClient,
  RollbackTransactionCommand,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export type SqlValue = string | number | boolean | null;
export type Row = readonly SqlValue[];

/** Runs one statement. Parameters are named; an array travels as a PostgreSQL literal in text and is cast in the SQL. */
export type Execute = (sql: string, parameters?: Readonly<Record<string, SqlValue>>) => Promise<readonly Row[]>;

export interface Database {
  readonly execute: Execute;
  /** Commits when `work` returns, rolls back when it throws. */
  transaction<T>(work: (execute: Execute) => Promise<T>): Promise<T>;
}

export interface DatabaseAddress {
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly database: string;
}

/** The service cancels a statement after 45 s: a client that waited less would try again one that still runs. */
export const dataApiClient = (): RDSDataClient =>
  new RDSDataClient({ requestHandler: new NodeHttpHandler({ requestTimeout: 60_000 }) });

/** A paused cluster needs 15 to 30 seconds to resume; the statement is worth waiting for. */
const RESUME_WITHIN_MS = 45_000;

/**
 * Aurora through the RDS Data API. A lost answer may mean that a statement ran: every statement here can run twice.
 * The service cancels a statement after 45 s, so the client must wait longer than that or it would retry a live one.
 */
export const dataApi = ({ clusterArn, secretArn, database }: DatabaseAddress, client = dataApiClient()): Database => {
  const cluster = { resourceArn: clusterArn, secretArn };
  const run =
    (transactionId?: string): Execute =>
    async (sql, parameters = {}) => {
      const command = new ExecuteStatementCommand({
        ...cluster,
        database,
        sql,
        parameters: Object.entries(parameters).map(([name, value]): SqlParameter => ({ name, value: toField(value) })),
        ...(transactionId ? { transactionId } : {}),
      });
      const { records = [] } = await whenResumed(() => client.send(command));
      return records.map((record) => record.map(fromField));
    };

  return {
    execute: run(),
    transaction: async (work) => {
      const { transactionId } = await whenResumed(() =>
        client.send(new BeginTransactionCommand({ ...cluster, database })),
      );
      const transaction = { ...cluster, transactionId: transactionId! };
      try {
        const result = await work(run(transactionId));
        await client.send(new CommitTransactionCommand(transaction));
        return result;
      } catch (error) {
        // The first error is the cause; a rollback that fails too only means that the server drops the transaction later.
        await client.send(new RollbackTransactionCommand(transaction)).catch((rollback: unknown) => {
          (error as { rollback?: unknown }).rollback = rollback;
        });
        throw error;
      }
    },
  };
};

const whenResumed = async <T>(send: () => Promise<T>): Promise<T> => {
  const until = Date.now() + RESUME_WITHIN_MS;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof DatabaseResumingException) || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000 + Math.random() * 2000));
    }
  }
};

const toField = (value: SqlValue): Field => {
  if (value === null) return { isNull: true };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { booleanValue: value };
  return Number.isInteger(value) ? { longValue: value } : { doubleValue: value };
};

const fromField = (field: Field): SqlValue =>
  field.isNull ? null : (field.stringValue ?? field.longValue ?? field.doubleValue ?? field.booleanValue ?? null);

/** An array literal of numbers. PostgreSQL reads JSON's null as its own, and JSON.stringify is the fastest way to text. */
export const numbers = (values: readonly (number | null)[]): string => `{${JSON.stringify(values).slice(1, -1)}}`;

/** An array literal of texts that are array literals of numbers. */
export const numberTexts = (values: readonly (readonly (number | null)[])[]): string =>
  values.length === 0 ? '{}' : `{"${values.map(numbers).join('","')}"}`;

/** An array literal of texts. */
export const texts = (values: readonly string[]): string =>
  values.length === 0 ? '{}' : `{"${values.map(escaped).join('","')}"}`;

const escaped = (value: string): string => (/[\\"]/.test(value) ? value.replace(/[\\"]/g, '\\$&') : value);
