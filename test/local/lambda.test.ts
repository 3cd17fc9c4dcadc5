import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startEventSources } from '../../local/services/event-source.ts';
import { openGuard } from '../../local/services/iam/guard.ts';
import { startKinesis } from '../../local/services/kinesis.ts';
import { asyncInvocations } from '../../local/services/lambda/async-invoke.ts';
import type { FunctionDefinition } from '../../local/services/lambda/definition.ts';
import { startLambda } from '../../local/services/lambda.ts';
import { eventually } from './eventually.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

const anybody = openGuard.role('anybody');

const functionArn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

const start = (
  code: string,
  {
    file = 'index.mjs',
    dataDir = temporaryFolder(),
    idleMs,
    ...definition
  }: Partial<FunctionDefinition> & { file?: string; dataDir?: string; idleMs?: number } = {},
) => {
  const folder = join(temporaryFolder(), 'code');
  mkdirSync(folder);
  writeFileSync(join(folder, file), code);
  const lines: string[] = [];
  const lambda = startLambda({
    guard: openGuard,
    dataDir,
    functions: [
      {
        name: 'probe',
        arn: functionArn('probe'),
        code: folder,
        handler: 'index.handler',
        memoryMb: 256,
        timeoutSeconds: 20,
        role: 'arn:aws:iam::000000000000:role/probe',
        environment: {},
        ...definition,
      },
    ],
    endpoints: { KINESIS: 'http://127.0.0.1:4567' },
    onLog: (_, line) => lines.push(line),
    ...(idleMs !== undefined && { idleMs }),
  });
  afterTest(() => lambda.stop());
  const call = async (event: unknown, target = 'probe') => {
    const result = await lambda.invoke(target, JSON.stringify(event));
    return result.outcome === 'returned' ? JSON.parse(result.text) : result;
  };
  return { lambda, call, lines, dataDir };
};

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('Lambda', () => {
  it('gives the handler its event and a context, and returns what it returns', async () => {
    const { call } = start(
      `export const handler = async (event, context) =>
        ({ event, ...context, left: context.getRemainingTimeInMillis() > 10_000 });`,
    );
    expect(await call({ a: 'ä"\n' }, `${functionArn('probe')}:live`)).toMatchObject({
      event: { a: 'ä"\n' },
      functionName: 'probe',
      memoryLimitInMB: '256',
      invokedFunctionArn: `${functionArn('probe')}:live`,
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      left: true,
    });
  });

  it('gives the function the environment of the template, the endpoints, and nothing of this process but PATH', async () => {
    process.env.EMISSIONWATCH_TEST_SECRET = 'x';
    afterTest(() => delete process.env.EMISSIONWATCH_TEST_SECRET);
    const { call } = start('export const handler = () => process.env;', { environment: { STREAM: 'minutes' } });
    const environment = await call(null);
    expect(environment).toMatchObject({
      STREAM: 'minutes',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'probe',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_ENDPOINT_URL_KINESIS: 'http://127.0.0.1:4567',
      PATH: process.env.PATH,
    });
    expect(Object.keys(environment).filter((key) => !/^(AWS_|LAMBDA_|_HANDLER|TZ|LANG|PATH|STREAM)/.test(key))).toEqual(
      [],
    );
  });

  it('uses an instance again, and another one only for an invocation at the same time', async () => {
    const { call } = start(
      'export const handler = async ({ ms }) => { await new Promise((r) => setTimeout(r, ms)); return process.pid; };',
    );
    const first = await call({ ms: 0 });
    expect(await call({ ms: 0 })).toBe(first);
    const both = await Promise.all([call({ ms: 50 }), call({ ms: 50 })]);
    expect(new Set(both).size).toBe(2);
    expect(both).toContain(first);
  });

  it('ends instances that nobody has needed for a while, so that one busy hour does not keep its memory', async () => {
    const code = `export const handler = ({ ms }) => new Promise((resolve) => setTimeout(() => resolve(process.pid), ms));`;
    const { lambda, call } = start(code, { idleMs: 200 });
    const pids = await Promise.all([call({ ms: 50 }), call({ ms: 50 }), call({ ms: 50 })]);
    expect(new Set(pids).size).toBe(3);
    await eventually(() => !pids.some(alive));
    expect(lambda.pids('probe')).toEqual([]);
    expect(pids).not.toContain(await call({ ms: 0 }));
  });

  it('throttles what goes over the reserved concurrency', async () => {
    const { call } = start('export const handler = () => new Promise((r) => setTimeout(r, 100, "done"));', {
      reservedConcurrency: 2,
    });
    const results = await Promise.all([call(1), call(2), call(3)]);
    expect(results.filter((result) => result === 'done')).toHaveLength(2);
    expect(results[2]).toMatchObject({ outcome: 'throttled' });
    expect(await call(4)).toBe('done');
  });

  it('reports what a handler throws, with its type, and keeps the instance', async () => {
    const { call } = start(`
      class PlanMissing extends Error { name = 'PlanMissing'; }
      export const handler = async (event) => { if (event) throw new PlanMissing('no plan for ' + event); return process.pid; };`);
    const pid = await call(null);
    expect(await call('3')).toMatchObject({
      outcome: 'failed',
      fault: { errorType: 'PlanMissing', errorMessage: 'no plan for 3' },
    });
    expect(await call(null)).toBe(pid);
  });

  it('ends an instance that takes longer than the timeout, and starts another', async () => {
    const { call, lambda } = start('export const handler = (event) => { if (event) for (;;); return process.pid; };', {
      timeoutSeconds: 0.3,
    });
    const pid = await call(null);
    expect(await call('hang')).toMatchObject({
      outcome: 'failed',
      fault: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringContaining('Task timed out after 0.30 seconds'),
      },
    });
    await eventually(() => !alive(pid));
    expect(await call(null)).not.toBe(pid);
    expect(lambda.pids('probe')).toHaveLength(1);
  });

  it('reports an instance that ends by itself', async () => {
    const { call } = start('export const handler = () => process.exit(3);');
    expect(await call(null)).toMatchObject({
      outcome: 'failed',
      fault: { errorType: 'Runtime.ExitError', errorMessage: 'runtime exited with error: exit status 3' },
    });
  });

  it('reports code that cannot be loaded', async () => {
    const { call } = start('throw new TypeError("no settings");');
    expect(await call(null)).toMatchObject({
      outcome: 'failed',
      fault: { errorType: 'TypeError', errorMessage: 'no settings' },
    });
  });

  it('loads a CommonJS bundle, whatever the package.json above it says', async () => {
    const { call } = start('exports.handler = async () => require("node:path").sep;', { file: 'index.js' });
    expect(await call(null)).toBe('/');
  });

  it('writes what the function prints to its log file, line by line to whoever listens', async () => {
    const { call, lines, dataDir } = start(
      'export const handler = () => { console.log("one"); console.error("two"); };',
    );
    await call(null);
    await eventually(() => lines.length === 2);
    expect(lines.sort()).toEqual(['one', 'two']);
    expect(readFileSync(join(dataDir, 'logs/probe.log'), 'utf8')).toMatch(/one\n/);
  });

  it('leaves no process when it stops, not even a busy one', async () => {
    const { call, lambda } = start('export const handler = (event) => { if (event) for (;;); };');
    await call(null);
    const [pid] = lambda.pids('probe');
    const busy = call('hang');
    await lambda.stop();
    expect(alive(pid!)).toBe(false);
    expect(await busy).toMatchObject({ outcome: 'failed' });
  });

  it('leaves no process when the local cloud is killed', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'index.mjs'), 'export const handler = () => process.pid;');
    const local = (file: string) => JSON.stringify(join(import.meta.dirname, '../../local', file));
    const script = `
      import { openGuard as guard } from ${local('services/iam/guard.ts')};
      import { startLambda } from ${local('services/lambda.ts')};
      const definition = { name: 'probe', arn: 'a', code: ${JSON.stringify(folder)}, handler: 'index.handler' };
      const functions = [{ ...definition, memoryMb: 128, timeoutSeconds: 20, environment: {} }];
      const lambda = startLambda({ dataDir: ${JSON.stringify(folder)}, functions, guard });
      console.log((await lambda.invoke('probe', 'null')).text);`;
    const cloud = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = await once(cloud.stdout, 'data');
    expect(alive(Number(pid))).toBe(true);
    cloud.kill('SIGKILL');
    await eventually(() => !alive(Number(pid)));
  });

  it('names the functions there are when asked for another', async () => {
    const { call } = start('export const handler = () => {};');
    await expect(call(null, 'absent')).rejects.toThrow('no function absent: there are probe');
  });
});

describe('asynchronous invocation', () => {
  it('retries as the alias says, then leaves the event in the on-failure queue', async () => {
    const { lambda, lines } = start(
      'export const handler = (event) => { console.log("run"); throw new Error("no " + event.a); };',
    );
    const sent: { queue: string; body: string }[] = [];
    const later = asyncInvocations({
      lambda,
      configs: [
        {
          functionName: 'probe',
          qualifier: 'live',
          maximumRetryAttempts: 1,
          maximumEventAgeSeconds: 60,
          onFailureQueueArn: 'missed',
        },
      ],
      queues: { send: async (queue, { body }) => void sent.push({ queue, body }), checkSender: () => {} },
      log: () => {},
      retryAfterMs: [1],
    });
    afterTest(later.stop);
    later.invoke(`${functionArn('probe')}:live`, '{"a":1}');
    await eventually(() => sent.length > 0);
    expect(lines.filter((line) => line === 'run')).toHaveLength(2);
    expect(sent[0]!.queue).toBe('missed');
    expect(JSON.parse(sent[0]!.body)).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
      requestPayload: { a: 1 },
      responsePayload: { errorMessage: 'no 1' },
    });
  });
});

describe('event source mapping with real instances', () => {
  const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/minutes';
  const streams = [{ name: 'minutes', arn, shards: 1, retentionHours: 24 }];
  const mapping = {
    id: '11111111-2222-3333-4444-555555555555',
    target: `${functionArn('probe')}:live`,
    streamArn: arn,
    startingPosition: 'TRIM_HORIZON' as const,
    batchSize: 10,
    batchingWindowSeconds: 0,
    parallelizationFactor: 1,
    reportBatchItemFailures: true,
    bisectBatchOnFunctionError: true,
    maximumRetryAttempts: 3,
    maximumRecordAgeSeconds: Number.POSITIVE_INFINITY,
  };
  const decoded = `const texts = event.Records.map((r) => Buffer.from(r.kinesis.data, 'base64').toString());`;

  const connect = async (code: string, options: Partial<typeof mapping> & { reservedConcurrency?: number } = {}) => {
    const { reservedConcurrency, ...rest } = options;
    const { lambda, lines, dataDir } = start(code, reservedConcurrency ? { reservedConcurrency } : {});
    const kinesis = await startKinesis({ guard: openGuard, dataDir, streams });
    const sources = await startEventSources({
      guard: openGuard,
      dataDir,
      mappings: [{ ...mapping, ...rest }],
      kinesis,
      lambda,
      failures: { putObject: async () => {}, checkLister: () => {} },
      backoff: { firstMs: 5, maxMs: 50 },
    });
    afterTest(async () => {
      await sources.stop();
      await kinesis.stop();
    });
    return { lambda, lines, kinesis, sources };
  };

  it('sends a batch again whose instance was killed in the middle of it', async () => {
    const { lambda, lines, kinesis, sources } = await connect(
      `export const handler = async (event) => {
        ${decoded}
        console.log('begin');
        await new Promise((r) => setTimeout(r, 300));
        console.log('end ' + texts);
      };`,
    );
    await kinesis.putRecord('minutes', '3', Buffer.from('a'), anybody);
    await eventually(() => lines.includes('begin'));
    process.kill(lambda.pids('probe')[0]!, 'SIGKILL');
    await sources.settled();
    await eventually(() => lines.includes('end a'));
    expect(sources.counters()[0]).toMatchObject({ records: 1, errors: 1, discardedBatches: 0 });
  });

  it('loses nothing when more lanes than reserved instances are throttled', async () => {
    const { lines, kinesis, sources } = await connect(
      `export const handler = async (event) => {
        ${decoded}
        await new Promise((r) => setTimeout(r, 20));
        for (const text of texts) console.log(text);
      };`,
      { parallelizationFactor: 4, reservedConcurrency: 1, maximumRetryAttempts: 0 },
    );
    const texts = Array.from({ length: 60 }, (_, i) => `facility-${i}`);
    await Promise.all(texts.map((text) => kinesis.putRecord('minutes', text, Buffer.from(text), anybody)));
    await sources.settled();
    await eventually(() => lines.length >= 60);
    expect(lines.toSorted()).toEqual(texts.toSorted());
    expect(sources.counters()[0]).toMatchObject({ records: 60, errors: 0, discardedBatches: 0 });
    expect(sources.counters()[0]!.throttles).toBeGreaterThan(0);
  });
});
