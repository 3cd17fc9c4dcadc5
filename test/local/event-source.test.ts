import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { EventSourceMapping } from '../../local/services/event-source/mapping.ts';
import { type EventSources, startEventSources } from '../../local/services/event-source.ts';
import { openGuard } from '../../local/services/iam/guard.ts';
import { startKinesis } from '../../local/services/kinesis.ts';
import { functionNameOf, type InvocationResult } from '../../local/services/lambda.ts';
import { eventually } from './eventually.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

const anybody = openGuard.role('arn:aws:iam::000000000000:role/validate');

interface EventRecord {
  readonly kinesis: { readonly partitionKey: string; readonly sequenceNumber: string; readonly data: string };
}
/** What the function sees of a record, and what it can answer. */
interface Seen {
  readonly key: string;
  readonly text: string;
  readonly id: string;
}
type Handle = (records: readonly Seen[], event: string) => unknown | Promise<unknown>;

const STREAM = 'arn:aws:kinesis:us-east-1:000000000000:stream/minutes';
const MAPPING: EventSourceMapping = {
  id: '11111111-2222-3333-4444-555555555555',
  target: 'arn:aws:lambda:us-east-1:000000000000:function:validate:live',
  streamArn: STREAM,
  startingPosition: 'TRIM_HORIZON',
  batchSize: 100,
  batchingWindowSeconds: 0,
  parallelizationFactor: 1,
  reportBatchItemFailures: true,
  bisectBatchOnFunctionError: false,
  maximumRetryAttempts: 2,
  maximumRecordAgeSeconds: Number.POSITIVE_INFINITY,
  onFailureBucket: 'failed',
};
const THROTTLE = Symbol('throttle');

const seen = (event: string): Seen[] =>
  (JSON.parse(event) as { Records: EventRecord[] }).Records.map(({ kinesis }) => ({
    key: kinesis.partitionKey,
    text: Buffer.from(kinesis.data, 'base64').toString(),
    id: kinesis.sequenceNumber,
  }));

/** A stream with a mapping on it whose function is `handle`; a throw in it is a function error. */
const start = async (
  handle: Handle,
  options: Partial<EventSourceMapping> & {
    dataDir?: string;
    shards?: number;
    now?: () => number;
    before?: readonly (readonly [key: string, text: string])[];
  } = {},
) => {
  const { dataDir = temporaryFolder(), shards = 1, now = Date.now, before = [], ...mapping } = options;
  const kinesis = await startKinesis({
    guard: openGuard,
    dataDir,
    now,
    streams: [{ name: 'minutes', arn: STREAM, shards, retentionHours: 24 }],
  });
  const put = async (key: string, text: string) => kinesis.putRecord('minutes', key, Buffer.from(text), anybody);
  for (const [key, text] of before) await put(key, text);
  const batches: string[][] = [];
  const objects: { bucket: string; key: string; body: string }[] = [];
  const invoke = async (_: string, event: string): Promise<InvocationResult> => {
    const records = seen(event);
    batches.push(records.map(({ text }) => text));
    try {
      const answer = await handle(records, event);
      if (answer === THROTTLE) return { outcome: 'throttled', requestId: 'r' };
      return { outcome: 'returned', text: JSON.stringify(answer ?? null), requestId: 'r' };
    } catch (error) {
      const fault = { errorType: 'Error', errorMessage: (error as Error).message };
      return { outcome: 'failed', fault, requestId: 'r' };
    }
  };
  const sources: EventSources = await startEventSources({
    guard: openGuard,
    dataDir,
    mappings: [{ ...MAPPING, ...mapping }],
    kinesis,
    lambda: { invoke, titleOf: functionNameOf, roleOf: () => anybody },
    failures: {
      putObject: async (bucket, key, body) => objects.push({ bucket, key, body }),
      checkLister: () => {},
    },
    backoff: { firstMs: 1, maxMs: 5 },
    now,
  });
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await sources.stop();
    await kinesis.stop();
  };
  afterTest(stop);
  return { dataDir, kinesis, put, batches, objects, sources, stop };
};

const lettered = (letters: string): (readonly [string, string])[] => [...letters].map((letter) => ['3', letter]);

describe('Kinesis event source mapping', () => {
  it('gives the function the event that AWS gives it', async () => {
    let event = '';
    const { put, sources } = await start((_, text) => {
      event = text;
    });
    const id = await put('3 "quoted"', 'hello');
    await sources.settled();
    expect(JSON.parse(event)).toEqual({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey: '3 "quoted"',
            sequenceNumber: id,
            data: Buffer.from('hello').toString('base64'),
            approximateArrivalTimestamp: expect.closeTo(Date.now() / 1000, -2),
          },
          eventSource: 'aws:kinesis',
          eventVersion: '1.0',
          eventID: `shardId-000000000000:${id}`,
          eventName: 'aws:kinesis:record',
          invokeIdentityArn: 'arn:aws:iam::000000000000:role/validate',
          awsRegion: 'us-east-1',
          eventSourceARN: STREAM,
        },
      ],
    });
  });

  it('keeps the order of each partition key with several shards and lanes, and never runs two batches of a key at once', async () => {
    const order = new Map<string, number[]>();
    const busy = new Set<string>();
    let overlaps = 0;
    let atOnce = 0;
    let most = 0;
    const { put, sources } = await start(
      async (records) => {
        const keys = new Set(records.map(({ key }) => key));
        for (const key of keys) if (busy.has(key)) overlaps++;
        for (const key of keys) busy.add(key);
        most = Math.max(most, ++atOnce);
        await sleep(Math.random() * 3);
        for (const { key, text } of records) order.set(key, [...(order.get(key) ?? []), Number(text)]);
        for (const key of keys) busy.delete(key);
        atOnce--;
      },
      { shards: 2, parallelizationFactor: 4, batchSize: 7 },
    );
    const keys = Array.from({ length: 12 }, (_, i) => `facility-${i}`);
    for (let i = 0; i < 40; i++) await Promise.all(keys.map((key) => put(key, String(i))));
    await sources.settled();
    expect(overlaps).toBe(0);
    expect(most).toBeGreaterThan(1);
    const expected = Array.from({ length: 40 }, (_, i) => i);
    expect(keys.map((key) => order.get(key))).toEqual(keys.map(() => expected));
    expect(sources.counters()[0]).toMatchObject({ records: 480, errors: 0, function: 'validate', stream: 'minutes' });
  });

  it('waits for its batching window to fill a batch, and not when the batch is full', async () => {
    const { put, batches, sources } = await start(() => null, { batchSize: 3, batchingWindowSeconds: 0.5 });
    for (const text of ['a', 'b', 'c', 'd']) await put('3', text);
    await sources.settled();
    expect(batches).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('cuts a batch so that the event stays under 6 MB', async () => {
    const sizes: number[] = [];
    const megabyte = 'x'.repeat(1024 * 1024 - 10);
    const { sources } = await start((_, event) => void sizes.push(event.length), {
      before: Array.from({ length: 6 }, () => ['3', megabyte] as const),
    });
    await sources.settled();
    // A record is 1.33 MB of base64, so four of them fit.
    expect(sizes).toHaveLength(2);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(6 * 1024 * 1024);
    expect(sources.counters()[0]!.records).toBe(6);
  });

  it('takes the lowest reported sequence number as the checkpoint and sends the rest again', async () => {
    let failures = 0;
    const { batches, sources, objects } = await start(
      (records) => {
        const bad = records.filter(({ text }) => text === 'd' || text === 'c');
        if (bad.length === 2 && failures++ < 1) {
          return { batchItemFailures: bad.toReversed().map(({ id }) => ({ itemIdentifier: id })) };
        }
        return { batchItemFailures: [] };
      },
      { before: lettered('abcde') },
    );
    await sources.settled();
    expect(batches).toEqual([[...'abcde'], [...'cde']]);
    expect(objects).toEqual([]);
    expect(sources.counters()[0]).toMatchObject({ records: 5, batches: 2, errors: 1 });
  });

  it.each([
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['null as an identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['a misspelt key', { batchItemFailures: [{ itemidentifier: '1' }] }],
    ['an identifier of no record in the batch', { batchItemFailures: [{ itemIdentifier: '4711' }] }],
  ])('takes %s as failure of the whole batch', async (_, answer) => {
    let first = true;
    const { batches, sources } = await start(
      () => {
        if (!first) return null;
        first = false;
        return answer;
      },
      { before: lettered('abc') },
    );
    await sources.settled();
    expect(batches).toEqual([[...'abc'], [...'abc']]);
  });

  it.each([
    ['nothing', undefined],
    ['an empty list', { batchItemFailures: [] }],
    ['null as list', { batchItemFailures: null }],
  ])('takes %s as success of the whole batch', async (_, answer) => {
    const { batches, sources } = await start(() => answer, { before: lettered('abc') });
    await sources.settled();
    expect(batches).toEqual([[...'abc']]);
  });

  it('tries a failing batch as often as the mapping says, then keeps it in S3 whole and goes on', async () => {
    const { put, batches, objects, sources } = await start(
      (records) => {
        if (records.some(({ text }) => text === 'bad')) throw new Error('cannot');
      },
      {
        before: [
          ['3', 'good'],
          ['3', 'bad'],
        ],
        maximumRetryAttempts: 2,
      },
    );
    await sources.settled();
    await put('3', 'later');
    await sources.settled();
    expect(batches).toEqual([['good', 'bad'], ['good', 'bad'], ['good', 'bad'], ['later']]);
    expect(sources.counters()[0]).toMatchObject({ records: 1, errors: 3, discardedBatches: 1, discardedRecords: 2 });
    const [object] = objects;
    expect(object).toMatchObject({ bucket: 'failed' });
    expect(object!.key).toMatch(
      /^aws\/lambda\/11111111-2222-3333-4444-555555555555\/shardId-000000000000\/\d{4}\/\d\d\/\d\d\/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}$/,
    );
    const record = JSON.parse(object!.body);
    expect(record).toMatchObject({
      version: '1.0',
      requestContext: {
        functionArn: MAPPING.target,
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 3,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      KinesisBatchInfo: { shardId: 'shardId-000000000000', batchSize: 2, streamArn: STREAM },
    });
    expect(seen(record.payload).map(({ text }) => text)).toEqual(['good', 'bad']);
    expect(record.KinesisBatchInfo.endSequenceNumber).toBe(seen(record.payload)[1]!.id);
  });

  it('isolates a poison record by bisecting, without using up retries for that', async () => {
    const taken: string[] = [];
    const { batches, objects, sources } = await start(
      (records) => {
        if (records.some(({ text }) => text === 'f')) throw new Error('poison');
        taken.push(...records.map(({ text }) => text));
      },
      { before: lettered('abcdefgh'), bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 },
    );
    await sources.settled();
    expect(taken.join('')).toBe('abcdegh');
    expect(objects.map(({ body }) => seen(JSON.parse(body).payload).map(({ text }) => text))).toEqual([['f']]);
    expect(batches.map((batch) => batch.join(''))).toEqual(['abcdefgh', 'abcd', 'efgh', 'ef', 'e', 'f', 'f', 'gh']);
  });

  it('bisects a reported failure at the record reported, and in the middle when that is the first', async () => {
    const { batches, objects, sources } = await start(
      (records) => {
        const bad = records.find(({ text }) => text === 'c');
        return bad && { batchItemFailures: [{ itemIdentifier: bad.id }] };
      },
      { before: lettered('abcde'), bisectBatchOnFunctionError: true, maximumRetryAttempts: 0 },
    );
    await sources.settled();
    expect(batches.map((batch) => batch.join(''))).toEqual(['abcde', 'cde', 'cd', 'c', 'd', 'e']);
    expect(objects.map(({ body }) => seen(JSON.parse(body).payload).map(({ text }) => text))).toEqual([['c']]);
  });

  it('does not count throttles as retries', async () => {
    let throttles = 0;
    const { objects, sources } = await start(() => (throttles++ < 5 ? THROTTLE : null), {
      before: lettered('abc'),
      maximumRetryAttempts: 0,
    });
    await sources.settled();
    expect(objects).toEqual([]);
    expect(sources.counters()[0]).toMatchObject({ records: 3, throttles: 5, errors: 0 });
  });

  it('gives up records that are older than the mapping allows, also before their first invocation', async () => {
    let now = Date.UTC(2026, 0, 1);
    const dataDir = temporaryFolder();
    const first = await start(() => null, { dataDir, now: () => now });
    await first.stop();
    const stream = await startKinesis({
      guard: openGuard,
      dataDir,
      now: () => now,
      streams: [{ name: 'minutes', arn: STREAM, shards: 1, retentionHours: 24 }],
    });
    await stream.putRecord('minutes', '3', Buffer.from('old'), anybody);
    now += 7_200_000;
    await stream.putRecord('minutes', '3', Buffer.from('young'), anybody);
    await stream.stop();
    const { batches, objects, sources } = await start(() => null, {
      dataDir,
      now: () => now,
      maximumRecordAgeSeconds: 3600,
    });
    await sources.settled();
    expect(batches).toEqual([['young']]);
    const record = JSON.parse(objects[0]!.body);
    expect(record.requestContext).toMatchObject({ condition: 'RecordAgeExceeded' });
    expect(seen(record.payload).map(({ text }) => text)).toEqual(['old']);
  });

  it('gives a failing batch up when its records get too old, whatever retries are left', async () => {
    let now = Date.UTC(2026, 0, 1);
    const { objects, batches, sources } = await start(
      () => {
        now += 600_000;
        throw new Error('down');
      },
      { now: () => now, maximumRecordAgeSeconds: 3600, maximumRetryAttempts: 10_000, before: lettered('a') },
    );
    await sources.settled();
    // An attempt takes 10 minutes of this clock: the seventh would begin after an hour.
    expect(batches).toHaveLength(7);
    expect(JSON.parse(objects[0]!.body).requestContext).toMatchObject({
      condition: 'RecordAgeExceeded',
      approximateInvokeCount: 7,
    });
  });

  it('holds up only the lane of a failing key', async () => {
    let healed = false;
    const taken: string[] = [];
    const { put, sources } = await start(
      (records) => {
        if (!healed && records.some(({ key }) => key === 'sick')) throw new Error('down');
        taken.push(...records.map(({ text }) => text));
      },
      { parallelizationFactor: 8, maximumRetryAttempts: 1_000_000 },
    );
    await put('sick', 'sick');
    for (let i = 0; i < 40; i++) await put(`facility-${i}`, String(i));
    // With 8 lanes a few of the 40 keys share the sick one's.
    await eventually(() => taken.length > 25);
    expect(taken).not.toContain('sick');
    expect(sources.quiet).toBe(false);
    healed = true;
    await sources.settled();
    expect(taken).toHaveLength(41);
  });

  it('goes on from its checkpoint after a restart', async () => {
    const first = await start(() => null, { before: lettered('abc') });
    await first.sources.settled();
    await first.stop();
    expect(JSON.parse(readFileSync(join(first.dataDir, 'event-sources', `${MAPPING.id}.json`), 'utf8'))).toEqual({
      'shardId-000000000000': [3],
    });
    const second = await start(() => null, { dataDir: first.dataDir, before: lettered('de') });
    await second.sources.settled();
    expect(second.batches).toEqual([['d', 'e']]);
  });

  it('leaves out nothing when the number of lanes has changed at a restart', async () => {
    const keys = ['1', '2', '3', '4', '5', '6'];
    const first = await start(
      (records) => {
        if (records.some(({ key }) => key === '1')) throw new Error('down');
      },
      { before: keys.map((key) => [key, key] as const), parallelizationFactor: 2, maximumRetryAttempts: 1_000_000 },
    );
    await eventually(() => first.sources.counters()[0]!.records > 0);
    await first.stop();
    const second = await start(() => null, { dataDir: first.dataDir, parallelizationFactor: 3 });
    await second.sources.settled();
    expect(new Set([...first.batches.flat(), ...second.batches.flat()])).toEqual(new Set(keys));
    expect(second.batches.flat()).toContain('1');
  });

  it('starts a new mapping at the end of the stream when the template says LATEST', async () => {
    const { put, batches, sources } = await start(() => null, {
      startingPosition: 'LATEST',
      before: lettered('abc'),
    });
    await put('3', 'd');
    await sources.settled();
    expect(batches).toEqual([['d']]);
  });

  it('keeps a batch that the destination does not take until it does', async () => {
    const dataDir = temporaryFolder();
    const kinesis = await startKinesis({
      guard: openGuard,
      dataDir,
      streams: [{ name: 'minutes', arn: STREAM, shards: 1, retentionHours: 24 }],
    });
    let refusals = 2;
    const bodies: string[] = [];
    const sources = await startEventSources({
      guard: openGuard,
      dataDir,
      mappings: [{ ...MAPPING, maximumRetryAttempts: 0 }],
      kinesis,
      lambda: {
        titleOf: functionNameOf,
        roleOf: () => anybody,
        invoke: async () => ({ outcome: 'failed', fault: { errorType: 'E', errorMessage: 'e' }, requestId: 'r' }),
      },
      failures: {
        putObject: async (_, __, body) => {
          if (refusals-- > 0) throw new Error('bucket is away');
          bodies.push(body);
        },
        checkLister: () => {},
      },
      backoff: { firstMs: 1, maxMs: 2 },
    });
    await kinesis.putRecord('minutes', '3', Buffer.from('a'), anybody);
    await sources.settled();
    expect(bodies).toHaveLength(1);
    await sources.stop();
    await kinesis.stop();
  });
});
