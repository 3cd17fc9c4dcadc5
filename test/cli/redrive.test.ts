import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RecoveryAnswer, RecoveryRequest } from '#core/contracts/recovery';
import { redrive } from '../../cli/recovery/redrive.ts';
import { itemOf } from '../../local/services/event-source/batch.ts';
import { discardedObject } from '../../local/services/event-source/discarded.ts';
import { connectRaw } from '../local/iot/raw-client.ts';
import { anybody, streamArn, type TestDeployment, testDeployment } from './test-deployment.ts';

// Each command is a process of its own, and a busy machine takes its time to start one.
vi.setConfig({ testTimeout: 120_000 });

let deployment: TestDeployment;
beforeAll(async () => {
  deployment = await testDeployment();
});
afterAll(() => deployment.stop());

/** Streams and buckets are not emptied between tests: each looks at what came after it began. */
let marks: Record<'measurements' | 'validated', number>;
const added = async (stream: 'measurements' | 'validated') => (await deployment.records(stream)).slice(marks[stream]);
beforeEach(async () => {
  marks = {
    measurements: (await deployment.records('measurements')).length,
    validated: (await deployment.records('validated')).length,
  };
});
afterEach(async () => {
  deployment.faults.refuses = () => undefined;
  for (const { key } of deployment.s3.list('failed')) await deployment.removeObject('failed', key);
});

const put = (key: string, body: string) => deployment.s3.putObject('failed', key, body, anybody);
const lying = (prefix = '') =>
  deployment.s3
    .list('failed', prefix)
    .map(({ key }) => key)
    .filter((key) => prefix !== '' || !key.startsWith('redriven/'));

/** As the error action of the topic rule writes it. */
const refused = (facility: string, received: number, payload = `minute ${received}`) =>
  put(
    `iot-failed/${facility}/${received}-${crypto.randomUUID()}`,
    JSON.stringify({
      ruleName: 'emissionwatch_measurements',
      topic: `$aws/rules/emissionwatch_measurements/emissionwatch/v1/${facility}/agent-${facility}/minutes`,
      cloudwatchTraceId: 'x',
      clientId: `agent-${facility}`,
      base64OriginalPayload: Buffer.from(payload).toString('base64'),
      failures: [{ failedAction: 'KinesisAction', failedResource: 'measurements', errorMessage: 'refused' }],
    }),
  );

/** As Lambda writes a batch that ran out of retries. */
const batch = (stream: string, at: number, ...data: readonly Buffer[]) => {
  const item = itemOf({ shard: 0, shardId: 'shardId-000000000000', streamArn: streamArn(stream), role: 'role' });
  const { key, body } = discardedObject(
    {
      mappingId: '3f2a',
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
      streamArn: streamArn(stream),
      shardId: 'shardId-000000000000',
      items: data.map((bytes, i) => item({ position: i, arrival: at, key: `F${i}`, data: bytes })),
      condition: 'RetryAttemptsExhausted',
      invokeCount: 11,
      requestId: 'r',
      functionError: true,
    },
    at,
  );
  return put(key, body);
};

const T = Date.UTC(2026, 2, 1, 12);
const payloadsOf = (records: readonly { readonly data: string }[]) =>
  records.map(({ data }) => Buffer.from(JSON.parse(data).payload, 'base64').toString());

describe('redrive of messages that the stream refused', () => {
  it('puts the record on the stream that the topic rule would have put there, to the byte', async () => {
    const { iot, faults } = deployment;
    const files = await iot.registerDevice({ thing: 'agent-7', facility: 'F7', policyName: 'device' });
    const client = await connectRaw({ port: iot.port, caFile: iot.caFile, clientId: 'agent-7', ...files });
    faults.refuses = () => 'ProvisionedThroughputExceededException';
    const topic = '$aws/rules/emissionwatch_measurements/emissionwatch/v1/F7/agent-7/minutes';
    const payload = Buffer.from([0x1f, 0x8b, ...Array.from({ length: 256 }, (_, i) => i)]);
    await client.publishAll(topic, [payload]);
    await expect.poll(() => lying('iot-failed/F7/').length).toBe(1);
    await client.end();
    faults.refuses = () => undefined;

    const { code, stdout } = await deployment.ew('redrive');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1 object(s) with 1 record(s) went back on their streams\n' });
    const [record, ...others] = await added('measurements');
    expect(others).toEqual([]);
    expect(record).toEqual(deployment.ruleTried.at(-1));
    expect(lying()).toEqual([]);
    expect(lying('redriven/iot-failed/F7/')).toHaveLength(1);
  });

  it('goes from the oldest to the youngest, whatever facility they are of', async () => {
    for (const [facility, minute] of [
      ['F2', 3],
      ['F1', 2],
      ['F2', 1],
      ['F10', 4],
    ] as const)
      await refused(facility, T + minute * 60_000, `${facility} ${minute}`);
    expect(await deployment.json('redrive')).toMatchObject({ objects: 4, redriven: 4, records: 4, failures: [] });
    const records = await added('measurements');
    expect(payloadsOf(records)).toEqual(['F2 1', 'F1 2', 'F2 3', 'F10 4']);
    expect(records.map(({ key }) => key)).toEqual(['F2', 'F1', 'F2', 'F10']);
  });
});

describe('redrive of batches that ran out of retries', () => {
  it('puts every record back on the stream it came from, with its key and its bytes', async () => {
    const bytes = Buffer.from('{"ä":1}');
    await batch('validated', T, bytes, Buffer.from('two'));
    await batch('measurements', T + 1000, Buffer.from('three'));
    expect(await deployment.json('redrive', '--prefix', 'batches')).toMatchObject({ redriven: 2, records: 3 });
    expect(await added('validated')).toEqual([
      { key: 'F0', data: bytes.toString() },
      { key: 'F1', data: 'two' },
    ]);
    expect(await added('measurements')).toEqual([{ key: 'F0', data: 'three' }]);
  });
});

describe('redrive', () => {
  it('only reads with --dry-run', async () => {
    await refused('F1', T);
    await batch('validated', T, Buffer.from('x'));
    const before = lying();
    expect(await deployment.json('redrive', '--dry-run')).toMatchObject({ dryRun: true, redriven: 2, records: 2 });
    expect(lying()).toEqual(before);
    expect(await added('measurements')).toEqual([]);
  });

  it('takes only what is asked for', async () => {
    await refused('F1', T);
    await refused('F1', T + 86_400_000);
    await batch('validated', T + 86_400_000, Buffer.from('x'));
    expect(await deployment.json('redrive', '--since', '2026-03-02', '--prefix', 'iot-failed')).toMatchObject({
      objects: 1,
    });
    expect(lying()).toHaveLength(2);
    expect(await deployment.json('redrive', '--since', '2026-03-02')).toMatchObject({ objects: 1 });
    expect(await deployment.json('redrive')).toMatchObject({ objects: 1 });
    expect(await deployment.json('redrive')).toMatchObject({ objects: 0, redriven: 0 });
  });

  it('says so when there is nothing to put back', async () => {
    const { code, stdout } = await deployment.ew('redrive', '--since', '2999-01-01');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'nothing to put back\n' });
  });

  it('ends with 1 and names what the stream goes on refusing; the rest goes back', async () => {
    await refused('F1', T);
    await refused('F2', T + 1);
    await refused('F1', T + 2);
    deployment.faults.refuses = ({ partitionKey }) =>
      partitionKey === 'F2' ? 'ProvisionedThroughputExceededException' : undefined;
    const { code, stdout } = await deployment.ew('redrive');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^not put back: iot-failed\/F2\/.*\n {2}stream measurements refused 1 record\(s\) 8 times/);
    expect(stdout).toContain('2 object(s) with 2 record(s) went back');
    expect(lying()).toEqual([expect.stringMatching(/^iot-failed\/F2\//)]);
    const [entry] = (await deployment.json('audit', 'list', '--limit', '1')).entries as object[];
    expect(entry).toMatchObject({ action: 'redrive', outcome: 'done', after: { redriven: 2, failed: 1 } });
  });

  it('ends with 1 and names what cannot be read; the rest goes back', async () => {
    await put(`iot-failed/F1/${T}-a`, 'no JSON');
    await put('aws/lambda/m/s/2026/03/01/2026-03-01T12.00.00-b', '{"payload":"{}"}');
    await refused('F1', T + 5000);
    const answer = await deployment.json('redrive');
    expect(answer).toMatchObject({ redriven: 1 });
    expect(answer.failures).toEqual([
      { key: 'aws/lambda/m/s/2026/03/01/2026-03-01T12.00.00-b', why: expect.stringMatching(/not a failed batch/) },
      { key: `iot-failed/F1/${T}-a`, why: expect.stringMatching(/^it is not JSON/) },
    ]);
    expect((await deployment.ew('redrive')).code).toBe(1);
  });

  it('killed at any moment and repeated puts everything back and loses nothing', async () => {
    const count = 120;
    for (let i = 0; i < count; i++) await refused(`F${i % 3}`, T + i);
    for (let kill = 0; kill < 3; kill++) {
      // The function ends what whoever was killed had asked for.
      while (deployment.isRecovering()) await sleep(2);
      const before = lying('redriven/').length;
      const child = deployment.start('redrive');
      const ended = deployment.ended(child);
      while (lying('redriven/').length === before && child.exitCode === null) await sleep(2);
      child.kill('SIGKILL');
      expect((await ended).signal).toBe('SIGKILL');
      expect(lying().length).toBeGreaterThan(0);
    }
    const { code } = await deployment.ew('redrive');
    expect(code).toBe(0);
    expect(lying()).toEqual([]);
    const payloads = payloadsOf(await added('measurements'));
    expect(new Set(payloads)).toEqual(new Set(Array.from({ length: count }, (_, i) => `minute ${T + i}`)));
    // What had begun when it was killed has not ended in the audit trail.
    const entries = (await deployment.json('audit', 'list', '--subject', 'all', '--limit', '5')).entries as {
      outcome: string;
    }[];
    expect(entries.map(({ outcome }) => outcome)).toEqual(['done', 'begun', 'begun', 'begun', 'begun']);
  });

  it('stops on Ctrl-C after what it is at, says what is left, and ends with 130', async () => {
    for (let i = 0; i < 120; i++) await refused('F1', T + i);
    const child = deployment.start('redrive');
    const ended = deployment.ended(child);
    while (lying('redriven/').length === 0 && child.exitCode === null) await sleep(2);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining('interrupted') });
    const [, notTried] = /(\d+) object\(s\) were not tried; repeat the command for them/.exec(stdout)!;
    expect(lying()).toHaveLength(Number(notTried));
  });

  it('may run twice at a time', async () => {
    for (let i = 0; i < 40; i++) await refused('F1', T + i);
    const [one, other] = await Promise.all([deployment.ew('redrive'), deployment.ew('redrive')]);
    expect([one.code, other.code]).toEqual([0, 0]);
    expect(lying()).toEqual([]);
    expect(new Set(payloadsOf(await added('measurements'))).size).toBe(40);
  });
});

describe('the objects of a redrive', () => {
  const objects = Array.from({ length: 60 }, (_, at) => ({ key: `iot-failed/F1/${at}`, at }));
  const sound = (): RecoveryAnswer => ({
    v: 1,
    putBack: [],
    gone: [],
    failures: [],
    notTried: [],
    refusing: false,
  });
  const all = ({ keys }: RecoveryRequest): RecoveryAnswer => ({
    ...sound(),
    putBack: keys.map((key) => ({ key, records: 2 })),
  });
  const run = async (
    answer: (request: RecoveryRequest) => RecoveryAnswer | undefined,
    stop = new AbortController(),
  ) => {
    const asked: RecoveryRequest[] = [];
    const result = await redrive(objects, {
      ask: async (request) => {
        asked.push(request);
        return answer(request);
      },
      dryRun: false,
      stop: stop.signal,
      progress: () => {},
    });
    return { asked, result };
  };

  it('are asked for in order, in portions, by their keys and nothing else', async () => {
    const { asked, result } = await run(all);
    expect(asked.map(({ keys }) => keys.length)).toEqual([25, 25, 10]);
    expect(asked.flatMap(({ keys }) => keys)).toEqual(objects.map(({ key }) => key));
    for (const request of asked) expect(Object.keys(request).sort()).toEqual(['dryRun', 'from', 'keys']);
    expect(result).toEqual({ redriven: 60, records: 120, gone: 0, failures: [], notTried: 0 });
  });

  it('for which the function had no time are asked for again', async () => {
    const { asked, result } = await run((request) => {
      const answer = all(request);
      return { ...answer, putBack: answer.putBack.slice(0, 7), notTried: request.keys.slice(7) };
    });
    expect(asked.map(({ keys }) => keys[0])).toEqual([0, 7, 14, 21, 28, 35, 42, 49, 56].map((at) => objects[at]!.key));
    expect(result).toMatchObject({ redriven: 60, notTried: 0 });
  });

  it.each([
    ['the streams take nothing', (keys: readonly string[]) => ({ refusing: true, notTried: keys.slice(3) }), 57],
    ['the function tries nothing', (keys: readonly string[]) => ({ notTried: [...keys] }), 60],
  ])('are left alone once %s', async (_, change, notTried) => {
    const { asked, result } = await run(({ keys }) => ({ ...sound(), ...change(keys) }));
    expect([asked.length, result.notTried]).toEqual([1, notTried]);
  });

  it('that were not begun with before Ctrl-C are counted', async () => {
    const stop = new AbortController();
    const { asked, result } = await run((request) => {
      stop.abort();
      return all(request);
    }, stop);
    expect([asked.length, result.redriven, result.notTried]).toEqual([1, 25, 35]);
    const waiting = await run(() => undefined);
    expect(waiting.result).toMatchObject({ redriven: 0, notTried: 60 });
  });
});
