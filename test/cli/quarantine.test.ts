import { gzipSync } from 'node:zlib';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sha256 } from '#adapters/data-api-audit';
import { addFacility } from '#adapters/data-api-facilities';
import { applyPlan, dataApiPlans } from '#adapters/data-api-plans';
import { dataApiQuarantine } from '#adapters/data-api-quarantine';
import type { QuarantineEntry } from '#adapters/data-api-reprocessing';
import { s3Landing } from '#adapters/s3-landing';
import type { RecoveryAnswer, RecoveryRequest } from '#core/contracts/recovery';
import { openRecord } from '../../cli/recovery/quarantined-record.ts';
import { reprocess } from '../../cli/recovery/reprocess.ts';
import { makeHandler } from '../../functions/validate-measurements/handler.ts';
import { context, envelopeOf, kinesisEvent } from '../functions/events.ts';
import { plant } from '../functions/plant.ts';
import { type TestDeployment, testDeployment } from './test-deployment.ts';

// Each command is a process of its own, and a busy machine takes its time to start one.
vi.setConfig({ testTimeout: 120_000 });

let deployment: TestDeployment;
let landing: S3Client;
beforeAll(async () => {
  deployment = await testDeployment();
  landing = new S3Client({
    region: 'us-east-1',
    endpoint: deployment.s3.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});
afterAll(async () => {
  landing.destroy();
  await deployment.stop();
});

const message = (change: object = {}) => ({
  v: 1,
  start: '2026-01-05T11:00Z',
  minutes: 1,
  channels: ['gas', 'nox', 'o2'],
  sources: [{ source: 'A', firedSeconds: [60], grossLoad: [100], readings: [10_000, 25, 15], statuses: 'VVV' }],
  ...change,
});

/** validate-measurements as deployed, for what came since the last time; returns what it passed on. */
let validatedUntil = 0;
const validate = async (): Promise<string[]> => {
  const records = (await deployment.records('measurements')).slice(validatedUntil);
  validatedUntil += records.length;
  const passed: string[] = [];
  const database = deployment.database.as('validate_measurements');
  const handler = makeHandler({
    landing: s3Landing('landing', landing),
    plans: dataApiPlans(database),
    quarantine: dataApiQuarantine(database),
    validated: { put: async (all) => void passed.push(...all.map(({ data }) => data)) },
    now: () => Date.UTC(2026, 0, 5, 12),
  });
  if (records.length > 0) await handler(kinesisEvent(records, validatedUntil), context);
  return passed;
};
const arrive = async (key: string, data: string) => {
  await deployment.kinesis.putRecord('measurements', key, Buffer.from(data), { arn: 'anybody' });
  return validate();
};
const list = async (...args: string[]) =>
  (await deployment.json('quarantine', 'list', ...args)).records as QuarantineEntry[];
const reasonOf = async (id: string) => (await list()).find(({ recordId }) => recordId === id);

describe('a message of a facility that nobody knows', () => {
  const record = envelopeOf('P1', message());
  const id = sha256(record);

  it('is listed with its reason', async () => {
    await arrive('P1', record);
    expect(await list('--code', 'UNKNOWN_FACILITY', '--facility', 'P1')).toMatchObject([
      { recordId: id, code: 'UNKNOWN_FACILITY', state: 'open', attempts: 0, received: '2023-11-14T22:13:20.000Z' },
    ]);
    expect(await list('--code', 'FUTURE')).toEqual([]);
    expect(await list('--since', '2100-01-01')).toEqual([]);
    const { stdout } = await deployment.ew('quarantine', 'list');
    expect(stdout).toContain(`${id.slice(0, 12)}`);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('is shown opened, by the beginning of its id', async () => {
    const { stdout } = await deployment.ew('quarantine', 'show', id.slice(0, 8));
    expect(stdout).toMatch(/code +UNKNOWN_FACILITY: no monitoring plan is known for the facility of\n +the topic\n/);
    expect(stdout).toMatch(/thing +edge-P1\n/);
    expect(stdout).toMatch(/minutes +1 from "2026-01-05T11:00Z"\nchannels +gas, nox, o2\nsources +A\n/);
    expect(await deployment.json('quarantine', 'show', id)).toMatchObject({
      opened: { message: message(), facility: 'P1' },
    });
    const { code, stderr } = await deployment.ew('quarantine', 'show', '000000');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('no quarantined record begins with 000000'),
    });
  });

  it('put back before its cause is removed is open again, with its new reason', async () => {
    await deployment.database
      .as('operator')
      .transaction((execute) =>
        addFacility(execute, { facility: 'P1', name: 'P1', orisCode: null, utcOffsetMinutes: 0 }),
      );
    expect(await deployment.json('quarantine', 'reprocess', id.slice(0, 12), '--why', 'facility added')).toMatchObject({
      records: 1,
      putBack: [id],
      failures: [],
    });
    expect(await list()).toEqual([]);
    expect(await validate()).toEqual([]);
    expect(await reasonOf(id)).toMatchObject({ code: 'UNKNOWN_SOURCE', state: 'open', attempts: 1 });
  });

  it('put back after its cause is removed is taken, byte for byte as it was received', async () => {
    await applyPlan(deployment.database.as('owner'), plant('P1', ['A']));
    await deployment.ew('quarantine', 'reprocess', '--facility', 'P1', '--why', 'plan applied');
    expect((await deployment.records('measurements')).at(-1)).toEqual({ key: 'P1', data: record });
    const passed = await validate();
    expect(passed.map((data) => JSON.parse(data))).toMatchObject([{ facility: 'P1', start: '2026-01-05T11:00Z' }]);
    expect(await list()).toEqual([]);
    expect(await list('--all')).toMatchObject([{ recordId: id, state: 'reprocessed', attempts: 2 }]);
    const [entry] = (await deployment.json('audit', 'list', '--limit', '1')).entries as object[];
    expect(entry).toMatchObject({
      action: 'quarantine reprocess',
      subject: id,
      why: 'plan applied',
      before: { records: 1, ids: [id.slice(0, 12)] },
      after: { putBack: 1, failed: 0 },
    });
  });

  it('that arrives a second time from the plant is judged anew', async () => {
    expect(await arrive('P1', record)).toHaveLength(1);
    expect(await list()).toEqual([]);
  });
});

describe('reprocessing', () => {
  it('leaves alone a record that is not in the landing bucket as it was quarantined, and ends with 1', async () => {
    const record = envelopeOf('P8', message());
    await arrive('P8', record);
    const [{ objectKey } = { objectKey: '' }] = await list('--facility', 'P8');
    await s3Landing('landing', landing).put(objectKey, record.replace('edge', 'ebbe'), 'application/json');
    const { code, stdout } = await deployment.ew('quarantine', 'reprocess', '--facility', 'P8', '--why', 'w');
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining('is not the record that was quarantined'),
    });
    expect(await list('--facility', 'P8')).toMatchObject([{ state: 'open', attempts: 0 }]);
  });

  it('has nothing to do where nothing is quarantined', async () => {
    expect(await deployment.json('quarantine', 'reprocess', '--code', 'FUTURE', '--why', 'w')).toMatchObject({
      records: 0,
      putBack: [],
    });
  });

  const entry = (text: string): QuarantineEntry => ({
    recordId: sha256(text),
    code: 'FUTURE',
    reason: '',
    facility: null,
    thing: null,
    received: null,
    quarantinedAt: '',
    objectKey: text,
    state: 'open',
    attempts: 0,
  });

  /** Does what it is asked, and says so. */
  const asked =
    (steps: string[], putBack = ({ keys }: RecoveryRequest) => keys) =>
    async (request: RecoveryRequest) => {
      steps.push(`${request.dryRun ? 'look at' : 'put'} ${request.keys.join()}`);
      const good = putBack(request);
      return {
        v: 1,
        putBack: good.map((key) => ({ key, records: 1 })),
        gone: [],
        failures: request.keys.filter((key) => !good.includes(key)).map((key) => ({ key, why: 'bad' })),
        notTried: [],
        refusing: false,
      } satisfies RecoveryAnswer;
    };
  const noted = (steps: string[]) => ({
    mark: async (ids: readonly string[]) => void steps.push(`mark ${ids.length}`),
    putBack: async (ids: readonly string[]) => void steps.push(`back ${ids.length}`),
    stop: new AbortController().signal,
    progress: () => {},
  });

  it('marks records before they are on the stream, and says that they are back only after', async () => {
    const steps: string[] = [];
    const result = await reprocess(['a', 'b'].map(entry), { ask: asked(steps), ...noted(steps) });
    expect(steps).toEqual(['look at a,b', 'mark 2', 'put a,b', 'back 2']);
    expect(result).toEqual({ putBack: [sha256('a'), sha256('b')], failures: [], notTried: 0 });
  });

  it('leaves a record unmarked that cannot be put back', async () => {
    const steps: string[] = [];
    const ask = asked(steps, ({ keys }) => keys.filter((key) => key !== 'b'));
    const result = await reprocess(['a', 'b'].map(entry), { ask, ...noted(steps) });
    expect(steps).toEqual(['look at a,b', 'mark 1', 'put a', 'back 1']);
    expect(result).toMatchObject({ putBack: [sha256('a')], failures: [{ recordId: sha256('b'), why: 'bad' }] });
  });

  it('that the stream refuses keeps the mark, so that nothing is taken for put back', async () => {
    const steps: string[] = [];
    const look = asked(steps);
    const ask = (request: RecoveryRequest) => (request.dryRun ? look(request) : Promise.reject(new Error('refused')));
    await expect(reprocess([entry('a')], { ask, ...noted(steps) })).rejects.toThrow('refused');
    expect(steps).toEqual(['look at a', 'mark 1']);
  });

  it('does not begin with more after Ctrl-C', async () => {
    const steps: string[] = [];
    const result = await reprocess([entry('a')], { ask: async () => undefined, ...noted(steps) });
    expect([result, steps]).toEqual([{ putBack: [], failures: [], notTried: 1 }, []]);
    const stopped = await reprocess([entry('a')], { ask: asked([]), ...noted(steps), stop: AbortSignal.abort() });
    expect([stopped, steps]).toEqual([{ putBack: [], failures: [], notTried: 1 }, []]);
  });
});

describe('a message that wants to write to the terminal of whoever looks at it', () => {
  const ESCAPES = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\r\nrm -rf';

  it('is listed and shown with its escape sequences spelled out', async () => {
    const record = envelopeOf('P7', message({ [ESCAPES]: 1, channels: [ESCAPES] }));
    await arrive('P7', record);
    const id = sha256(record);
    const shown = [
      await deployment.ew('quarantine', 'list'),
      await deployment.ew('quarantine', 'show', id),
      await deployment.ew('--json', 'quarantine', 'show', id),
    ];
    for (const { stdout, stderr } of shown) expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    expect(shown[1]!.stdout).toContain('\\u001b]0;owned\\u0007\\u001b[2J\\u009b31m\\u202e\\u000d\\u000arm');
    expect(JSON.parse(shown[2]!.stdout)).toMatchObject({ opened: { message: { channels: [ESCAPES] } } });
  });
});

describe('a quarantined record is opened as far as it can be', () => {
  const packed = (content: string | Buffer) =>
    Buffer.from(
      JSON.stringify({ payload: Buffer.from(content).toString('base64'), facility: 'P1', thing: 't', received: 1 }),
    );

  it.each([
    ['no envelope', Buffer.from('x'), /^the record is not what the topic rule writes/],
    ['an envelope without a payload', Buffer.from('{}'), /^the record is not what the topic rule writes/],
    ['no gzip', packed('plain'), /^the payload cannot be unpacked/],
    ['more than a message may have', packed(gzipSync(Buffer.alloc(2_000_000))), /^the payload cannot be unpacked/],
    ['no JSON', packed(gzipSync('{')), /^the message is not JSON/],
    ['a breach of the contract', packed(gzipSync(JSON.stringify(message({ minutes: 61 })))), /minutes/],
  ])('%s', (_, record, stoppedAt) => {
    expect(openRecord(record).stoppedAt).toMatch(stoppedAt);
  });

  it('and a sound one whole', () => {
    const opened = openRecord(packed(gzipSync(JSON.stringify(message()))));
    expect(opened.message).toEqual(message());
    expect(opened).not.toHaveProperty('stoppedAt');
  });
});
