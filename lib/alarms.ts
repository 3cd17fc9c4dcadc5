/** Which resources of the deployment a row watches: one alarm for each of them. */
export type Watched =
  | 'function'
  | 'consumer'
  | 'stream'
  | 'queue'
  | 'rule'
  | 'database'
  | 'standby'
  | 'api'
  | 'state machine'
  /** Nothing but what functions count themselves. */
  | 'counts';

/** A page wakes somebody up. A ticket waits for the morning. */
export type Severity = 'page' | 'ticket';

/** What a period without any data point means. `wrong` is for signs of life, `unchanged` for metrics that pause. */
export type Silence = 'fine' | 'wrong' | 'unchanged';

export interface Measure {
  /** `EmissionWatch` for what functions count, else AWS's. */
  readonly namespace: string;
  readonly metric: string;
  readonly statistic: 'Sum' | 'Average' | 'Maximum' | 'Minimum' | 'SampleCount' | 'p99';
  /** Besides those that name the watched resource. */
  readonly dimensions?: Readonly<Record<string, string>>;
}

export interface SystemAlarm {
  /** The alarm is `EmissionWatch-<title>`; of what there may be several of, the name of the one follows. */
  readonly title: string;
  readonly of: Watched;
  /** One sentence for whoever is woken. */
  readonly means: string;
  readonly measure: Measure;
  /** `a - b`, `a / b` and the like: what is compared in place of `measure`, which is its `a`. */
  readonly less?: Measure;
  /** In percent of this metric. */
  readonly percentOf?: Measure;
  /** In percent of what the resource has, see `constructs/watched.ts`. */
  readonly percentOfLimit?: true;
  readonly when: '>' | '<';
  readonly threshold: number;
  /** Length of a period. */
  readonly minutes: number;
  /** So many periods in a row, or `atLeast` of them. */
  readonly periods: number;
  readonly atLeast?: number;
  readonly silence: Silence;
  readonly severity: Severity;
  /** docs/runbooks/<page>.md */
  readonly runbook: string;
}

export const ALARM_PREFIX = 'EmissionWatch-';
/** The alarm that stands for the others when minutes do not get in. */
export const INGEST_DEGRADED = `${ALARM_PREFIX}IngestDegraded`;
export const INGEST_DEGRADED_RUNBOOK = 'records-wait';

const lambda = (metric: string, statistic: Measure['statistic']): Measure => ({
  namespace: 'AWS/Lambda',
  metric,
  statistic,
});
const iot = (metric: string, ActionType?: string): Measure => ({
  namespace: 'AWS/IoT',
  metric,
  statistic: 'Sum',
  ...(ActionType && { dimensions: { ActionType } }),
});
const rds = (metric: string, statistic: Measure['statistic']): Measure => ({ namespace: 'AWS/RDS', metric, statistic });
const api = (metric: string, statistic: Measure['statistic']): Measure => ({
  namespace: 'AWS/ApiGateway',
  metric,
  statistic,
});
const states = (metric: string): Measure => ({ namespace: 'AWS/States', metric, statistic: 'Sum' });
/** What a function counts, under its name; never by facility or source. */
const counted = (
  service: string,
  metric: string,
  statistic: Measure['statistic'] = 'Sum',
  more: Readonly<Record<string, string>> = {},
): Measure => ({ namespace: 'EmissionWatch', metric, statistic, dimensions: { service, ...more } });

const forFiveMinutes = { minutes: 1, periods: 5 } as const;
const inFiveMinutes = { minutes: 5, periods: 1 } as const;
const ANY = { when: '>', threshold: 0, silence: 'fine' } as const;

/**
 * Every alarm on the system itself. Alarms of the plants are rows of the database and not in here. The stack, the
 * runbooks' test and `docs/runbooks/README.md` are made from this table.
 *
 * SQS reports a queue's length only for some hours after its last use, and a database that is away nothing at all;
 * there silence says nothing new (`unchanged`). Lambda reports the age of records only when it invokes: that a consumer
 * takes none at all is seen by the backlog.
 */
export const SYSTEM_ALARMS: readonly SystemAlarm[] = [
  // Minutes on their way.
  {
    title: 'RecordsWait',
    of: 'consumer',
    means: 'records are a minute old and more before they are worked on',
    measure: lambda('IteratorAge', 'Maximum'),
    when: '>',
    threshold: 60_000,
    ...forFiveMinutes,
    silence: 'fine',
    severity: 'ticket',
    runbook: 'records-wait',
  },
  {
    title: 'RecordsWaitLong',
    of: 'consumer',
    means: 'records are five minutes old and more before they are worked on',
    measure: lambda('IteratorAge', 'Maximum'),
    when: '>',
    threshold: 300_000,
    ...forFiveMinutes,
    silence: 'fine',
    severity: 'page',
    runbook: 'records-wait',
  },
  {
    // Not what Lambda has polled less what it has invoked with: a throttled mapping stops polling, too.
    title: 'BacklogGrows',
    of: 'consumer',
    means: 'for a quarter of an hour more records came into the stream than were given to the function',
    measure: { namespace: 'AWS/Kinesis', metric: 'IncomingRecords', statistic: 'Sum' },
    less: lambda('InvokedEventCount', 'Sum'),
    when: '>',
    threshold: 0,
    minutes: 5,
    periods: 3,
    silence: 'fine',
    severity: 'ticket',
    runbook: 'records-wait',
  },
  {
    title: 'ConsumerThrottled',
    of: 'consumer',
    means: 'Lambda had no room for an invocation, although one is reserved for every lane',
    measure: lambda('Throttles', 'Sum'),
    ...ANY,
    minutes: 1,
    periods: 3,
    atLeast: 2,
    severity: 'ticket',
    runbook: 'records-wait',
  },
  {
    title: 'ConsumerBusy',
    of: 'consumer',
    means: 'the reserved invocations are busy for more than 70 % of the time',
    measure: lambda('Duration', 'Sum'),
    percentOfLimit: true,
    when: '>',
    threshold: 70,
    ...forFiveMinutes,
    silence: 'fine',
    severity: 'ticket',
    runbook: 'capacity',
  },
  {
    title: 'ConsumerSaturated',
    of: 'consumer',
    means: 'the reserved invocations are busy for more than 85 % of the time',
    measure: lambda('Duration', 'Sum'),
    percentOfLimit: true,
    when: '>',
    threshold: 85,
    ...forFiveMinutes,
    silence: 'fine',
    severity: 'page',
    runbook: 'capacity',
  },
  {
    title: 'BatchGivenUp',
    of: 'consumer',
    means: 'records ran out of retries and lie in the bucket for failed batches',
    measure: lambda('OnFailureDestinationDeliveredEventCount', 'Sum'),
    ...ANY,
    ...inFiveMinutes,
    severity: 'page',
    runbook: 'failed-records',
  },
  {
    title: 'StreamRefusesRecords',
    of: 'stream',
    means: 'a shard takes no more records a second',
    measure: { namespace: 'AWS/Kinesis', metric: 'WriteProvisionedThroughputExceeded', statistic: 'Sum' },
    ...ANY,
    ...inFiveMinutes,
    severity: 'ticket',
    runbook: 'capacity',
  },
  {
    title: 'RuleMissing',
    of: 'rule',
    means: 'agents send to a topic rule that does not exist or is disabled: their messages are lost',
    measure: iot('RuleNotFound'),
    ...ANY,
    minutes: 1,
    periods: 1,
    severity: 'page',
    runbook: 'topic-rule',
  },
  {
    title: 'RuleThrottled',
    of: 'rule',
    means: 'AWS IoT drops messages because the account sends more than its quota',
    measure: iot('RuleMessageThrottled'),
    ...ANY,
    ...inFiveMinutes,
    severity: 'page',
    runbook: 'topic-rule',
  },
  {
    title: 'RuleActionFails',
    of: 'rule',
    means: 'the stream did not take a message; it lies in the failed bucket',
    measure: iot('Failure', 'Kinesis'),
    ...ANY,
    ...inFiveMinutes,
    severity: 'ticket',
    runbook: 'topic-rule',
  },
  {
    title: 'MessageLost',
    of: 'rule',
    means: 'neither the stream nor the failed bucket took a message: the cloud does not have it',
    measure: iot('ErrorActionFailure', 'S3'),
    ...ANY,
    minutes: 1,
    periods: 1,
    severity: 'page',
    runbook: 'topic-rule',
  },

  // Functions and what waits for people.
  {
    title: 'FunctionFails',
    of: 'function',
    means: 'an invocation ended with an error',
    measure: lambda('Errors', 'Sum'),
    ...ANY,
    ...inFiveMinutes,
    severity: 'ticket',
    runbook: 'function-fails',
  },
  {
    title: 'DeadLetters',
    of: 'queue',
    means: 'what could not be delivered lies in a queue that nobody reads by itself',
    measure: { namespace: 'AWS/SQS', metric: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum' },
    when: '>',
    threshold: 0,
    ...inFiveMinutes,
    silence: 'unchanged',
    severity: 'ticket',
    runbook: 'dead-letters',
  },
  {
    title: 'HoursNotClosed',
    of: 'counts',
    means: 'close-periods has not come to its end for ten minutes, although it runs every minute',
    measure: counted('close-periods', 'HoursClosed', 'SampleCount'),
    when: '<',
    threshold: 1,
    minutes: 1,
    periods: 10,
    silence: 'wrong',
    severity: 'page',
    runbook: 'signs-of-life',
  },
  {
    title: 'ContinuityNotChecked',
    of: 'counts',
    means: 'verify-continuity has not come to its end for half an hour, although it runs every five minutes',
    measure: counted('verify-continuity', 'FacilitiesOffline', 'SampleCount'),
    when: '<',
    threshold: 1,
    minutes: 5,
    periods: 6,
    silence: 'wrong',
    severity: 'ticket',
    runbook: 'signs-of-life',
  },
  {
    title: 'AlarmsNotRaised',
    of: 'counts',
    means: 'raise-alarms has not come to its end for ten minutes, although it runs every minute',
    measure: counted('raise-alarms', 'NoticesWaiting', 'SampleCount'),
    when: '<',
    threshold: 1,
    minutes: 1,
    periods: 10,
    silence: 'wrong',
    severity: 'page',
    runbook: 'signs-of-life',
  },

  // The database.
  {
    title: 'DatabaseBusy',
    of: 'database',
    means: 'the database uses more than 80 % of the capacity it may grow to',
    measure: rds('ACUUtilization', 'Average'),
    when: '>',
    threshold: 80,
    ...forFiveMinutes,
    silence: 'unchanged',
    severity: 'ticket',
    runbook: 'database',
  },
  {
    title: 'DatabaseSaturated',
    of: 'database',
    means: 'the database uses more than 95 % of the capacity it may grow to',
    measure: rds('ACUUtilization', 'Average'),
    when: '>',
    threshold: 95,
    ...forFiveMinutes,
    silence: 'unchanged',
    severity: 'page',
    runbook: 'database',
  },
  {
    title: 'DatabaseConnectionsMany',
    of: 'database',
    means: 'more than 70 % of the connections that the database allows are open',
    measure: rds('DatabaseConnections', 'Maximum'),
    percentOfLimit: true,
    when: '>',
    threshold: 70,
    ...forFiveMinutes,
    silence: 'unchanged',
    severity: 'ticket',
    runbook: 'database',
  },
  {
    title: 'DatabaseConnectionsFull',
    of: 'database',
    means: 'more than 90 % of the connections that the database allows are open',
    measure: rds('DatabaseConnections', 'Maximum'),
    percentOfLimit: true,
    when: '>',
    threshold: 90,
    ...forFiveMinutes,
    silence: 'unchanged',
    severity: 'page',
    runbook: 'database',
  },
  {
    title: 'DatabaseReadsDisk',
    of: 'database',
    means: 'less than 90 % of what is read lies in memory',
    measure: rds('BufferCacheHitRatio', 'Average'),
    when: '<',
    threshold: 90,
    minutes: 5,
    periods: 3,
    silence: 'unchanged',
    severity: 'ticket',
    runbook: 'database',
  },
  {
    title: 'DatabaseReadsMostlyDisk',
    of: 'database',
    means: 'less than 80 % of what is read lies in memory',
    measure: rds('BufferCacheHitRatio', 'Average'),
    when: '<',
    threshold: 80,
    minutes: 5,
    periods: 3,
    silence: 'unchanged',
    severity: 'ticket',
    runbook: 'database',
  },
  {
    title: 'StandbyBehind',
    of: 'standby',
    means: 'the standby is more than 10 s behind the writer',
    measure: rds('AuroraReplicaLagMaximum', 'Maximum'),
    when: '>',
    threshold: 10_000,
    ...forFiveMinutes,
    silence: 'unchanged',
    severity: 'ticket',
    runbook: 'database',
  },
  {
    title: 'StandbyFarBehind',
    of: 'standby',
    means: 'the standby is more than 60 s behind the writer: a failover would take long',
    measure: rds('AuroraReplicaLagMaximum', 'Maximum'),
    when: '>',
    threshold: 60_000,
    ...forFiveMinutes,
    silence: 'unchanged',
    severity: 'page',
    runbook: 'database',
  },
  {
    title: 'DatabaseErrors',
    of: 'counts',
    means: 'the Data API refused calls or did not answer them',
    measure: counted('database', 'DatabaseErrors'),
    ...ANY,
    minutes: 1,
    periods: 3,
    atLeast: 2,
    severity: 'ticket',
    runbook: 'database',
  },

  // What people use.
  {
    title: 'ApiSlow',
    of: 'api',
    means: 'one answer in a hundred takes more than a second',
    measure: api('Latency', 'p99'),
    when: '>',
    threshold: 1000,
    ...forFiveMinutes,
    silence: 'fine',
    severity: 'ticket',
    runbook: 'api',
  },
  {
    title: 'ApiVerySlow',
    of: 'api',
    means: 'one answer in a hundred takes more than two seconds',
    measure: api('Latency', 'p99'),
    when: '>',
    threshold: 2000,
    ...forFiveMinutes,
    silence: 'fine',
    severity: 'page',
    runbook: 'api',
  },
  {
    title: 'ApiFails',
    of: 'api',
    means: 'more than one answer in a thousand is an error of ours',
    measure: api('5xx', 'Sum'),
    percentOf: api('Count', 'Sum'),
    when: '>',
    threshold: 0.1,
    ...inFiveMinutes,
    silence: 'fine',
    severity: 'ticket',
    runbook: 'api',
  },
  {
    title: 'ApiFailsOften',
    of: 'api',
    means: 'more than one answer in a hundred is an error of ours, for a quarter of an hour',
    measure: api('5xx', 'Sum'),
    percentOf: api('Count', 'Sum'),
    when: '>',
    threshold: 1,
    minutes: 5,
    periods: 3,
    silence: 'fine',
    severity: 'page',
    runbook: 'api',
  },
  {
    title: 'ReportFails',
    of: 'state machine',
    means: 'a quarterly report was not made',
    measure: states('ExecutionsFailed'),
    ...ANY,
    ...inFiveMinutes,
    severity: 'ticket',
    runbook: 'reports',
  },
  {
    title: 'ReportTimesOut',
    of: 'state machine',
    means: 'a quarterly report was not made in its time',
    measure: states('ExecutionsTimedOut'),
    ...ANY,
    ...inFiveMinutes,
    severity: 'ticket',
    runbook: 'reports',
  },

  // What the data say of themselves.
  {
    title: 'MinutesLost',
    of: 'counts',
    means: 'minutes are missing that the plant no longer has either',
    measure: counted('verify-continuity', 'GapMinutes', 'Maximum', { class: 'lost' }),
    when: '>',
    threshold: 0,
    ...inFiveMinutes,
    silence: 'unchanged',
    severity: 'page',
    runbook: 'minutes-missing',
  },
  {
    title: 'MessagesQuarantined',
    of: 'counts',
    means: 'messages arrived that can never become valid as they are',
    measure: counted('validate-measurements', 'MessagesQuarantined'),
    ...ANY,
    ...inFiveMinutes,
    severity: 'ticket',
    runbook: 'quarantine',
  },

  // The way to people.
  {
    title: 'NoticesNotSent',
    of: 'counts',
    means: 'the topic refused notices: people were not told what happens at a plant',
    measure: counted('raise-alarms', 'NoticeFailures'),
    ...ANY,
    ...inFiveMinutes,
    severity: 'page',
    runbook: 'notices',
  },
  {
    title: 'NoticesPileUp',
    of: 'counts',
    means: 'notices have been waiting to be sent for a quarter of an hour',
    measure: counted('raise-alarms', 'NoticesWaiting', 'Minimum'),
    ...ANY,
    minutes: 5,
    periods: 3,
    severity: 'page',
    runbook: 'notices',
  },
  {
    title: 'SelfTestMissing',
    of: 'counts',
    means: 'the daily test of the way to people was not sent for 26 hours',
    measure: counted('raise-alarms', 'SelfTestPublished'),
    when: '<',
    threshold: 1,
    minutes: 60,
    periods: 26,
    silence: 'wrong',
    severity: 'page',
    runbook: 'notices',
  },
];

/** As it stands in the alarm's description, which is all that an e-mail of CloudWatch says in words of ours. */
export const describeAlarm = ({
  severity,
  means,
  runbook,
}: Pick<SystemAlarm, 'severity' | 'means' | 'runbook'>): string =>
  `${severity}: ${means}. Runbook: docs/runbooks/${runbook}.md`;
