import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RawRecord } from '#adapters/kinesis-stream';
import { MOST_KEYS, type RecoveryRequest, recoveryAnswer } from '#core/contracts/recovery';
import { failedMessage } from '../../functions/recover-records/error-action.ts';
import { failedBatch } from '../../functions/recover-records/failed-batch.ts';
import { makeHandler } from '../../functions/recover-records/handler.ts';
import { context, envelopeOf } from './events.ts';

const streamArn = (name: string) => `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`;

/** Buckets and streams in memory, and the function over them. */
const world = (objects: Readonly<Record<string, string | Buffer>> = {}) => {
  const failed = new Map(Object.entries(objects).map(([key, body]) => [key, Buffer.from(body)]));
  const landing = new Map(failed);
  const put: { readonly stream: string; readonly key: string; readonly data: string }[] = [];
  const faults = { refuses: (_: RawRecord): boolean => false, moves: true, closed: '' };
  const clock = { now: 0, aPut: 0 };
  const stream = (name: string) => ({
    put: async (records: readonly RawRecord[]) => {
      clock.now += clock.aPut;
      for (const record of records) {
        if (faults.refuses(record)) throw new Error(`${name} refuses`);
        put.push({ stream: name, key: record.key, data: Buffer.from(record.data).toString() });
      }
    },
  });
  const handler = makeHandler({
    failed: {
      read: async (key) => failed.get(key),
      move: async (key, to, body) => {
        if (!faults.moves) throw new Error('away');
        failed.set(to, Buffer.from(body));
        failed.delete(key);
      },
    },
    landing: {
      read: async (key) => {
        if (key === faults.closed)
          throw Object.assign(new Error('Access Denied'), { $metadata: { httpStatusCode: 403 } });
        return landing.get(key);
      },
    },
    measurementsStream: 'measurements',
    streams: new Map(['measurements', 'validated', 'emissions'].map((name) => [name, stream(name)])),
    now: () => clock.now,
  });
  const ask = async (request: Partial<RecoveryRequest> & Pick<RecoveryRequest, 'from' | 'keys'>) => {
    const answer = recoveryAnswer.parse(await handler(request, context));
    const named = [...answer.putBack, ...answer.failures].map(({ key }) => key);
    expect([...named, ...answer.gone, ...answer.notTried].sort()).toEqual([...request.keys].sort());
    return answer;
  };
  return { failed, landing, put, faults, clock, handler, ask };
};

const message = (facility: string, received: number): readonly [key: string, body: string] => [
  `iot-failed/${facility}/${received}-x`,
  JSON.stringify({
    topic: `emissionwatch/v1/${facility}/agent/minutes`,
    base64OriginalPayload: Buffer.from(`minute ${received}`).toString('base64'),
  }),
];
const batch = (stream: string, ...data: readonly string[]) =>
  JSON.stringify({
    KinesisBatchInfo: { streamArn: streamArn(stream), batchSize: data.length },
    payload: JSON.stringify({
      Records: data.map((text) => ({
        kinesis: { partitionKey: 'F1', data: Buffer.from(text).toString('base64') },
      })),
    }),
  });
const T = 1_700_000_000_000;
const messages = (count: number) => Array.from({ length: count }, (_, i) => message('F1', T + i));
const keysOf = (entries: readonly (readonly [string, unknown])[]) => entries.map(([key]) => key);

describe('what failed', () => {
  it('goes back on the stream it came from, and then to redriven/', async () => {
    const entries = [message('F1', T), ['aws/lambda/m/s/t', batch('emissions', 'one', 'two')]] as const;
    const { ask, put, failed } = world(Object.fromEntries(entries));
    expect(await ask({ from: 'failed', keys: keysOf(entries) })).toMatchObject({ failures: [], refusing: false });
    expect(put.map(({ stream, key }) => [stream, key])).toEqual([
      ['measurements', 'F1'],
      ['emissions', 'F1'],
      ['emissions', 'F1'],
    ]);
    expect([...failed.keys()].sort()).toEqual(
      keysOf(entries)
        .map((key) => `redriven/${key}`)
        .sort(),
    );
  });

  it('is only read with dryRun', async () => {
    const entries = messages(3);
    const { ask, put, failed } = world(Object.fromEntries(entries));
    expect((await ask({ from: 'failed', keys: keysOf(entries), dryRun: true })).putBack).toHaveLength(3);
    expect([put.length, [...failed.keys()]]).toEqual([0, keysOf(entries)]);
  });

  it('stays where it is until each of its records is accepted, whatever is refused, moved or gone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('good', 'refused', 'gone', 'bad'), { minLength: 1, maxLength: MOST_KEYS }),
        async (kinds) => {
          const entries = kinds.map(
            (kind, i) => [`aws/lambda/${i}`, kind === 'bad' ? '?' : batch('validated', `${kind} ${i}`, 'x')] as const,
          );
          const { ask, put, failed, faults } = world(Object.fromEntries(entries.filter((_, i) => kinds[i] !== 'gone')));
          faults.refuses = ({ data }) => Buffer.from(data).toString().startsWith('refused');
          await ask({ from: 'failed', keys: keysOf(entries) });
          const accepted = new Set(put.map(({ data }) => data));
          for (const [i, kind] of kinds.entries())
            if (kind !== 'gone')
              expect([kind, failed.has(`aws/lambda/${i}`)]).toEqual([kind, !accepted.has(`good ${i}`)]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('that is on its stream and could not be moved is a failure, for it will go back again', async () => {
    const entries = messages(1);
    const { ask, put, faults } = world(Object.fromEntries(entries));
    faults.moves = false;
    const { failures } = await ask({ from: 'failed', keys: keysOf(entries) });
    expect(failures).toEqual([
      { key: entries[0]![0], why: expect.stringContaining('it will be put back again: away') },
    ]);
    expect(put).toHaveLength(1);
  });

  it('is not tried any more after the streams refused three objects in a row', async () => {
    const entries = messages(20);
    const { ask, faults } = world(Object.fromEntries(entries));
    faults.refuses = ({ data }) => !JSON.parse(Buffer.from(data).toString()).received.toString().endsWith('1');
    const answer = await ask({ from: 'failed', keys: keysOf(entries) });
    expect(answer).toMatchObject({ refusing: true, notTried: keysOf(entries).slice(5) });
    expect(answer.failures).toHaveLength(4);
  });

  it('is not begun with after a minute, but for the first of a request', async () => {
    const entries = messages(20);
    const { ask, clock } = world(Object.fromEntries(entries));
    clock.aPut = 25_000;
    expect(await ask({ from: 'failed', keys: keysOf(entries) })).toMatchObject({
      refusing: false,
      notTried: keysOf(entries).slice(3),
    });
    clock.aPut = 100_000;
    const rest = keysOf(entries).slice(3);
    expect((await ask({ from: 'failed', keys: rest })).notTried).toEqual(rest.slice(1));
  });
});

describe('a quarantined record', () => {
  const quarantined = (record: string | Buffer, code = 'UNKNOWN_SOURCE') =>
    [`quarantine/${code}/${createHash('sha256').update(record).digest('hex')}.json`, record] as const;

  it('goes back on the measurements stream as it was received, in the order of its facility', async () => {
    const record = envelopeOf('P1', 'x');
    const [key] = quarantined(record);
    const { ask, put } = world({ [key]: record });
    expect(await ask({ from: 'quarantine', keys: [key], dryRun: true })).toMatchObject({ putBack: [{ key }] });
    expect(put).toEqual([]);
    expect(await ask({ from: 'quarantine', keys: [key] })).toMatchObject({ putBack: [{ key, records: 1 }] });
    expect(put).toEqual([{ stream: 'measurements', key: 'P1', data: record }]);
  });

  it.each(['no envelope', '{"facility":1}', JSON.stringify({ facility: 'x'.repeat(300) })])(
    'that is no envelope goes back in no order: %s',
    async (record) => {
      const [key] = quarantined(record, 'BAD_ENVELOPE');
      const { ask, put } = world({ [key]: record });
      await ask({ from: 'quarantine', keys: [key] });
      expect(put[0]!.key).toMatch(/^[0-9a-f]{64}$/);
    },
  );

  it('that is not text is still known by its bytes', async () => {
    const [key, record] = quarantined(Buffer.from([0xff, 0xfe, 0x00]), 'BAD_ENVELOPE');
    expect(await world({ [key]: record }).ask({ from: 'quarantine', keys: [key] })).toMatchObject({ failures: [] });
  });

  it('is left where it is when its bytes are not those of its id, is missing, or has no id', async () => {
    const [good, record] = quarantined(envelopeOf('P1', 'good'));
    const [changed] = quarantined(envelopeOf('P1', 'changed'));
    const [missing] = quarantined(envelopeOf('P1', 'missing'));
    const unnamed = 'quarantine/UNKNOWN_SOURCE/x.json';
    const { ask, put } = world({ [good]: record, [changed]: envelopeOf('P1', 'forged'), [unnamed]: 'x' });
    const answer = await ask({ from: 'quarantine', keys: [changed, missing, unnamed, good] });
    expect(answer.failures.map(({ why }) => why)).toEqual([
      expect.stringContaining('its SHA-256 is another'),
      expect.stringContaining('is not in the landing bucket'),
      expect.stringContaining('does not end with the id of a record'),
    ]);
    expect(put.map(({ data }) => data)).toEqual([record]);
  });

  it('does not hold up the others when it may not be read: so S3 answers for a missing one', async () => {
    const [good, record] = quarantined(envelopeOf('P1', 'good'));
    const [closed] = quarantined(envelopeOf('P1', 'closed'));
    const { ask, put, faults } = world({ [good]: record });
    faults.closed = closed;
    const { failures } = await ask({ from: 'quarantine', keys: [closed, good] });
    expect(failures).toEqual([
      { key: closed, why: `${closed} is not in the landing bucket, or may not be read (Access Denied)` },
    ]);
    expect(put).toHaveLength(1);
  });

  it('that the stream refuses is an error, so that nobody takes it for put back', async () => {
    const [key, record] = quarantined(envelopeOf('P1', 'x'));
    const { handler, faults } = world({ [key]: record });
    faults.refuses = () => true;
    await expect(handler({ from: 'quarantine', keys: [key] }, context)).rejects.toThrow('measurements refuses');
  });
});

describe('nothing but keys of what lies in the buckets can be given', () => {
  const key = 'iot-failed/F1/1700000000000-x';
  it.each([
    ['a record', { from: 'failed', keys: [key], records: [{ key: 'F1', data: 'x' }] }],
    ['a record and no key', { from: 'failed', keys: [], data: 'x' }],
    ['a stream', { from: 'failed', keys: [key], streamName: 'measurements' }],
    ['another bucket', { from: 'landing', keys: ['quarantine/x'] }],
    ['an object that was put back', { from: 'failed', keys: [`redriven/${key}`] }],
    ['evidence', { from: 'quarantine', keys: ['measurements/2026/01/01/00/shard-1.ndjson'] }],
    ['a quarantined record as a failed object', { from: 'failed', keys: ['quarantine/FUTURE/x.json'] }],
    ['a failed object as a quarantined record', { from: 'quarantine', keys: [key] }],
    ['no key', { from: 'failed', keys: [] }],
    ['more keys than fit', { from: 'failed', keys: Array.from({ length: MOST_KEYS + 1 }, () => key) }],
    ['a key longer than S3 has', { from: 'failed', keys: [`iot-failed/${'x'.repeat(1024)}`] }],
    ['nothing', undefined],
  ])('%s is refused', async (_, event) => {
    const { handler, put } = world(Object.fromEntries(messages(1)));
    expect(await handler(event, context)).toEqual({ refused: expect.stringMatching(/^the request cannot be read: ./) });
    expect(put).toEqual([]);
  });
});

describe('what is not a failed message of this system is refused', () => {
  const action = (change: object) =>
    Buffer.from(JSON.stringify({ topic: 'emissionwatch/v1/F1/a/minutes', base64OriginalPayload: 'AA==', ...change }));
  const key = 'iot-failed/F1/1700000000000-x';

  it('but one is taken with and without the Basic Ingest prefix of its topic', () => {
    const taken = failedMessage(key, action({}), 'measurements');
    expect(taken).toEqual(
      failedMessage(key, action({ topic: '$aws/rules/r/emissionwatch/v1/F1/a/minutes' }), 'measurements'),
    );
    expect(Buffer.from(taken.records[0]!.data).toString()).toBe(
      '{"payload":"AA==","facility":"F1","thing":"a","received":1700000000000}',
    );
  });

  it.each([
    [key, { topic: 'emissionwatch/v1/F1/a/hours' }, /is not one that edge agents publish minutes to/],
    [key, { topic: 'emissionwatch/v1/F2/a/minutes' }, /its key should begin with iot-failed\/F2\//],
    ['iot-failed/F1/x', {}, /the time of arrival/],
    [key, { base64OriginalPayload: '?' }, /base64OriginalPayload/],
    [key, { topic: 1 }, /topic/],
  ])('%s %j', (at, change, reason) => {
    expect(() => failedMessage(at, action(change), 'measurements')).toThrow(reason);
  });

  it.each([
    [
      { KinesisBatchInfo: { streamArn: streamArn('other'), batchSize: 1 } },
      /stream other is not one of this deployment/,
    ],
    [{ KinesisBatchInfo: { streamArn: streamArn('validated'), batchSize: 2 } }, /it says 2 records and has 1/],
    [{ payload: undefined }, /payload/],
    [{ payload: '{"Records":[]}' }, /Records/],
  ])('a batch with %j', (change, reason) => {
    const Records = [{ kinesis: { partitionKey: 'F1', data: 'AA==' } }];
    const whole = {
      KinesisBatchInfo: { streamArn: streamArn('validated'), batchSize: 1 },
      payload: JSON.stringify({ Records }),
      ...change,
    };
    expect(() => failedBatch(Buffer.from(JSON.stringify(whole)), ['validated'])).toThrow(reason);
  });
});
