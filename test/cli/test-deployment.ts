import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-kinesis';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { dataApiAlarms } from '#adapters/data-api-alarms';
import { kinesisClient, kinesisStream } from '#adapters/kinesis-stream';
import { s3Objects } from '#adapters/s3-objects';
import { snsNotices } from '#adapters/sns-notices';
import { makeHandler as raiseAlarms } from '../../functions/raise-alarms/handler.ts';
import { makeHandler } from '../../functions/recover-records/handler.ts';
import { startCognito } from '../../local/services/cognito.ts';
import { startDynamoDb } from '../../local/services/dynamodb.ts';
import { openGuard } from '../../local/services/iam/guard.ts';
import { startIot } from '../../local/services/iot.ts';
import type { PutFault } from '../../local/services/kinesis/operations.ts';
import { startKinesis } from '../../local/services/kinesis.ts';
import type { InvocationResult } from '../../local/services/lambda.ts';
import { startLambdaApi } from '../../local/services/lambda-api.ts';
import { startS3 } from '../../local/services/s3.ts';
import { startSns } from '../../local/services/sns.ts';
import { testDatabase } from '../functions/database.ts';
import { context } from '../functions/events.ts';
import { allowAll } from '../local/iot/local-iot.ts';
import { USER_POOL } from '../local/user-pool.ts';
import { REPORT_BUCKETS, REPORT_MACHINE, startReportMachine } from './report-machine.ts';

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
export const STREAMS = ['measurements', 'validated', 'emissions'] as const;
type StreamName = (typeof STREAMS)[number];
export const streamArn = (name: string) => `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/${name}`;
const RECOVER_RECORDS = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:recover-records`;
const RAISE_ALARMS = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:raise-alarms`;
const topicArn = (name: string) => `arn:aws:sns:${REGION}:${ACCOUNT}:${name}`;
/** Whoever puts things where a test wants them. */
export const anybody = openGuard.role('anybody');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

const RULE = {
  ruleName: 'emissionwatch_measurements',
  awsIotSqlVersion: '2016-03-23',
  sql: "SELECT encode(*, 'base64') AS payload, topic(3) AS facility, topic(4) AS thing, timestamp() AS received FROM 'emissionwatch/v1/+/+/minutes'",
  kinesisAction: { streamName: 'measurements', partitionKey: `\${topic(3)}`, roleArn: 'writer' },
  errorAction: {
    s3: { bucketName: 'failed', key: `iot-failed/\${topic(3)}/\${timestamp()}-\${newuuid()}`, roleArn: 'keeper' },
  },
} as const;

/** A function with one reserved invocation. */
const oneAtATime = (work: (event: unknown) => Promise<unknown>) => {
  let busy = false;
  const invoke = async (_: string, event: string): Promise<InvocationResult> => {
    if (busy) return { outcome: 'throttled', requestId: 'r' };
    busy = true;
    try {
      return { outcome: 'returned', requestId: 'r', text: JSON.stringify(await work(JSON.parse(event))) };
    } catch (error) {
      const { name, message } = error as Error;
      return { outcome: 'failed', requestId: 'r', fault: { errorType: name, errorMessage: message } };
    } finally {
      busy = false;
    }
  };
  return { invoke, isBusy: () => busy };
};

/** The services that `ew` works with, as the local cloud runs them, and `ew` itself as a process of its own. */
export const testDeployment = async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'emissionwatch-cli-'));
  const cleanups: (() => unknown)[] = [() => rmSync(dataDir, { recursive: true, force: true })];
  const started = <T extends { stop(): unknown }>(service: T): T => {
    cleanups.push(() => service.stop());
    return service;
  };
  const database = started(await testDatabase());
  const s3 = started(
    await startS3({
      dataDir: join(dataDir, 's3'),
      guard: openGuard,
      buckets: [...['landing', 'failed'].map((name) => ({ name, versioned: true })), ...REPORT_BUCKETS],
    }),
  );
  /** Records that a stream does not take. */
  const faults: { refuses: PutFault } = { refuses: () => undefined };
  const kinesis = started(
    await startKinesis({
      dataDir,
      guard: openGuard,
      streams: STREAMS.map((name) => ({ name, arn: streamArn(name), shards: 1, retentionHours: 24 })),
      fault: (put) => faults.refuses(put),
    }),
  );
  const dynamo = started(
    await startDynamoDb({
      dataDir: join(dataDir, 'dynamodb'),
      account: ACCOUNT,
      guard: openGuard,
      tables: [
        {
          name: 'devices',
          arn: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/devices`,
          key: { hash: 'serialNumber' },
          types: { serialNumber: 'S', facility: 'S' },
          indexes: { byFacility: { hash: 'facility', range: 'serialNumber' } },
        },
      ],
    }),
  );
  /** What the topic rule would put on the stream, also when that refuses it. */
  const ruleTried: { readonly key: string; readonly data: string }[] = [];
  const iot = started(
    await startIot({
      dataDir: join(dataDir, 'iot'),
      region: REGION,
      account: ACCOUNT,
      rules: [RULE],
      policies: [allowAll('device'), allowAll('claim')],
      thingTypes: [{ thingTypeName: 'edge-agent' }],
      putRecord: async (stream, key, data) => {
        ruleTried.push({ key, data: Buffer.from(data).toString() });
        await kinesis.putRecord(stream, key, data, anybody);
      },
      putObject: async (bucket, key, body) => void (await s3.putObject(bucket, key, body, anybody)),
      log: () => {},
    }),
  );

  const client = kinesisClient({
    region: REGION,
    endpoint: kinesis.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  cleanups.push(() => client.destroy());
  const s3Client = new S3Client({
    region: REGION,
    endpoint: s3.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  cleanups.push(() => s3Client.destroy());
  const recoverRecords = makeHandler({
    failed: s3Objects('failed', s3Client),
    landing: s3Objects('landing', s3Client),
    measurementsStream: 'measurements',
    streams: new Map(STREAMS.map((name) => [name, kinesisStream(name, client)])),
    now: Date.now,
  });
  const recovery = oneAtATime((event) => recoverRecords(event, context));
  const sns = started(
    await startSns({
      dataDir,
      topics: ['notices', 'escalations'].map((name) => ({
        name,
        arn: topicArn(name),
        displayName: name,
        subscriptions: [],
      })),
      guard: openGuard,
      log: () => {},
    }),
  );
  const snsClient = new SNSClient({
    region: REGION,
    endpoint: sns.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  cleanups.push(() => snsClient.destroy());
  const alarming = raiseAlarms({
    alarms: dataApiAlarms(database.as('raise_alarms')),
    publisher: snsNotices({ notices: topicArn('notices'), escalations: topicArn('escalations') }, snsClient),
    consoleUrl: undefined,
    now: Date.now,
  });
  const alarms = oneAtATime((event) => alarming(event, context));
  const lambda = started(
    await startLambdaApi({
      lambda: {
        invoke: (arn, event) => (arn.startsWith(RAISE_ALARMS) ? alarms : recovery).invoke(arn, event),
      },
      functionArns: [RECOVER_RECORDS, RAISE_ALARMS],
      guard: openGuard,
    }),
  );

  const cognito = started(
    await startCognito({ dataDir: join(dataDir, 'cognito'), pools: [USER_POOL], guard: openGuard }),
  );

  const reportMachine = started(await startReportMachine(dataDir, database, s3.endpoint));

  const { clusterArn } = database.address;
  writeFileSync(
    join(dataDir, 'cloud.json'),
    JSON.stringify({
      v: 1,
      pid: process.pid,
      region: REGION,
      accountId: ACCOUNT,
      endpoints: {
        KINESIS: kinesis.endpoint,
        RDS_DATA: database.address.endpoint,
        S3: s3.endpoint,
        SFN: reportMachine.endpoint,
        DYNAMODB: dynamo.endpoint,
        IOT: iot.endpoint,
        IOT_DATA_PLANE: iot.endpoint,
        LAMBDA: lambda.endpoint,
        COGNITO_IDENTITY_PROVIDER: cognito.endpoint,
        SNS: sns.endpoint,
      },
      iot: { host: iot.host, port: iot.port, caFile: iot.caFile, claimCertificateFile: '', claimKeyFile: '' },
      outputs: {
        'EmissionWatch-Storage': {
          DatabaseClusterArn: clusterArn,
          DatabaseName: database.address.database,
          OperatorSecretArn: 'arn:secret:operator',
          MeasurementsStreamName: 'measurements',
          ValidatedStreamName: 'validated',
          EmissionsStreamName: 'emissions',
          LandingBucketName: 'landing',
          FailedBucketName: 'failed',
          ReportsBucketName: 'reports',
          DevicesTableName: 'devices',
          NoticesTopicArn: topicArn('notices'),
          EscalationsTopicArn: topicArn('escalations'),
        },
        'EmissionWatch-Processing': {
          RecoverRecordsFunctionArn: `${RECOVER_RECORDS}:live`,
          RaiseAlarmsFunctionArn: `${RAISE_ALARMS}:live`,
        },
        'EmissionWatch-Reporting': { QuarterlyReportStateMachineArn: REPORT_MACHINE },
        'EmissionWatch-Api': { UserPoolId: USER_POOL.id, ConsoleUrl: 'https://console.example/' },
        'EmissionWatch-Ingest': { DevicePolicyName: 'device', ClaimPolicyName: 'claim' },
      },
      credentials: { accessKeyId: 'ANYBODY', secretAccessKey: 'anything', sessionToken: 'anything' },
    }),
  );

  const start = (...args: readonly string[]) =>
    spawn(process.execPath, ['cli/main.ts', '--local', '--data-dir', dataDir, ...args]);
  const ended = async (child: ReturnType<typeof start>): Promise<Ended> => {
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal, stdout, stderr };
  };
  const ew = (...args: readonly string[]) => ended(start(...args));

  /** Everything on a stream, in order. */
  const records = async (StreamName: StreamName) => {
    const found: { readonly key: string; readonly data: string }[] = [];
    let { ShardIterator } = await client.send(
      new GetShardIteratorCommand({
        StreamName,
        ShardId: kinesis.stream(StreamName).logs.length === 1 ? 'shardId-000000000000' : '',
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    for (;;) {
      const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator }));
      if (Records.length === 0) return found;
      found.push(
        ...Records.map(({ PartitionKey, Data }) => ({ key: PartitionKey!, data: Buffer.from(Data!).toString() })),
      );
      ShardIterator = NextShardIterator;
    }
  };

  return {
    dataDir,
    database,
    s3,
    kinesis,
    iot,
    dynamoEndpoint: dynamo.endpoint,
    /** What was published to topics. */
    published: sns.published,
    faults,
    ruleTried,
    /** Whether the function that puts records back is at work, whoever asked it to. */
    isRecovering: recovery.isBusy,
    records,
    removeObject: (Bucket: string, Key: string) => s3Client.send(new DeleteObjectCommand({ Bucket, Key })),
    start,
    ended,
    ew,
    /** The one line of JSON that a command answers with. */
    json: async (...args: readonly string[]) => {
      const { stdout, stderr } = await ew('--json', ...args);
      if (!/^[{].*\n$/.test(stdout)) throw new Error(`ew ${args.join(' ')} answered ${stdout} ${stderr}`);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    stop: async () => {
      for (let end = cleanups.pop(); end; end = cleanups.pop()) await end();
    },
  };
};

export type TestDeployment = Awaited<ReturnType<typeof testDeployment>>;
