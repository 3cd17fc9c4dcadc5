import { join } from 'node:path';
import { type Listening, serveJson11 } from './aws-json.ts';
import { tableAccess } from './dynamodb/access.ts';
import { dynamoOperations } from './dynamodb/operations.ts';
import { openTable, type TableDefinition } from './dynamodb/table.ts';
import type { Guard } from './iam/guard.ts';

export type { TableDefinition };

const REGION = 'us-east-1';

/** DynamoDB for the tables of a template, each in a file of its own. */
export const startDynamoDb = async (options: {
  readonly dataDir: string;
  readonly account: string;
  readonly tables: readonly TableDefinition[];
  readonly guard: Guard;
  readonly port?: number;
}): Promise<Listening> => {
  const { dataDir, account, guard, port } = options;
  const tables = options.tables.map((table) => openTable(join(dataDir, `${table.name}.jsonl`), table));
  const listening = await serveJson11({
    guard,
    version: '1.0',
    port,
    operations: dynamoOperations({
      find: (nameOrArn) => tables.find(({ name, arn }) => nameOrArn === name || nameOrArn === arn),
      access: tableAccess(guard, REGION, account),
    }),
  });
  return {
    ...listening,
    stop: async () => {
      await listening.stop();
      for (const table of tables) table.close();
    },
  };
};
