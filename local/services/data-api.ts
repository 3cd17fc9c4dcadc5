import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  AwsError,
  answerError,
  answerJson,
  type Listening,
  listenOnLoopback,
  parseObject,
  readBody,
} from './aws-json.ts';
import { type Connections, type Credentials, connectionsTo } from './data-api/connections.ts';
import { asAwsError } from './data-api/database-error.ts';
import { type DataApiRequest, dataApiOperations, type Session } from './data-api/operations.ts';
import { openTransactions } from './data-api/transactions.ts';
import type { Guard, Principal } from './iam/guard.ts';
import type { Postgres } from './postgres.ts';

/** What a test may do to a call: refuse it before it runs, or let it run and lose the reply (the client sees a reset). */
export type Fault = 'refuse' | 'lose-reply' | undefined;

export interface DataApi extends Listening {
  /** Decides on each call from now on; undefined ends the faults. */
  setFault(decide: ((operation: string, request: DataApiRequest) => Fault) | undefined): void;
}

/** HTTP body, with everything in it. https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.html */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
const tooLarge = () =>
  new AwsError('RequestEntityTooLargeException', `the request is over ${MAX_REQUEST_BYTES} bytes`, 413);

/**
 * The RDS Data API of Aurora PostgreSQL (Serverless v2 and provisioned) in front of a PostgreSQL.
 *
 * @param clusters the clusters that exist; `database` is used when a call names none
 * @param secretValue user and password of a secret; the login is as that user, with that password
 * @param statementTimeoutMs @default 45 s, as AWS
 * @param transactionIdleMs @default 3 min, as AWS
 */
export const startDataApi = async (options: {
  readonly postgres: Pick<Postgres, 'host' | 'port'>;
  readonly clusters: readonly { readonly arn: string; readonly database: string }[];
  readonly secretValue: (secretArn: string) => Credentials | undefined;
  /** May the caller read the secret? @throws AwsError AccessDeniedException */
  readonly checkReader?: (secretArn: string, caller: Principal) => void;
  readonly guard: Guard;
  readonly port?: number;
  readonly statementTimeoutMs?: number;
  readonly transactionIdleMs?: number;
}): Promise<DataApi> => {
  const { postgres, clusters, secretValue, checkReader = () => {}, guard, port } = options;
  const { statementTimeoutMs = 45_000, transactionIdleMs = 180_000 } = options;
  const connections = connectionsTo(postgres, statementTimeoutMs);
  const transactions = openTransactions(transactionIdleMs);
  const operations = dataApiOperations(transactions, statementTimeoutMs);
  let fault: ((operation: string, request: DataApiRequest) => Fault) | undefined;

  const authorise = (
    caller: Principal,
    operation: string,
    { resourceArn, secretArn, database }: DataApiRequest,
  ): Session => {
    guard.check(caller, `rds-data:${operation}`, String(resourceArn));
    const cluster = clusters.find(({ arn }) => arn === resourceArn);
    if (!cluster) {
      const message = `not authorized to perform rds-data:${operation} on resource: ${resourceArn}`;
      throw new AwsError('AccessDeniedException', message, 403);
    }
    if (secretArn === undefined) throw new AwsError('BadRequestException', 'secretArn is missing');
    // The Data API reads the secret with the caller's rights. Which exception tells that it may not is not documented.
    checkReader(secretArn, caller);
    const credentials = secretValue(secretArn);
    if (!credentials) throw new AwsError('SecretsErrorException', `secret ${secretArn} was not found`);
    const opened: Connections = connections.of(database ?? cluster.database, credentials);
    return { ...opened, scope: `${resourceArn} ${secretArn}` };
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request, MAX_REQUEST_BYTES, tooLarge);
    const operation = OPERATION_OF[request.url ?? ''];
    if (!operation || request.method !== 'POST') {
      throw new AwsError('UnknownOperationException', `${request.method} ${request.url} is not served`, 404);
    }
    const caller = guard.callerOf(request.headers);
    const input = parseObject(body) as unknown as DataApiRequest;
    const decided = fault?.(operation, input);
    if (decided === 'refuse') throw new AwsError('DatabaseUnavailableException', 'refused by a test', 504);
    const output = await operations[operation](authorise(caller, operation, input), input);
    if (decided === 'lose-reply') response.destroy();
    else answerJson(response, JSON.stringify(output));
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => answerError(response, asAwsError(error)));
  });
  const listening = await listenOnLoopback(server, port);
  return {
    ...listening,
    setFault: (decide) => {
      fault = decide;
    },
    stop: async () => {
      await listening.stop();
      transactions.rollBackAll();
      await connections.end();
    },
  };
};

const OPERATION_OF: Readonly<Record<string, keyof ReturnType<typeof dataApiOperations>>> = {
  '/Execute': 'ExecuteStatement',
  '/BatchExecute': 'BatchExecuteStatement',
  '/BeginTransaction': 'BeginTransaction',
  '/CommitTransaction': 'CommitTransaction',
  '/RollbackTransaction': 'RollbackTransaction',
};
