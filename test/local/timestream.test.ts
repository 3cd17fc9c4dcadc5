import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { type _Record, TimestreamWriteClient, WriteRecordsCommand } from '@aws-sdk/client-timestream-write';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../local/services/aws-json.ts';
import { type Guard, openGuard } from '../../local/services/iam/guard.ts';
import type { TableDefinition } from '../../local/services/timestream/table.ts';
import { startTimestream, storedRows } from '../../local/services/timestream.ts';
import { loadTemplates } from '../../local/template/templates.ts';
import { timestreamTablesOf } from '../../local/template/timestream.ts';
import { writeAssembly } from './assembly.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const TABLE: TableDefinition = {
  database: 'emissions',
  table: 'minutes',
  arn: 'arn:aws:timestream:us-east-1:000000000000:database/emissions/table/minutes',
  memoryHours: 24,
  magneticDays: 396,
  magneticWrites: true,
  requiredDimensions: ['facility'],
};

const open = async ({ dataDir = temporaryFolder(), table = TABLE, guard = openGuard as Guard, now = NOW } = {}) => {
  const service = await startTimestream({ dataDir, tables: [table], guard, now: () => now });
  const client = new TimestreamWriteClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    endpoint: service.endpoint,
    maxAttempts: 1,
  });
  let running = true;
  const stop = async () => {
    if (running) await service.stop();
    running = false;
    client.destroy();
  };
  afterTest(stop);
  const write = (Records: _Record[], CommonAttributes: _Record = {}) =>
    client.send(
      new WriteRecordsCommand({
        DatabaseName: 'emissions',
        TableName: 'minutes',
        CommonAttributes: {
          MeasureName: 'minute',
          MeasureValueType: 'MULTI',
          TimeUnit: 'SECONDS',
          ...CommonAttributes,
        },
        Records,
      }),
    );
  return {
    write,
    client,
    dataDir,
    counters: service.counters,
    stop,
    rows: () => [...storedRows(dataDir, table).values()],
  };
};

const record = ({ value = '21.5', ago = 1, ...over }: { value?: string; ago?: number } & _Record = {}): _Record => ({
  Dimensions: [
    { Name: 'source', Value: 'A' },
    { Name: 'facility', Value: 'P1' },
  ],
  Time: String(NOW / 1000 - ago * 60),
  Version: 1,
  MeasureValues: [{ Name: 'nox', Value: value, Type: 'DOUBLE' }],
  ...over,
});

/** The rejections of a call that is expected to have some. */
const rejections = (call: Promise<unknown>) =>
  call.then(
    () => [],
    (error: {
      name: string;
      RejectedRecords?: { RecordIndex: number; Reason: string; ExistingVersion?: number }[];
    }) => {
      expect(error.name).toBe('RejectedRecordsException');
      return error.RejectedRecords;
    },
  );

const HOURS = 60;
const DAYS = 24 * HOURS;

describe('what the table takes', () => {
  it('records of the last hours go to the memory store, older ones to the magnetic store', async () => {
    const { write } = await open();
    const { RecordsIngested } = await write([record(), record({ ago: 25 * HOURS }), record({ ago: 300 * DAYS })]);
    expect(RecordsIngested).toEqual({ Total: 3, MemoryStore: 1, MagneticStore: 2 });
  });

  it('records up to 15 minutes ahead, and none of further ahead or from before its retention', async () => {
    const { write } = await open();
    const rejected = await rejections(
      write([record({ ago: -14 }), record({ ago: -15 }), record({ ago: 396 * DAYS }), record({ ago: 396 * DAYS + 1 })]),
    );
    expect(rejected?.map(({ RecordIndex }) => RecordIndex)).toEqual([1, 3]);
    expect(rejected?.[0]?.Reason).toBe(
      'The record timestamp is outside the time range [2025-05-01T12:00:00.000Z, 2026-06-01T12:15:00.000Z) of the data ingestion window.',
    );
  });

  it('nothing older than the memory store when writes to the magnetic store are off', async () => {
    const { write, rows } = await open({ table: { ...TABLE, magneticWrites: false } });
    const rejected = await rejections(write([record(), record({ ago: 24 * HOURS + 1 })]));
    expect(rejected).toMatchObject([{ RecordIndex: 1, Reason: expect.stringContaining('of the memory store') }]);
    expect(rows()).toHaveLength(1);
  });

  it('a greater version in place of another, the same again without a change, and no other', async () => {
    const { write, rows, counters } = await open();
    await write([record({ Version: 5 })]);
    await write([record({ Version: 5 })]);
    const older = await rejections(write([record({ Version: 4 })]));
    expect(older).toEqual([
      {
        RecordIndex: 0,
        Reason:
          'The record version 4 is lower than the existing version 5. A higher version is required to update the measure value.',
        ExistingVersion: 5,
      },
    ]);
    const other = await rejections(write([record({ Version: 5, value: '22' })]));
    expect(other?.[0]?.Reason).toContain('A record already exists with the same time');
    await write([record({ Version: 6, value: '23' })]);
    expect(rows()).toMatchObject([{ version: 6, measures: [{ Name: 'nox', Value: '23' }] }]);
    expect(counters()).toMatchObject({ calls: 5, memoryStore: 3, unchanged: 1, olderVersion: 2 });
  });

  it('common attributes for every record of the call', async () => {
    const { write, rows } = await open();
    const own = (source: string): _Record => ({
      Dimensions: [{ Name: 'source', Value: source }],
      MeasureValues: [{ Name: 'nox', Value: '1', Type: 'DOUBLE' }],
    });
    const common = { Dimensions: [{ Name: 'facility', Value: 'P1' }], Time: String(NOW / 1000), Version: 7 };
    await write([own('A'), own('B')], common);
    expect(rows()).toMatchObject([
      { minute: NOW / 60_000, version: 7, dimensions: [{ Value: 'P1' }, { Value: 'A' }] },
      { minute: NOW / 60_000, version: 7, dimensions: [{ Value: 'P1' }, { Value: 'B' }] },
    ]);
  });
});

describe('what the table refuses', () => {
  const dimensions = (count: number) => [
    { Name: 'facility', Value: 'P1' },
    ...Array.from({ length: count - 1 }, (_, i) => ({ Name: `d${i}`, Value: '1' })),
  ];
  const measures = (count: number, name = 'm') =>
    Array.from({ length: count }, (_, i) => ({ Name: `${name}${i}`, Value: '1', Type: 'DOUBLE' as const }));

  it.each([
    ['more than 128 dimensions', { Dimensions: dimensions(129) }, { Dimensions: dimensions(128) }],
    [
      'a dimension name of more than 60 bytes',
      { Dimensions: [...dimensions(1), { Name: 'd'.repeat(61), Value: '1' }] },
      { Dimensions: [...dimensions(1), { Name: 'd'.repeat(60), Value: '1' }] },
    ],
    ['more than 256 measures', { MeasureValues: measures(257) }, { MeasureValues: measures(256) }],
    [
      'a measure name of more than 256 bytes',
      { MeasureValues: measures(1, 'm'.repeat(256)) },
      { MeasureValues: measures(1, 'm'.repeat(255)) },
    ],
    [
      'values of more than 2,048 bytes',
      { MeasureValues: [{ Name: 's', Value: 'V'.repeat(2049), Type: 'VARCHAR' as const }] },
      { MeasureValues: [{ Name: 's', Value: 'V'.repeat(2048), Type: 'VARCHAR' as const }] },
    ],
    ['a record without the dimension it is partitioned by', { Dimensions: [{ Name: 'source', Value: 'A' }] }, {}],
  ])('%s: that record, and keeps the others', async (_, tooMuch, allowed) => {
    const { write, counters } = await open();
    const rejected = await rejections(write([record(tooMuch), record(allowed)]));
    expect(rejected?.map(({ RecordIndex }) => RecordIndex)).toEqual([0]);
    expect(counters()).toMatchObject({ faulty: 1, memoryStore: 1 });
  });

  it.each<[string, _Record[], _Record?]>([
    ['more than 100 records', Array.from({ length: 101 }, (_, i) => record({ ago: i }))],
    ['no records', []],
    ['a dimension twice', [record()], { Dimensions: [{ Name: 'source', Value: 'B' }] }],
    ['no measures', [record({ MeasureValues: [] })]],
    ['no time', [record({ Time: undefined })]],
    ['a number that is none', [record({ value: 'NaN' })]],
    ['version 0', [record({ Version: 0 })]],
    ['a part of a minute', [record({ Time: String(NOW / 1000 + 1) })]],
    ['single-measure records', [record({ MeasureValueType: 'DOUBLE' })]],
  ])('%s: the whole call', async (_, records, common) => {
    const { write, rows } = await open();
    await expect(write(records, common)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(rows()).toEqual([]);
  });

  it('a table that does not exist', async () => {
    const { client } = await open();
    const elsewhere = new WriteRecordsCommand({
      DatabaseName: 'emissions',
      TableName: 'hours',
      Records: [record({ MeasureName: 'm', MeasureValueType: 'MULTI', TimeUnit: 'SECONDS' })],
    });
    await expect(client.send(elsewhere)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('a caller whose role does not allow it', async () => {
    const asked: string[] = [];
    const closed: Guard = {
      ...openGuard,
      check: (_, action, resource) => {
        asked.push(`${action} ${resource}`);
        throw new AwsError('AccessDeniedException', `not authorized to perform: ${action}`);
      },
    };
    const { write, rows } = await open({ guard: closed });
    await expect(write([record()])).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(asked).toEqual([`timestream:WriteRecords ${TABLE.arn}`]);
    expect(rows()).toEqual([]);
  });
});

describe('what is on disk', () => {
  it('is there after a new start, and versions are known again', async () => {
    const first = await open();
    await first.write([record({ Version: 5 }), record({ ago: 2000, Version: 2 })]);
    await first.stop();
    const { write, rows } = await open({ dataDir: first.dataDir });
    expect(await rejections(write([record({ Version: 4 })]))).toMatchObject([{ ExistingVersion: 5 }]);
    await write([record({ ago: 2000, Version: 1 })]);
    expect(rows().map(({ version }) => version)).toEqual([5, 2]);
  });

  it('is read up to a block that a kill cut off', async () => {
    const { write, rows, dataDir, stop } = await open();
    for (const ago of [1, 2]) await write([record({ ago })]);
    await stop();
    const [file] = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.rows'));
    const path = join(dataDir, file!);
    truncateSync(path, statSync(path).size - 1);
    expect(rows()).toHaveLength(1);
    const again = await open({ dataDir });
    await again.write([record({ ago: 2 })]);
    expect(again.rows()).toHaveLength(2);
  });

  it('takes less than 60 bytes for a minute of 15 channels', async () => {
    const { write, dataDir } = await open();
    const channels = Array.from({ length: 15 }, (_, i) => `channel${i}`);
    for (let call = 0; call < 10; call++)
      await write(
        Array.from({ length: 100 }, (_, i) =>
          record({
            ago: call * 100 + i,
            MeasureValues: channels.map((Name, c) => ({ Name, Type: 'DOUBLE', Value: String((i * 7919 + c) % 9973) })),
          }),
        ),
      );
    const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).map((name) =>
      statSync(join(dataDir, name)),
    );
    const bytes = files.filter((each) => each.isFile()).reduce((sum, { size }) => sum + size, 0);
    expect(bytes / 1000).toBeLessThan(60);
  });
});

describe('tables of a template', () => {
  it('have the retention and partition key of the template', () => {
    const templates = loadTemplates(
      writeAssembly({
        TimeSeries: {
          Resources: {
            Database: { Type: 'AWS::Timestream::Database', Properties: {} },
            Table: {
              Type: 'AWS::Timestream::Table',
              Properties: {
                DatabaseName: { Ref: 'Database' },
                RetentionProperties: {
                  MemoryStoreRetentionPeriodInHours: '24',
                  MagneticStoreRetentionPeriodInDays: '396',
                },
                MagneticStoreWriteProperties: { EnableMagneticStoreWrites: true },
                Schema: {
                  CompositePartitionKey: [{ Type: 'DIMENSION', Name: 'facility', EnforcementInRecord: 'REQUIRED' }],
                },
              },
            },
          },
        },
      }),
    );
    expect(timestreamTablesOf(templates)).toEqual([
      {
        ...TABLE,
        database: 'TimeSeries-Database',
        table: 'TimeSeries-Table',
        arn: 'arn:aws:timestream:us-east-1:000000000000:database/TimeSeries-Database/table/TimeSeries-Table',
      },
    ]);
  });
});
