import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startEventSources } from '../../../local/services/event-source.ts';
import { type CloudGuard, createGuard } from '../../../local/services/iam/create-guard.ts';
import { startKinesis } from '../../../local/services/kinesis.ts';
import { asyncInvocations } from '../../../local/services/lambda/async-invoke.ts';
import { startLambda } from '../../../local/services/lambda.ts';
import { checkLogKeys } from '../../../local/services/log-groups.ts';
import { startS3 } from '../../../local/services/s3.ts';
import { startScheduler } from '../../../local/services/scheduler.ts';
import { startSecretsManager } from '../../../local/services/secrets-manager.ts';
import { startDeadLetterQueues } from '../../../local/services/sqs.ts';
import { eventually } from '../eventually.ts';
import { afterTest, temporaryFolder } from '../temporary.ts';

const ROLE = 'arn:aws:iam::000000000000:role/worker';
const STREAM = 'arn:aws:kinesis:us-east-1:000000000000:stream/minutes';
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:work';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:missed';
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555';
const SECRET = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:login-AbCdEf';

type Statement = Readonly<Record<string, unknown>>;
const document = (...statements: Statement[]) => ({
  Version: '2012-10-17',
  Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
});
const TO_ACCOUNT = { Action: 'kms:*', Resource: '*', Principal: { AWS: 'arn:aws:iam::000000000000:root' } };

/** One role that the named services may take on and that may do this; one key, which the account may use. */
const guardFor = (
  may: readonly (readonly [actions: string | readonly string[], resources: string | readonly string[]])[],
  {
    trusts = ['lambda', 'scheduler'],
    key = [TO_ACCOUNT],
    buckets = {},
  }: {
    trusts?: readonly string[];
    key?: readonly Statement[];
    buckets?: Readonly<Record<string, readonly Statement[]>>;
  } = {},
): CloudGuard =>
  createGuard({
    account: '000000000000',
    policies: {
      roles: [
        {
          arn: ROLE,
          trust: {
            name: 'App/Role',
            kind: 'trust',
            document: document(
              ...trusts.map((name) => ({
                Action: 'sts:AssumeRole',
                Principal: { Service: `${name}.amazonaws.com` },
              })),
            ),
          },
        },
      ],
      identity: [
        {
          holder: ROLE,
          policy: {
            name: 'App/Policy',
            kind: 'identity',
            document: document(...may.map(([Action, Resource]) => ({ Action, Resource }))),
          },
        },
      ],
      resource: [
        { holder: KEY, policy: { name: 'App/Key', kind: 'resource', document: document(...key) } },
        ...Object.entries(buckets).map(([name, statements]) => ({
          holder: `arn:aws:s3:::${name}`,
          policy: { name: `App/${name}`, kind: 'resource' as const, document: document(...statements) },
        })),
      ],
    },
  });

const role = { arn: ROLE };
const name = (error: unknown) => (error as Error).name;

describe('a schedule', () => {
  const schedule = {
    name: 'close',
    arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/close',
    expression: 'rate(1 minute)',
    timeZone: 'Etc/UTC',
    enabled: true,
    target: `${FUNCTION}:live`,
    input: '{"a":1}',
    roleArn: ROLE,
    deadLetterQueueArn: QUEUE,
  };
  const lambda = { invoke: async () => ({ outcome: 'returned' as const, text: 'null', requestId: 'r' }) };
  afterEach(() => {
    vi.useRealTimers();
  });

  const startWith = async (guard: CloudGuard) => {
    const invoked: string[] = [];
    const queues = await startDeadLetterQueues({
      dataDir: temporaryFolder(),
      queues: [{ name: 'missed', arn: QUEUE, retentionSeconds: 1000 }],
      guard,
    });
    vi.useFakeTimers();
    const scheduler = startScheduler({
      schedules: [schedule],
      lambda,
      invokeLater: (_, event) => void invoked.push(event),
      guard,
      queues,
    });
    afterTest(scheduler.stop);
    vi.advanceTimersByTime(61_000);
    vi.useRealTimers();
    return { invoked, queues };
  };

  it('invokes its target with the rights of its role', async () => {
    const { invoked } = await startWith(guardFor([['lambda:InvokeFunction', `${FUNCTION}:live`]]));
    expect(invoked).toEqual(['{"a":1}']);
  });

  it('whose role may not invoke the target leaves the event in its dead-letter queue, if the role may do that', async () => {
    const { invoked, queues } = await startWith(guardFor([['sqs:SendMessage', QUEUE]]));
    await eventually(async () => (await queues.messages(QUEUE)).length === 1);
    const [letter] = await queues.messages(QUEUE);
    expect(letter).toMatchObject({ body: '{"a":1}', attributes: { ERROR_CODE: 'AccessDeniedException' } });
    expect(letter!.attributes!.ERROR_MESSAGE).toContain('not authorized to perform: lambda:InvokeFunction');
    expect(invoked).toEqual([]);
    expect((await (await startWith(guardFor([]))).queues.messages(QUEUE)).length).toBe(0);
  });

  it('may invoke an alias only if its role may invoke that one, not the function alone', async () => {
    expect((await startWith(guardFor([['lambda:InvokeFunction', FUNCTION]]))).invoked).toEqual([]);
  });

  it('does not start when Scheduler may not take on its role', async () => {
    await expect(startWith(guardFor([], { trusts: ['lambda'] }))).rejects.toThrow(
      /scheduler\.amazonaws\.com is not authorized to perform: sts:AssumeRole/,
    );
  });
});

describe('a stream that a function reads', () => {
  const READS = ['DescribeStream', 'DescribeStreamSummary', 'ListShards', 'GetShardIterator', 'GetRecords'];
  const connect = async (actions: readonly string[], keyArn?: string) => {
    const guard = guardFor([
      [actions.map((action) => (action.includes(':') ? action : `kinesis:${action}`)), [STREAM, KEY]],
    ]);
    const dataDir = temporaryFolder();
    const kinesis = await startKinesis({
      dataDir,
      guard,
      streams: [{ name: 'minutes', arn: STREAM, shards: 1, retentionHours: 24, ...(keyArn && { keyArn }) }],
    });
    afterTest(kinesis.stop);
    const sources = await startEventSources({
      dataDir,
      kinesis,
      guard,
      lambda: {
        invoke: async () => ({ outcome: 'returned', text: 'null', requestId: 'r' }),
        titleOf: () => 'work',
        roleOf: () => role,
      },
      failures: { putObject: async () => {}, checkLister: () => {} },
      mappings: [
        {
          id: '11111111-2222-3333-4444-555555555555',
          target: FUNCTION,
          streamArn: STREAM,
          startingPosition: 'TRIM_HORIZON',
          batchSize: 10,
          batchingWindowSeconds: 0,
          parallelizationFactor: 1,
          reportBatchItemFailures: true,
          bisectBatchOnFunctionError: true,
          maximumRetryAttempts: 0,
          maximumRecordAgeSeconds: Number.POSITIVE_INFINITY,
        },
      ],
    });
    await sources.stop();
  };

  it('is read with the rights of the function’s role', async () => {
    await connect(READS);
  });

  it.each(READS)('is not mapped to a function whose role may not %s', async (missing) => {
    await expect(connect(READS.filter((action) => action !== missing))).rejects.toThrow(
      `event source of work: User: ${ROLE} is not authorized to perform: kinesis:${missing} on resource: ${STREAM}`,
    );
  });

  it('with a key of its own needs the key as well', async () => {
    await expect(connect(READS, KEY)).rejects.toThrow(/kms:Decrypt on resource/);
    await connect([...READS, 'kms:Decrypt'], KEY);
  });
});

describe('a function', () => {
  const LOGS = 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/work:*';
  const startWith = (guard: CloudGuard, traced = false) => {
    const [dataDir, code] = [temporaryFolder(), join(temporaryFolder(), 'code')];
    mkdirSync(code);
    writeFileSync(join(code, 'index.mjs'), 'export const handler = () => console.log(process.env.AWS_ACCESS_KEY_ID);');
    const said: string[] = [];
    const lambda = startLambda({
      dataDir,
      guard,
      functions: [
        {
          name: 'work',
          arn: FUNCTION,
          code,
          handler: 'index.handler',
          memoryMb: 128,
          timeoutSeconds: 20,
          role: ROLE,
          traced,
          environment: {},
        },
      ],
      log: (line) => said.push(line),
    });
    afterTest(() => lambda.stop());
    const log = () => readFileSync(join(dataDir, 'logs/work.log'), 'utf8').trim();
    return { lambda, said, log };
  };

  it('has credentials of its role, and keeps its log when the role may write it', async () => {
    const guard = guardFor([[['logs:CreateLogStream', 'logs:PutLogEvents'], LOGS]]);
    const { lambda, log } = startWith(guard);
    await lambda.invoke('work', 'null');
    await eventually(() => log() !== '');
    expect(log()).toBe(guard.credentialsOf(ROLE, 'work').accessKeyId);
  });

  it.each([
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
    ['logs:PutLogEvents', 'logs:CreateLogStream'],
  ])('whose role may only %s runs, and its log is lost; that is told once', async (allowed, missing) => {
    const { lambda, log, said } = startWith(guardFor([[allowed, LOGS]]));
    for (let i = 0; i < 2; i++) expect(await lambda.invoke('work', 'null')).toMatchObject({ outcome: 'returned' });
    await eventually(() => said.length > 0);
    expect(log()).toBe('');
    expect(said).toEqual([expect.stringContaining(`is not authorized to perform: ${missing}`)]);
  });

  it('that sends traces is refused unless its role may', () => {
    expect(() => startWith(guardFor([]), true)).toThrow(/does not have permissions to call PutTraceSegments on XRAY/);
    startWith(guardFor([['xray:PutTraceSegments', '*']]), true);
  });

  it('is refused when Lambda may not take on its role', () => {
    expect(() => startWith(guardFor([], { trusts: ['scheduler'] }))).toThrow(/cannot be assumed by Lambda/);
  });

  it('is not given a queue for failed invocations to which its role may not send', async () => {
    const guard = guardFor([]);
    const queues = await startDeadLetterQueues({ dataDir: temporaryFolder(), queues: [], guard });
    const config = { functionName: 'work', qualifier: 'live', maximumRetryAttempts: 0, maximumEventAgeSeconds: 60 };
    const lambda = { invoke: vi.fn(), titleOf: () => 'work', roleOf: () => role };
    const configs = [{ ...config, onFailureQueueArn: QUEUE }];
    expect(() => asyncInvocations({ lambda, configs, queues, log: () => {} })).toThrow(/perform: sqs:SendMessage/);
  });
});

describe('a bucket with a key', () => {
  const bucket = { name: 'landing', versioned: true, keyArn: KEY, bucketKey: true };
  const OBJECTS = 'arn:aws:s3:::landing/*';
  const clientFor = async (guard: CloudGuard) => {
    const s3 = await startS3({ dataDir: temporaryFolder(), buckets: [bucket], guard });
    const credentials = guard.credentialsOf(ROLE);
    const client = new S3Client({ endpoint: s3.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
    afterTest(async () => {
      client.destroy();
      await s3.stop();
    });
    return {
      put: () => client.send(new PutObjectCommand({ Bucket: 'landing', Key: 'a', Body: 'x' })),
      get: (Key = 'a') => client.send(new GetObjectCommand({ Bucket: 'landing', Key })),
    };
  };
  const through = (context: string) => ({
    key: [
      {
        ...TO_ACCOUNT,
        Condition: {
          StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com', 'kms:EncryptionContext:aws:s3:arn': context },
        },
      },
    ],
  });

  it('takes objects from who may also use the key for this bucket through S3', async () => {
    const may = [['s3:PutObject', OBJECTS] as const, ['kms:GenerateDataKey', KEY] as const];
    await (await clientFor(guardFor(may, through('arn:aws:s3:::landing')))).put();
    await expect((await clientFor(guardFor(may, through('arn:aws:s3:::other')))).put()).rejects.toThrow(
      /perform: kms:GenerateDataKey .* because no resource-based policy allows/,
    );
    const refusal = await (await clientFor(guardFor(may.slice(0, 1)))).put().catch((error: unknown) => error);
    expect(name(refusal)).toBe('AccessDenied');
  });

  it('gives objects to who may decrypt them, and says what is missing only to who may list', async () => {
    const put = [['s3:PutObject', OBJECTS] as const, ['kms:GenerateDataKey', KEY] as const];
    const get = ['s3:GetObject', OBJECTS] as const;
    const blind = await clientFor(guardFor([...put, get]));
    await blind.put();
    await expect(blind.get()).rejects.toThrow(/perform: kms:Decrypt/);
    await expect(blind.get('b')).rejects.toThrow(/perform: kms:Decrypt/);
    const reader = await clientFor(guardFor([...put, get, ['kms:Decrypt', KEY]]));
    await reader.put();
    await reader.get();
    await expect(reader.get('b')).rejects.toThrow(/perform: s3:ListBucket on resource: "arn:aws:s3:::landing"/);
    const lister = await clientFor(guardFor([get, ['kms:Decrypt', KEY], ['s3:ListBucket', 'arn:aws:s3:::landing']]));
    expect(name(await lister.get('b').catch((error: unknown) => error))).toBe('NoSuchKey');
  });

  it('whose access logs S3 may not deliver is refused', async () => {
    const logged = { name: 'landing', versioned: true, accessLogs: { bucket: 'logs', prefix: 'landing/' } };
    const buckets = [logged, { name: 'logs', versioned: true }];
    const delivery = {
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::logs/landing/*',
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::landing' } },
    };
    const startWith = async (guard: CloudGuard) => {
      const s3 = await startS3({ dataDir: temporaryFolder(), buckets, guard });
      await s3.stop();
    };
    await startWith(guardFor([], { buckets: { logs: [delivery] } }));
    await expect(startWith(guardFor([]))).rejects.toThrow(/logging\.s3\.amazonaws\.com is not authorized/);
  });
});

describe('a secret with a key', () => {
  it('is read by who may also decrypt it through Secrets Manager', async () => {
    const read = async (guard: CloudGuard) => {
      const secrets = await startSecretsManager({
        dataDir: temporaryFolder(),
        guard,
        secrets: [{ arn: SECRET, name: 'login', secretString: 'x', keyArn: KEY }],
      });
      const credentials = guard.credentialsOf(ROLE);
      const client = new SecretsManagerClient({ endpoint: secrets.endpoint, region: 'us-east-1', credentials });
      try {
        return (await client.send(new GetSecretValueCommand({ SecretId: 'login' }))).SecretString;
      } finally {
        client.destroy();
        await secrets.stop();
      }
    };
    const get = ['secretsmanager:GetSecretValue', SECRET] as const;
    await expect(read(guardFor([get]))).rejects.toThrow(/perform: kms:Decrypt/);
    expect(await read(guardFor([get, ['kms:Decrypt', KEY]]))).toBe('x');
  });
});

describe('a log group with a key', () => {
  it('is refused unless the key lets CloudWatch Logs use it for this group', () => {
    const group = { name: 'work', arn: 'arn:aws:logs:us-east-1:000000000000:log-group:work', keyArn: KEY };
    const allow = (pattern: string) => ({
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      Resource: '*',
      Principal: { Service: 'logs.us-east-1.amazonaws.com' },
      Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': pattern } },
    });
    checkLogKeys([group], guardFor([], { key: [allow('arn:aws:logs:us-east-1:000000000000:log-group:*')] }));
    for (const key of [[TO_ACCOUNT], [allow('arn:aws:logs:us-east-1:000000000000:log-group:other*')]])
      expect(() => checkLogKeys([group], guardFor([], { key }))).toThrow(/logs\.us-east-1\.amazonaws\.com is not/);
  });
});
