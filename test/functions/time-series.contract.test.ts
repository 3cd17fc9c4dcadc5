import { TimestreamWriteClient } from '@aws-sdk/client-timestream-write';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TimestreamTable, timestreamMinutes } from '#adapters/timestream-minutes';
import type { NamedMinute, TimeSeriesStore } from '#core/ports';
import { AwsError, serveJson11 } from '../../local/services/aws-json.ts';
import { openGuard } from '../../local/services/iam/guard.ts';
import { startTimestream, storedRows } from '../../local/services/timestream.ts';
import { afterTest, temporaryFolder } from '../local/temporary.ts';
import { memoryTimeSeries } from './memory-time-series.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const NOW_MINUTE = NOW / 60_000;
const RETENTION_DAYS = 396;
const TABLE: TimestreamTable = { database: 'emissions', table: 'minutes', retentionDays: RETENTION_DAYS };

const minuteOf = (over: Partial<NamedMinute> = {}): NamedMinute => ({
  facility: 'P1',
  source: 'A',
  minute: NOW_MINUTE - 1,
  version: 1,
  firedSeconds: 60,
  grossLoad: 136.5,
  channels: ['gas', '', 'nox'],
  readings: [10_000, null, 21.25],
  statuses: 'V.V',
  ...over,
});

/** Columns of a stored minute. */
type Columns = Readonly<Record<string, string>>;
interface Stored {
  readonly version: number;
  readonly columns: Columns;
}

interface Harness {
  readonly store: TimeSeriesStore;
  /** By facility, source and minute. */
  stored(): ReadonlyMap<string, Stored>;
}

const clientAt = (url: string, maxAttempts = 1): TimestreamWriteClient => {
  const client = new TimestreamWriteClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
  });
  // From the environment, as a function gets it: so the client asks for its endpoints, as it does on AWS.
  process.env.AWS_ENDPOINT_URL_TIMESTREAM_WRITE = url;
  afterTest(() => {
    delete process.env.AWS_ENDPOINT_URL_TIMESTREAM_WRITE;
    client.destroy();
  });
  return client;
};

const timestream = async (): Promise<Harness> => {
  const dataDir = temporaryFolder();
  const definition = {
    ...TABLE,
    arn: 'arn:aws:timestream:us-east-1:000000000000:database/emissions/table/minutes',
    memoryHours: 24,
    magneticDays: RETENTION_DAYS,
    magneticWrites: true,
    requiredDimensions: ['facility'],
  };
  const service = await startTimestream({ dataDir, tables: [definition], guard: openGuard, now: () => NOW });
  afterTest(service.stop);
  return {
    store: timestreamMinutes(TABLE, clientAt(service.endpoint), () => NOW),
    stored: () =>
      new Map(
        [...storedRows(dataDir, definition).values()].map(({ dimensions, minute, version, measures }) => [
          `${dimensions.map(({ Value }) => Value).join(' ')} ${minute}`,
          { version, columns: Object.fromEntries(measures.map(({ Name, Value }) => [Name, Value])) },
        ]),
      ),
  };
};

const memory = async (): Promise<Harness> => {
  const { timeSeries, stored } = memoryTimeSeries(NOW_MINUTE - RETENTION_DAYS * 1440);
  return {
    store: timeSeries,
    stored: () =>
      new Map([...stored].map(([key, minute]) => [key, { version: minute.version, columns: columnsOf(minute) }])),
  };
};

const columnsOf = ({ firedSeconds, grossLoad, statuses, channels, readings }: NamedMinute): Columns => ({
  firedSeconds: String(firedSeconds),
  ...(grossLoad !== null && { grossLoad: String(grossLoad) }),
  statuses,
  ...Object.fromEntries(
    readings.flatMap((reading, i) => (reading !== null && channels[i] ? [[channels[i], String(reading)]] : [])),
  ),
});

const NOTHING = { stored: 0, outsideRetention: 0, olderVersion: 0, overLimit: 0 };

describe.each([
  ['in memory', memory],
  ['Timestream', timestream],
])('a time-series store, %s', (_, open) => {
  it('keeps a source-minute with a column for each reading, its fired seconds, load and statuses', async () => {
    const { store, stored } = await open();
    expect(await store.writeMinutes([minuteOf()])).toEqual({ ...NOTHING, stored: 1 });
    expect([...stored()]).toEqual([
      [
        `P1 A ${NOW_MINUTE - 1}`,
        {
          version: 1,
          columns: { firedSeconds: '60', grossLoad: '136.5', statuses: 'V.V', gas: '10000', nox: '21.25' },
        },
      ],
    ]);
  });

  it('leaves out what was not read, and a load that is not known', async () => {
    const { store, stored } = await open();
    await store.writeMinutes([minuteOf({ readings: [null, null, 3], grossLoad: null, statuses: 'N.V' })]);
    expect([...stored().values()][0]!.columns).toEqual({ firedSeconds: '60', statuses: 'N.V', nox: '3' });
  });

  it('replaces a minute by a greater version, and counts an older one', async () => {
    const { store, stored } = await open();
    await store.writeMinutes([minuteOf({ version: 2, readings: [2, null, 2] })]);
    expect(await store.writeMinutes([minuteOf({ version: 3, readings: [3, null, 3] })])).toMatchObject({ stored: 1 });
    expect(await store.writeMinutes([minuteOf({ version: 1 })])).toEqual({ ...NOTHING, olderVersion: 1 });
    expect([...stored().values()]).toMatchObject([{ version: 3, columns: { nox: '3' } }]);
  });

  it('takes the same again as if it were new: a batch may be repeated', async () => {
    const { store, stored } = await open();
    await store.writeMinutes([minuteOf()]);
    expect(await store.writeMinutes([minuteOf()])).toEqual({ ...NOTHING, stored: 1 });
    expect(stored().size).toBe(1);
  });

  it('counts minutes of long ago, and keeps the others of the call', async () => {
    const { store, stored } = await open();
    const years = minuteOf({ minute: NOW_MINUTE - 8 * 365 * 1440 });
    expect(await store.writeMinutes([years, minuteOf()])).toEqual({ ...NOTHING, stored: 1, outsideRetention: 1 });
    expect(stored().size).toBe(1);
  });

  it('takes a minute that waited out an outage of days', async () => {
    const { store, stored } = await open();
    await store.writeMinutes([minuteOf({ minute: NOW_MINUTE - 3 * 1440 })]);
    expect([...stored().keys()]).toEqual([`P1 A ${NOW_MINUTE - 3 * 1440}`]);
  });

  it('takes more than one call can carry', async () => {
    const { store, stored } = await open();
    const minutes = Array.from({ length: 1234 }, (_, i) => minuteOf({ minute: NOW_MINUTE - 1 - i }));
    expect(await store.writeMinutes(minutes)).toEqual({ ...NOTHING, stored: 1234 });
    expect(stored().size).toBe(1234);
  });

  it('ends with the greatest version of every minute, in whatever order and however often batches come', async () => {
    const { store, stored } = await open();
    const version = fc.record({
      source: fc.constantFrom('A', 'B'),
      // Of the memory store and of the magnetic store.
      minute: fc.constantFrom(NOW_MINUTE - 1, NOW_MINUTE - 2, NOW_MINUTE - 2000),
      version: fc.integer({ min: 1, max: 4 }),
    });
    const batches = fc.array(fc.array(version, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(batches, async (given) => {
        const facility = `P${run++}`;
        const greatest = new Map<string, number>();
        for (const batch of given) {
          for (const { source, minute, version } of batch) {
            const key = `${facility} ${source} ${minute}`;
            greatest.set(key, Math.max(greatest.get(key) ?? 0, version));
          }
          // What a version says depends on the version alone.
          await store.writeMinutes(
            batch.map((each) => minuteOf({ facility, ...each, readings: [each.version, null, each.minute] })),
          );
        }
        const ended = [...stored()].filter(([key]) => key.startsWith(`${facility} `));
        expect(new Map(ended.map(([key, { version }]) => [key, version]))).toEqual(greatest);
        for (const [, { version, columns }] of ended) expect(columns.gas).toBe(String(version));
      }),
      { numRuns: 30 },
    );
  });
});

describe('Timestream’s columns', () => {
  it('gives a channel another column when the table uses its name, and never one column to two channels', async () => {
    const { store, stored } = await timestream();
    const channels = ['time', 'channel_time', 'measure_name', 'source', 'firedSeconds', 'nox'];
    await store.writeMinutes([minuteOf({ channels, readings: [1, 2, 3, 4, 5, 6], statuses: 'VVVVVV' })]);
    expect([...stored().values()][0]!.columns).toEqual({
      firedSeconds: '60',
      grossLoad: '136.5',
      statuses: 'VVVVVV',
      channel_time: '1',
      channel_channel_time: '2',
      channel_measure_name: '3',
      channel_source: '4',
      channel_firedSeconds: '5',
      nox: '6',
    });
  });
});

/** Timestream as `answer` has it, which is given the number of the call and of its records. */
const answering = async (answer: (call: number, records: number) => unknown, maxAttempts?: number) => {
  const calls: number[] = [];
  const service = await serveJson11({
    guard: openGuard,
    version: '1.0',
    operations: {
      DescribeEndpoints: () => ({ Endpoints: [{ Address: '127.0.0.1', CachePeriodInMinutes: 1440 }] }),
      WriteRecords: ({ Records }) => {
        const { length } = Records as unknown[];
        calls.push(length);
        return answer(calls.length, length) ?? { RecordsIngested: { Total: length } };
      },
    },
  });
  afterTest(service.stop);
  return { calls, store: timestreamMinutes(TABLE, clientAt(service.endpoint, maxAttempts), () => NOW) };
};

const rejecting = (...records: { readonly RecordIndex: number; readonly Reason: string }[]) => {
  throw new AwsError('RejectedRecordsException', 'One or more records have been rejected.', 419, {
    RejectedRecords: records,
  });
};
const many = (count: number) => Array.from({ length: count }, (_, i) => minuteOf({ minute: NOW_MINUTE - 1 - i }));

describe('what Timestream refuses', () => {
  it('is asked for with 100 records at a time', async () => {
    const { calls, store } = await answering(() => undefined);
    await store.writeMinutes(many(250));
    expect(calls.sort()).toEqual([100, 100, 50]);
  });

  it('is counted by reason when no retry would help', async () => {
    const { store } = await answering(() =>
      rejecting(
        { RecordIndex: 0, Reason: 'The record timestamp is outside the time range [a, b) of the memory store.' },
        {
          RecordIndex: 1,
          Reason:
            'A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be specified in order to update the measure value.',
        },
        {
          RecordIndex: 2,
          Reason: 'The record version 2 is lower than the existing version 200. A higher version is required.',
        },
        { RecordIndex: 3, Reason: 'The number of measures exceeds the limit of 256.' },
      ),
    );
    expect(await store.writeMinutes(many(10))).toEqual({
      stored: 6,
      outsideRetention: 1,
      olderVersion: 2,
      overLimit: 1,
    });
  });

  it('fails the call when a retry may help, after the other calls have ended', async () => {
    const { calls, store } = await answering((call) =>
      call === 1 ? rejecting({ RecordIndex: 0, Reason: 'The service is tired.' }) : undefined,
    );
    await expect(store.writeMinutes(many(300))).rejects.toMatchObject({
      code: 'EW-TIME-SERIES-REFUSED',
      retryable: true,
      message: '1 of 100 record(s) were rejected: The service is tired.',
    });
    expect(calls).toHaveLength(3);
  });

  it('is sent again by the SDK when Timestream is throttled, and fails the call when that does not end', async () => {
    const throttle = () => {
      throw new AwsError('ThrottlingException', 'slow down');
    };
    const passing = await answering((call) => (call === 1 ? throttle() : undefined), 2);
    expect(await passing.store.writeMinutes(many(1))).toMatchObject({ stored: 1 });
    const lasting = await answering(throttle, 2);
    await expect(lasting.store.writeMinutes(many(1))).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(lasting.calls).toHaveLength(2);
  });
});
