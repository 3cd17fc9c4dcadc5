import { appendFileSync, readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { connectRaw } from '../iot/raw-client.ts';
import type { Stage } from './stage.ts';

/** What makes the alarms of a row ring, and what ends it. Each is done once in every minute that passes. */
export interface Cause {
  readonly happens: (stage: Stage, minute: number) => Promise<unknown>;
  readonly mends: (stage: Stage) => Promise<unknown>;
  /** Length of a minute's step, for alarms on hours. @default 1 */
  readonly step?: number;
  /** Why the test counts in place of a service: the cause cannot be had on one machine. */
  readonly countedBecause?: string;
}

const nothing = async () => {};
const CONSUMED = ['measurements', 'validated', 'emissions'] as const;
const CONSUMERS = ['validate-measurements', 'record-time-series', 'calculate-emissions', 'check-compliance'];
/** No JSON: validate-measurements puts it in quarantine, the others fail with it. */
const POISON = 'not a message';

const onEveryStream = async (stage: Stage, minutesAgo = 0) => {
  for (const stream of CONSUMED) await stage.put(stream, POISON, minutesAgo);
};

/** Without a database not even the first consumer gets rid of a record. */
const poisoned = async (stage: Stage, minute: number) => {
  stage.cloud.disturb({ databaseAway: true });
  // A record that arrived when the first one did: the reader stands still.
  await onEveryStream(stage, 6 + minute);
  await stage.cloud.settled();
  stage.cloud.disturb({});
};
/** What came a moment ago is worked on at once, and given up at once. */
const fresh = async (stage: Stage) => {
  await onEveryStream(stage);
  await stage.cloud.settled();
};

const counted = (
  title: string,
  bad: Readonly<Record<string, number>>,
  good: Readonly<Record<string, number>>,
  countedBecause: string,
): Cause => ({
  happens: async (stage) => stage.count(title, bad),
  mends: async (stage) => stage.count(title, good),
  countedBecause,
});

const NO_CLUSTER = 'only an Aurora cluster has this metric';
const NO_LOAD = 'it would take a load that keeps every lane busy for minutes';
const SLOW = 'it would take an answer of more than a second for every request';

const throttled =
  (titles: readonly string[]) =>
  async (stage: Stage): Promise<void> => {
    stage.cloud.disturb({ throttled: titles });
    await onEveryStream(stage);
  };
const released = async (stage: Stage) => {
  stage.cloud.disturb({});
  await stage.cloud.settled();
};

/** Functions that nothing from outside makes fail, because they answer with a refusal: their errors are counted. */
const NEVER_FAIL = ['AdmitDevice', 'RecoverRecords'];

const failing = async (stage: Stage) => {
  stage.cloud.disturb({ databaseAway: true });
  await onEveryStream(stage);
  await Promise.all(
    stage.functions.filter((title) => !CONSUMERS.includes(title)).map((title) => stage.invoke(title, null)),
  );
  await stage.cloud.settled();
  stage.cloud.disturb({});
  for (const { metrics } of stage.alarms)
    for (const { metric } of metrics)
      if (metric.name === 'Errors' && NEVER_FAIL.some((id) => metric.dimensions.FunctionName!.includes(id)))
        stage.cloud.cloudwatch.metrics.add(metric, 1);
};

const inQueues = (stage: Stage): string[] => {
  const folder = join(stage.dataDir, 'queues');
  return readdirSync(folder).map((file) => join(folder, file));
};

/** A message of a device while the stream takes none. */
const measurementRefused = async (stage: Stage) => {
  const { iot } = stage.cloud;
  const { certificateFile, keyFile } = await iot.registerDevice({ thing: 'edge-1', facility: '1' });
  const { port, caFile } = iot;
  const client = await connectRaw({ port, caFile, certificateFile, keyFile, clientId: 'edge-1' });
  stage.cloud.disturb({ streamsAway: true });
  await client.publishAll('$aws/rules/emissionwatch_measurements/emissionwatch/v1/1/edge-1/minutes', [
    Buffer.from('{}'),
  ]);
  stage.cloud.disturb({});
  await client.end();
};

const unavailable = async (stage: Stage) => {
  stage.cloud.disturb({ throttled: ['serve-api'] });
  await fetch(`${stage.cloud.endpoints.api}/health`);
  stage.cloud.disturb({});
};
const answers = async (stage: Stage) => {
  await fetch(`${stage.cloud.endpoints.api}/health`);
};
const silent = (title: string): Cause => ({
  happens: nothing,
  mends: (stage) => stage.invoke(title),
});

/** Rows that are played at the same time. What is not named here needs no time of its own. */
export const TOGETHER: readonly (readonly string[])[] = [
  ['RecordsWait', 'RecordsWaitLong', 'DatabaseErrors', 'IngestDegraded'],
  ['BacklogGrows', 'ConsumerThrottled'],
  ['HoursNotClosed', 'ContinuityNotChecked', 'AlarmsNotRaised'],
  ['FunctionFails', 'BatchGivenUp'],
  ['SelfTestMissing'],
  ['ApiFails', 'ApiFailsOften', 'StreamRefusesRecords', 'RuleActionFails', 'MessagesQuarantined', 'DeadLetters'],
];

export const CAUSES: Readonly<Record<string, Cause>> = {
  RecordsWait: { happens: poisoned, mends: fresh },
  RecordsWaitLong: { happens: nothing, mends: nothing },
  BatchGivenUp: { happens: nothing, mends: nothing },
  BacklogGrows: { happens: throttled(CONSUMERS), mends: released },
  ConsumerThrottled: { happens: nothing, mends: nothing },
  ConsumerBusy: counted('ConsumerBusy', { Duration: 200_000 }, {}, NO_LOAD),
  ConsumerSaturated: counted('ConsumerSaturated', { Duration: 230_000 }, {}, NO_LOAD),
  StreamRefusesRecords: {
    happens: async (stage) => {
      stage.cloud.disturb({ streamsAway: true });
      await onEveryStream(stage);
      stage.cloud.disturb({});
    },
    mends: nothing,
  },
  RuleMissing: counted('RuleMissing', { RuleNotFound: 1 }, {}, 'the templates have the rule'),
  RuleThrottled: counted('RuleThrottled', { RuleMessageThrottled: 1 }, {}, 'the broker has no quota'),
  RuleActionFails: { happens: measurementRefused, mends: nothing },
  MessageLost: counted('MessageLost', { ErrorActionFailure: 1 }, {}, 'the bucket takes every object'),
  FunctionFails: { happens: failing, mends: nothing },
  DeadLetters: {
    happens: async (stage) => {
      for (const file of inQueues(stage)) appendFileSync(file, `${JSON.stringify({ sent: Date.now(), body: '{}' })}\n`);
    },
    mends: async (stage) => {
      for (const file of inQueues(stage)) truncateSync(file);
    },
  },
  HoursNotClosed: silent('close-periods'),
  ContinuityNotChecked: silent('verify-continuity'),
  AlarmsNotRaised: silent('raise-alarms'),
  DatabaseBusy: counted('DatabaseBusy', { ACUUtilization: 97 }, { ACUUtilization: 20 }, NO_CLUSTER),
  DatabaseSaturated: counted('DatabaseSaturated', { ACUUtilization: 97 }, { ACUUtilization: 20 }, NO_CLUSTER),
  DatabaseConnectionsMany: counted(
    'DatabaseConnectionsMany',
    { DatabaseConnections: 1300 },
    {},
    'the server here allows fewer connections than the threshold',
  ),
  DatabaseConnectionsFull: counted(
    'DatabaseConnectionsFull',
    { DatabaseConnections: 1500 },
    {},
    'the server here allows fewer connections than the threshold',
  ),
  DatabaseReadsDisk: counted('DatabaseReadsDisk', { BufferCacheHitRatio: 85 }, { BufferCacheHitRatio: 99 }, NO_CLUSTER),
  DatabaseReadsMostlyDisk: counted(
    'DatabaseReadsMostlyDisk',
    { BufferCacheHitRatio: 70 },
    { BufferCacheHitRatio: 99 },
    NO_CLUSTER,
  ),
  StandbyBehind: counted(
    'StandbyBehind',
    { AuroraReplicaLagMaximum: 11_000 },
    { AuroraReplicaLagMaximum: 20 },
    NO_CLUSTER,
  ),
  StandbyFarBehind: counted(
    'StandbyFarBehind',
    { AuroraReplicaLagMaximum: 61_000 },
    { AuroraReplicaLagMaximum: 20 },
    NO_CLUSTER,
  ),
  DatabaseErrors: {
    happens: async (stage) => {
      stage.cloud.disturb({ databaseAway: true });
      await stage.invoke('close-periods');
      stage.cloud.disturb({});
    },
    mends: nothing,
  },
  ApiSlow: counted('ApiSlow', { Latency: 1500 }, { Latency: 20 }, SLOW),
  ApiVerySlow: counted('ApiVerySlow', { Latency: 2500 }, { Latency: 20 }, SLOW),
  ApiFails: { happens: unavailable, mends: answers },
  ApiFailsOften: { happens: nothing, mends: nothing },
  ReportFails: counted('ReportFails', { ExecutionsFailed: 1 }, {}, 'steps are tried again for minutes before it fails'),
  ReportTimesOut: counted('ReportTimesOut', { ExecutionsTimedOut: 1 }, {}, 'it would take hours'),
  MinutesLost: counted('MinutesLost', { GapMinutes: 3 }, { GapMinutes: 0 }, 'an agent forgets minutes after a day'),
  MessagesQuarantined: {
    happens: async (stage) => {
      await stage.put('measurements', POISON);
      await stage.cloud.settled();
    },
    mends: nothing,
  },
  NoticesNotSent: counted('NoticesNotSent', { NoticeFailures: 1 }, {}, 'the topics take every notice'),
  NoticesPileUp: counted('NoticesPileUp', { NoticesWaiting: 2 }, {}, 'the topics take every notice'),
  SelfTestMissing: {
    happens: nothing,
    mends: (stage) => stage.invoke('raise-alarms', { selfTest: { who: 'test' } }),
    step: 60,
  },
  IngestDegraded: { happens: nothing, mends: nothing },
};
