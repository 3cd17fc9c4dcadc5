import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AwsError, type Listening, serveJson11 } from './aws-json.ts';
import type { Guard } from './iam/guard.ts';
import { readWriteRecords } from './timestream/records.ts';
import { type Row, readRows } from './timestream/row-log.ts';
import {
  NOTHING,
  openTable,
  seriesOf,
  type Table,
  type TableCounters,
  type TableDefinition,
} from './timestream/table.ts';

export interface Timestream extends Listening {
  /** Of all tables together. */
  counters(): Readonly<TableCounters>;
}

/** Timestream for LiveAnalytics, the writing side: the tables of the templates, with their rows on disk. */
export const startTimestream = async (options: {
  readonly dataDir: string;
  readonly tables: readonly TableDefinition[];
  readonly guard: Guard;
  readonly port?: number;
  readonly now?: () => number;
}): Promise<Timestream> => {
  const { dataDir, tables, guard, port, now = Date.now } = options;
  const opened = new Map<string, Table & { readonly arn: string }>();
  for (const definition of tables) {
    const table = await openTable(definition, folderOf(dataDir, definition), now);
    opened.set(`${definition.database}|${definition.table}`, { ...table, arn: definition.arn });
  }

  const listening = await serveJson11({
    guard,
    port,
    version: '1.0',
    operations: {
      // A name without a port: the client keeps the port that it asked at.
      DescribeEndpoints: (_, caller) => {
        guard.check(caller, 'timestream:DescribeEndpoints', '*');
        return { Endpoints: [{ Address: '127.0.0.1', CachePeriodInMinutes: 1440 }] };
      },
      WriteRecords: async (input, caller) => {
        const { DatabaseName, TableName, records } = readWriteRecords(input);
        const table = opened.get(`${DatabaseName}|${TableName}`);
        if (!table) throw new AwsError('ResourceNotFoundException', `table ${TableName} does not exist`);
        guard.check(caller, 'timestream:WriteRecords', table.arn);
        const { memoryStore, magneticStore, rejected } = await table.write(records);
        if (rejected.length > 0)
          throw new AwsError(
            'RejectedRecordsException',
            'One or more records have been rejected. See RejectedRecords for details.',
            419,
            { RejectedRecords: rejected },
          );
        const Total = memoryStore + magneticStore;
        return { RecordsIngested: { Total, MemoryStore: memoryStore, MagneticStore: magneticStore } };
      },
    },
  });

  return {
    ...listening,
    counters: () => {
      const [first, ...others] = [...opened.values()].map((table) => table.counters());
      const sum: TableCounters = { ...NOTHING, ...first };
      for (const other of others) for (const name of NAMES) sum[name] += other[name];
      return sum;
    },
    stop: async () => {
      await listening.stop();
      for (const table of opened.values()) await table.close();
    },
  };
};

const NAMES = Object.keys(NOTHING) as (keyof TableCounters)[];

/** Names of tables may have any characters and case; folders may not. */
const folderOf = (dataDir: string, { database, table }: Pick<TableDefinition, 'database' | 'table'>): string =>
  join(dataDir, createHash('sha256').update(`${database}|${table}`).digest('hex').slice(0, 16));

/** The rows of a table as a query would see them: of each series and minute the greatest version, of equal ones the first. */
export const storedRows = (dataDir: string, table: Pick<TableDefinition, 'database' | 'table'>): Map<string, Row> => {
  const rows = new Map<string, Row>();
  for (const row of readRows(folderOf(dataDir, table))) {
    const key = `${seriesOf(row)}\n${row.minute}`;
    const known = rows.get(key);
    if (!known || known.version < row.version) rows.set(key, row);
  }
  return rows;
};
