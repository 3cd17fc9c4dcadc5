import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mock } from 'node:test';
import { gzipSync } from 'node:zlib';
import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { expect } from 'vitest';
import { type Database, dataApi } from '#adapters/data-api';
import { openDeployment } from '#cli/deployment';
import { recoveryOf } from '#cli/recovery/ask-function';
import { type LocalCloud, startCloud } from '../../../local/cloud.ts';
import { AwsError } from '../../../local/services/aws-json.ts';
import { createGuard, type RecordedRequest } from '../../../local/services/iam/create-guard.ts';
import { startScheduler } from '../../../local/services/scheduler.ts';
import { startDeadLetterQueues } from '../../../local/services/sqs.ts';
import { policiesOf } from '../../../local/template/iam.ts';
import { ACCOUNT, REGION } from '../../../local/template/identity.ts';
import { queuesOf } from '../../../local/template/queues.ts';
import { schedulesOf } from '../../../local/template/schedules.ts';
import { loadTemplates } from '../../../local/template/templates.ts';
import { plant } from '../../functions/plant.ts';
import { eventually } from '../eventually.ts';
import { connectRaw } from '../iot/raw-client.ts';
import { type EdgeDevice, provisionedDevice } from './edge-device.ts';
import { operator } from './operator.ts';

/** What the runs on one data folder have in common. */
export interface Stage {
  readonly assembly: string;
  readonly dataDir: string;
  readonly requests: RecordedRequest[];
  readonly log: (line: string) => void;
}

const FACILITY = 'F001';
const THING = `edge-${FACILITY}`;
const SERIAL = 'SN-0001';
const CHANNELS = ['gas', 'nox', 'o2'];
const PLAN = plant(FACILITY, ['S1']);

/** Batches fail at once instead of after ten retries; nothing about permissions is changed. */
export const withoutRetries = (assembly: string): void =>
  changeTemplate(assembly, 'EmissionWatch-Processing', ({ Type, Properties }) => {
    if (Type === 'AWS::Lambda::EventSourceMapping')
      Object.assign(Properties, { MaximumRetryAttempts: 0, MaximumBatchingWindowInSeconds: 0 });
  });

const withOtherMigrations = (assembly: string): void =>
  changeTemplate(assembly, 'EmissionWatch-Processing', ({ Type, Properties }) => {
    if (Type === 'Custom::DatabaseMigrations') Properties.migrations = 'others';
  });

type Change = (resource: { readonly Type: string; readonly Properties: Record<string, unknown> }) => void;

const changeTemplate = (assembly: string, stack: string, change: Change): void => {
  const file = join(assembly, `${stack}.template.json`);
  const template = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Record<string, Parameters<Change>[0]> };
  for (const resource of Object.values(template.Resources)) change(resource);
  writeFileSync(file, JSON.stringify(template));
};

/** Takes every path through the local cloud on which a permission counts, and records each request. */
export const playEverything = async (stage: Stage): Promise<void> => {
  const refusal = watched(stage.requests);
  const cloud = await start(stage);
  const { ew, remove } = operator(cloud, stage);
  const play = async () => {
    const device = await provisioning(cloud, stage, ew);
    await pipeline(cloud, stage, device);
    await recovery(cloud, stage, ew);
    await device.whileRunning(() => continuity(cloud, stage, ew));
    await ew('device', 'revoke', SERIAL, '--why', 'the end of the test');
  };
  try {
    // Whoever is refused may retry for ever: that is the end, and not a later time limit.
    await Promise.race([play(), refusal]);
  } finally {
    remove();
    await cloud.stop();
  }
  await failToMigrate(stage);
  await missSchedules(stage);
};

/** Rejects with the first request among these that is refused. */
const watched = (requests: readonly RecordedRequest[]): Promise<never> =>
  new Promise((_, reject) => {
    let seen = 0;
    const look = setInterval(() => {
      for (; seen < requests.length; seen++) {
        const { caller, action, resource, decision } = requests[seen]!;
        if (decision.allowed) continue;
        clearInterval(look);
        reject(new Error(`${caller.arn} was refused ${action} on ${resource} ${decision.because}`));
      }
    }, 50);
    look.unref();
  });

const start = ({ assembly, dataDir, requests, log }: Stage): Promise<LocalCloud> =>
  startCloud({ assembly, dataDir, log, onDecision: (request) => requests.push(request) });

type Ew = ReturnType<typeof operator>['ew'];

const provisioning = async (cloud: LocalCloud, { dataDir }: Stage, ew: Ew): Promise<EdgeDevice> => {
  const planFile = join(dataDir, 'plan.json');
  writeFileSync(planFile, JSON.stringify(PLAN));
  await ew('facility', 'add', FACILITY, '--utc-offset', '-420');
  await ew('plan', 'apply', planFile);
  const claimFolder = join(dataDir, 'claim');
  await ew('device', 'claim', '--out', claimFolder);
  const spare = await ew('device', 'claim', '--out', join(dataDir, 'spare'), '--json');
  const { certificateId } = JSON.parse(spare.text) as { readonly certificateId: string };
  await ew('device', 'claims');
  await ew('device', 'claim-revoke', certificateId, '--why', 'a spare one');
  await ew('device', 'register', SERIAL, '--facility', FACILITY, '--thing', THING);
  const device = await provisionedDevice(cloud, join(dataDir, 'device'), {
    serialNumber: SERIAL,
    plan: PLAN,
    claim: { certificateFile: join(claimFolder, 'claim.pem'), keyFile: join(claimFolder, 'claim.key') },
  });
  await ew('device', 'list');
  await ew('device', 'list', '--facility', FACILITY);
  await ew('device', 'show', SERIAL);
  return device;
};

const pipeline = async (cloud: LocalCloud, { assembly }: Stage, device: EdgeDevice): Promise<void> => {
  const storage = loadTemplates(assembly).outputs()['EmissionWatch-Storage']!;
  const database = ownersDatabase(cloud);
  const publish = publisher(cloud, device);

  // An hour that closes by itself, and a message that is quarantined.
  await publish(message('2026-01-05T00:00Z', 60), message('2026-01-05T01:00Z', 20), 'not a message');
  await cloud.settled();

  // An hour that only close-periods computes: nothing more comes from the facility.
  await publish(message('2026-01-05T01:20Z', 40));
  await cloud.settled();
  await database.execute(`update facility_clock set arrived_at = now() - interval '1 hour'`);
  await cloud.closePeriods();
  await cloud.settled();

  // Each consumer gives a batch up.
  const put = streamWriter(cloud);
  await put(storage.ValidatedStreamName!, 'not a minute');
  await put(storage.EmissionsStreamName!, 'not an hour');
  cloud.disturb({ databaseAway: true });
  await publish('not a message either');
  await cloud.settled();
  cloud.disturb({});

  // Transactions that fail in the middle.
  await refuseWrites(database, 'hour', async () => {
    await publish(message('2026-01-05T00:00Z', 60, 1));
    await cloud.settled();
    await cloud.closePeriods().catch(() => undefined);
  });
  await refuseWrites(database, 'compliance_record', async () => {
    await cloud.closePeriods();
    await cloud.settled();
  });

  // The stream takes nothing, so the rule keeps the message.
  cloud.disturb({ streamsAway: true });
  await publish(message('2026-01-05T02:00Z', 1));
  await eventually(() => cloud.counters().iot.errorActionSuccess === 1);
  cloud.disturb({});
  await cloud.settled();
};

/** People put back what failed, and do something that fails itself. */
const recovery = async (cloud: LocalCloud, { dataDir }: Stage, ew: Ew): Promise<void> => {
  await refuseWrites(ownersDatabase(cloud), 'facility', async () => {
    await ew('facility', 'add', 'F002').catch(() => undefined);
  });
  await ew('redrive');
  // What somebody else puts back at the same time is gone.
  const ask = recoveryOf(await openDeployment({ local: true, dataDir }), new AbortController().signal);
  const gone = [`iot-failed/${FACILITY}/1700000000000-gone`];
  expect(await ask({ from: 'failed', keys: gone, dryRun: false })).toMatchObject({ gone });
  await cloud.settled();
  const { text } = await ew('quarantine', 'list', '--json');
  const [record] = (JSON.parse(text) as { readonly records: readonly { readonly recordId: string }[] }).records;
  await ew('quarantine', 'show', record!.recordId);
  await ew('quarantine', 'reprocess', record!.recordId, '--why', 'a test');
  await cloud.settled();
};

/** Minutes are missing and asked for; none are, and that is certified; a certificate of the device is replaced. */
const continuity = async (cloud: LocalCloud, { dataDir }: Stage, ew: Ew): Promise<void> => {
  const database = ownersDatabase(cloud);
  await eventually(async () => {
    const [row] = await database.execute(
      `select count(*) from minute where minute > extract(epoch from now()) / 60 - 30`,
    );
    return Number(row![0]) >= 15;
  });
  await database.execute(`delete from minute where minute > extract(epoch from now()) / 60 - 30`);
  await ew('data', 'verify-continuity', '--range', 'last-30m', '--facility', FACILITY, '--resend');
  const certificate = join(dataDir, 'certificate.json');
  const range = '2026-01-05T00:00Z..2026-01-05T02:00Z';
  await ew('data', 'verify-continuity', '--range', range, '--facility', FACILITY, '--certificate', certificate);
  await ew('evidence', 'public-key');
  await ew('evidence', 'verify', certificate);
  await ew('device', 'rotate', SERIAL, '--wait', '1');
  await ew('audit', 'verify');
};

/** A migration that was changed after it was applied: the function refuses it inside of a transaction. */
const failToMigrate = async (stage: Stage): Promise<void> => {
  const cloud = await start(stage);
  await ownersDatabase(cloud).execute(`update schema_migration set checksum = 'another'`);
  await cloud.stop();
  withOtherMigrations(stage.assembly);
  const failure = await start(stage).then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (!failure?.includes('was changed after it was applied'))
    throw new Error(`expected a failed migration: ${failure}`);
};

/** Lambda takes none of the invocations: Scheduler leaves the events in the dead-letter queues of the schedules. */
const missSchedules = async ({ assembly, dataDir, requests }: Stage): Promise<void> => {
  const templates = loadTemplates(assembly);
  const guard = createGuard({
    account: ACCOUNT,
    policies: policiesOf(templates),
    onDecision: (request) => requests.push(request),
  });
  const queues = await startDeadLetterQueues({ dataDir, queues: queuesOf(templates), guard });
  const schedules = schedulesOf(templates);
  mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.now() });
  const scheduler = startScheduler({
    schedules,
    lambda: { invoke: () => Promise.reject(new Error('nothing is run now')) },
    invokeLater: () => {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
    },
    guard,
    queues,
  });
  for (let second = 0; second < 301; second++) mock.timers.tick(1000);
  scheduler.stop();
  mock.timers.reset();
  for (const { deadLetterQueueArn } of schedules)
    await eventually(async () => (await queues.messages(deadLetterQueueArn!)).length > 0);
};

const ownersDatabase = ({ endpoints, database, runner }: LocalCloud): Database =>
  dataApi(
    { clusterArn: database.clusterArn, secretArn: database.ownerSecretArn, database: database.name },
    new RDSDataClient({ endpoint: endpoints.rdsData, region: REGION, credentials: runner }),
  );

const streamWriter = ({ endpoints, runner }: LocalCloud) => {
  const client = new KinesisClient({
    endpoint: endpoints.kinesis,
    region: REGION,
    credentials: runner,
    requestHandler: new NodeHttpHandler(),
  });
  return (stream: string, text: string) =>
    client.send(new PutRecordCommand({ StreamName: stream, PartitionKey: FACILITY, Data: Buffer.from(text) }));
};

/** Until `work` is done, no row of the table can be written: the statement fails, and with it its transaction. */
const refuseWrites = async ({ execute }: Database, table: string, work: () => Promise<void>): Promise<void> => {
  await execute(`create function refuse_${table}() returns trigger language plpgsql as
    $$ begin raise exception 'refused by a test'; end $$`);
  await execute(`create trigger refuse before insert or update on ${table} execute function refuse_${table}()`);
  try {
    await work();
  } finally {
    await execute(`drop trigger refuse on ${table}`);
  }
};

/** Publishes with the certificate of the device. */
const publisher = ({ iot: { port, caFile } }: LocalCloud, { certificateFile, keyFile }: EdgeDevice) => {
  const topic = `$aws/rules/emissionwatch_measurements/emissionwatch/v1/${FACILITY}/${THING}/minutes`;
  return async (...texts: readonly string[]) => {
    const client = await connectRaw({ port, caFile, certificateFile, keyFile, clientId: THING });
    await client.publishAll(
      topic,
      texts.map((text) => gzipSync(text)),
    );
    await client.end();
  };
};

const message = (from: string, minutes: number, revision = 0): string => {
  const each = <T>(value: (i: number) => T): T[] => Array.from({ length: minutes }, (_, i) => value(i));
  return JSON.stringify({
    v: 1,
    start: from,
    minutes,
    channels: CHANNELS,
    sources: [
      {
        source: 'S1',
        revision,
        firedSeconds: each(() => 60),
        grossLoad: each(() => 100),
        readings: each((i) => [10_000 + (i % 7), 50 + (i % 3) + revision, 5 + (i % 5) / 10]).flat(),
        statuses: 'V'.repeat(minutes * CHANNELS.length),
      },
    ],
  });
};
