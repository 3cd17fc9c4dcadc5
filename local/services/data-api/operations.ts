import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase, Pool } from 'pg';
import { AwsError } from '../aws-json.ts';
import { columnMetadata } from './column-metadata.ts';
import { withConnection } from './connections.ts';
import { bindParameters, type SqlParameter } from './parameters.ts';
import { formattedRecords, type ResultOptions, readersOf, recordsOf } from './result.ts';
import { isStalePlan, type Outcome, runStatement } from './run-statement.ts';
import { readStatement, type StatementText } from './statement-text.ts';
import type { openTransactions } from './transactions.ts';

/** The union of the five requests; every field comes from outside. */
export interface DataApiRequest {
  readonly resourceArn?: string;
  readonly secretArn?: string;
  readonly database?: string;
  readonly schema?: string;
  readonly sql?: string;
  readonly parameters?: readonly SqlParameter[];
  readonly parameterSets?: readonly (readonly SqlParameter[])[];
  readonly transactionId?: string;
  readonly includeResultMetadata?: boolean;
  readonly continueAfterTimeout?: boolean;
  readonly formatRecordsAs?: string;
  readonly resultSetOptions?: ResultOptions;
}

/** A caller whose cluster and secret have been found. */
export interface Session {
  readonly statements: Pool;
  readonly transactions: Pool;
  readonly scope: string;
}

type Transactions = ReturnType<typeof openTransactions>;
type Work = (client: ClientBase) => Promise<Outcome>;

export const dataApiOperations = (transactions: Transactions, timeoutMs: number) => {
  const run = ({ statements, scope }: Session, { transactionId }: DataApiRequest, work: Work): Promise<Outcome> =>
    transactionId === undefined
      ? withConnection(statements, work).catch((error: unknown) => {
          if (isStalePlan(error)) return withConnection(statements, work);
          throw error;
        })
      : transactions.use(transactionId, scope, work);

  return {
    ExecuteStatement: async (session: Session, request: DataApiRequest) => {
      const { text, names } = statementOf(request);
      const bound = bindParameters(names, request.parameters ?? []);
      const plain: Work = (client) => runStatement(client, text, bound);
      const outcome = await (request.continueAfterTimeout
        ? answerInTime(run(session, request, withoutTimeout(plain, timeoutMs)), timeoutMs)
        : run(session, request, plain));
      return resultOf(outcome, request);
    },

    /** One statement for each set, in order. Without a transaction those before a failing one stay. */
    BatchExecuteStatement: async (session: Session, request: DataApiRequest) => {
      const { text, names } = statementOf(request);
      const sets = (request.parameterSets ?? []).map((parameters) => bindParameters(names, parameters));
      const updateResults: { generatedFields: readonly never[] }[] = [];
      if (sets.length === 0) return { updateResults };
      await run(session, request, async (client) => {
        let last: Outcome | undefined;
        for (const bound of sets) {
          last = await runStatement(client, text, bound);
          if (last.fields) throw new AwsError('BadRequestException', 'a batch statement must not return rows');
          updateResults.push({ generatedFields: [] });
        }
        return last!;
      });
      return { updateResults };
    },

    BeginTransaction: async (session: Session) => ({
      transactionId: await transactions.begin(session.transactions, session.scope),
    }),

    CommitTransaction: async ({ scope }: Session, { transactionId = '' }: DataApiRequest) => {
      await transactions.end(transactionId, scope, 'COMMIT');
      return { transactionStatus: 'Transaction Committed' };
    },

    RollbackTransaction: async ({ scope }: Session, { transactionId = '' }: DataApiRequest) => {
      await transactions.end(transactionId, scope, 'ROLLBACK');
      return { transactionStatus: 'Rollback Complete' };
    },
  };
};

const known = new Map<string, StatementText>();
const MOST_KNOWN = 1000;

const statementOf = ({ sql = '', schema }: DataApiRequest): StatementText => {
  if (schema !== undefined) throw new AwsError('ValidationException', "The schema parameter isn't supported");
  if (sql.trim() === '') throw new AwsError('ValidationException', 'sql is empty');
  const found = known.get(sql);
  if (found) return found;
  const statement = readStatement(sql);
  if (known.size < MOST_KNOWN) known.set(sql, statement);
  return statement;
};

/** `continueAfterTimeout`: the statement goes on to its end, and the caller is told after the timeout all the same. */
const withoutTimeout =
  (work: Work, timeoutMs: number): Work =>
  async (client) => {
    await client.query('SET statement_timeout = 0');
    try {
      return await work(client);
    } finally {
      // Refused in a transaction that has failed, whose end undoes the setting by itself.
      await client.query(`SET statement_timeout = ${timeoutMs}`).catch(() => undefined);
    }
  };

const answerInTime = async (running: Promise<Outcome>, timeoutMs: number): Promise<Outcome> => {
  const given = new AbortController();
  const timeout = sleep(timeoutMs, undefined, { signal: given.signal, ref: false }).then(() => {
    throw new AwsError('StatementTimeoutException', 'the statement goes on; its result will not be told');
  });
  // Whichever comes second has nobody waiting for it any more.
  running.catch(() => undefined);
  timeout.catch(() => undefined);
  try {
    return await Promise.race([running, timeout]);
  } finally {
    given.abort();
  }
};

const resultOf = ({ fields, rows, affected }: Outcome, request: DataApiRequest) => {
  if (!fields) return { numberOfRecordsUpdated: affected, generatedFields: [] };
  const readers = readersOf(fields, request.resultSetOptions);
  if (request.formatRecordsAs === 'JSON') {
    return { numberOfRecordsUpdated: 0, formattedRecords: formattedRecords(rows, fields, readers) };
  }
  return {
    numberOfRecordsUpdated: 0,
    records: recordsOf(rows, readers),
    ...(request.includeResultMetadata && { columnMetadata: columnMetadata(fields) }),
  };
};
