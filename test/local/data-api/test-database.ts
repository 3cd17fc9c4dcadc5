import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  RDSDataClient,
  RollbackTransactionCommand,
  type SqlParameter,
} from '@aws-sdk/client-rds-data';
import { Client } from 'pg';
import { createDatabase } from '../../../local/services/data-api/create-database.ts';
import { startDataApi } from '../../../local/services/data-api.ts';
import { openGuard } from '../../../local/services/iam/guard.ts';
import { startPostgres } from '../../../local/services/postgres.ts';

export const CLUSTER = 'arn:aws:rds:us-east-1:000000000000:cluster:emissionwatch';
export const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:owner-AbCdEf';
const OWNER = { username: 'emissionwatch_owner', password: `it's "quoted" \\ $1 :a` };

/** A PostgreSQL with a Data API in front, and the SDK's client. Time limits are short, so that tests reach them. */
export const startTestDatabase = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-test-'));
  chmodSync(folder, 0o755);
  const postgres = await startPostgres({ dataDir: folder, log: () => undefined });
  await createDatabase({ postgres, database: 'emissionwatch', owner: OWNER });
  const secrets = new Map([[SECRET, OWNER]]);
  const api = await startDataApi({
    guard: openGuard,
    postgres,
    clusters: [{ arn: CLUSTER, database: 'emissionwatch' }],
    secretValue: (arn) => secrets.get(arn),
    statementTimeoutMs: 1000,
    transactionIdleMs: 1000,
  });
  const clientWith = (maxAttempts: number) =>
    new RDSDataClient({
      endpoint: api.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts,
    });
  const client = clientWith(1);
  const cluster = { resourceArn: CLUSTER, secretArn: SECRET };

  const execute = (sql: string, parameters?: SqlParameter[], more: Partial<ExecuteStatementCommandInput> = {}) =>
    client.send(new ExecuteStatementCommand({ ...cluster, sql, parameters, ...more }));
  const begin = async () => (await client.send(new BeginTransactionCommand(cluster))).transactionId!;
  /** Speaks to PostgreSQL past the Data API, as its superuser. */
  const asSuperuser = async (sql: string, database = 'emissionwatch') => {
    const { host, port, superuser, password } = postgres;
    const direct = new Client({ host, port, user: superuser, password, database });
    await direct.connect();
    try {
      return (await direct.query(sql)).rows as Record<string, unknown>[];
    } finally {
      await direct.end();
    }
  };

  return {
    api,
    postgres,
    secrets,
    cluster,
    client,
    clientWith,
    execute,
    asSuperuser,
    begin,
    commit: (transactionId: string) => client.send(new CommitTransactionCommand({ ...cluster, transactionId })),
    rollback: (transactionId: string) => client.send(new RollbackTransactionCommand({ ...cluster, transactionId })),
    /** Ends every connection of the Data API, as a failover does. */
    killConnections: () =>
      asSuperuser(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'data-api'`),
    stop: async () => {
      client.destroy();
      await api.stop();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export type TestDatabase = Awaited<ReturnType<typeof startTestDatabase>>;

export const parameter = {
  text: (name: string, stringValue: string): SqlParameter => ({ name, value: { stringValue } }),
  long: (name: string, longValue: number): SqlParameter => ({ name, value: { longValue } }),
};
