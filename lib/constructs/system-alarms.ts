import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  ALARM_PREFIX,
  describeAlarm,
  INGEST_DEGRADED,
  INGEST_DEGRADED_RUNBOOK,
  type Measure,
  type Silence,
  SYSTEM_ALARMS,
  type SystemAlarm,
} from '../alarms.ts';
import type { WatchedResource, WatchedResources } from './watched.ts';

export interface SystemAlarmsProps {
  readonly watched: WatchedResources;
  /** Where whoever is on call is told. */
  readonly operations: ITopic;
}

const SILENCE: Readonly<Record<Silence, TreatMissingData>> = {
  fine: TreatMissingData.NOT_BREACHING,
  wrong: TreatMissingData.BREACHING,
  unchanged: TreatMissingData.IGNORE,
};

/** The alarms of the table, one for each resource that a row watches, and the one that stands for several. */
export class SystemAlarms extends Construct {
  /** By the title of their row. */
  readonly byTitle: ReadonlyMap<string, readonly Alarm[]>;
  readonly all: readonly (Alarm | CompositeAlarm)[];
  private readonly tell: IAlarmAction;

  constructor(scope: Construct, id: string, { watched, operations }: SystemAlarmsProps) {
    super(scope, id);
    this.tell = new SnsAction(operations);
    this.byTitle = new Map(
      SYSTEM_ALARMS.map((row) => [row.title, watched[row.of].map((resource) => this.alarm(row, resource))]),
    );
    this.all = [...[...this.byTitle.values()].flat(), this.ingestDegraded()];
  }

  private alarm(row: SystemAlarm, resource: WatchedResource): Alarm {
    const suffix = resource.name === '' ? '' : `-${resource.name}`;
    const alarm = new Alarm(this, `${row.title}${suffix}`, {
      alarmName: `${ALARM_PREFIX}${row.title}${suffix}`,
      alarmDescription: describeAlarm(row),
      metric: metricOf(row, resource),
      threshold: row.threshold,
      comparisonOperator:
        row.when === '>' ? ComparisonOperator.GREATER_THAN_THRESHOLD : ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: row.periods,
      ...(row.atLeast !== undefined && { datapointsToAlarm: row.atLeast }),
      treatMissingData: SILENCE[row.silence],
    });
    alarm.addAlarmAction(this.tell);
    alarm.addOkAction(this.tell);
    return alarm;
  }

  /** Records that wait are a page only when something stops them; a backlog that is being worked off is not. */
  private ingestDegraded(): CompositeAlarm {
    const ringing = (title: string) =>
      (this.byTitle.get(title) ?? []).map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM));
    const composite = new CompositeAlarm(this, 'IngestDegraded', {
      compositeAlarmName: INGEST_DEGRADED,
      alarmDescription: describeAlarm({
        severity: 'page',
        means: 'minutes wait, because functions are throttled or the database does not answer',
        runbook: INGEST_DEGRADED_RUNBOOK,
      }),
      alarmRule: AlarmRule.allOf(
        AlarmRule.anyOf(...ringing('RecordsWait'), ...ringing('BacklogGrows')),
        AlarmRule.anyOf(...ringing('ConsumerThrottled'), ...ringing('DatabaseErrors')),
      ),
    });
    composite.addAlarmAction(this.tell);
    composite.addOkAction(this.tell);
    return composite;
  }
}

/** What Lambda counts of a mapping and not of the function behind it. */
const MAPPING_METRICS = ['InvokedEventCount', 'OnFailureDestinationDeliveredEventCount'];

const dimensionsOf = ({ namespace, metric }: Measure, resource: WatchedResource) => {
  if (MAPPING_METRICS.includes(metric)) return resource.mappingDimensions;
  return namespace === 'AWS/Kinesis' ? (resource.streamDimensions ?? resource.dimensions) : resource.dimensions;
};

const metricOf = (row: SystemAlarm, resource: WatchedResource): IMetric => {
  const period = Duration.minutes(row.minutes);
  const metric = (measure: Measure) => {
    const { namespace, metric: metricName, statistic } = measure;
    const dimensionsMap = { ...dimensionsOf(measure, resource), ...measure.dimensions };
    return new Metric({ namespace, metricName, statistic, period, dimensionsMap });
  };
  const math = (expression: string, usingMetrics: Record<string, IMetric>) =>
    new MathExpression({ expression, usingMetrics, period, label: row.title });
  const a = metric(row.measure);
  if (row.less) return math('FILL(a, 0) - FILL(b, 0)', { a, b: metric(row.less) });
  if (row.percentOf) return math('100 * FILL(a, 0) / b', { a, b: metric(row.percentOf) });
  if (!row.percentOfLimit) return a;
  if (resource.limit === undefined) throw new Error(`${row.title} compares ${resource.name} with a limit it has not`);
  // What may be busy in a minute may be so in each minute of the period.
  const whole = row.measure.metric === 'Duration' ? resource.limit * row.minutes : resource.limit;
  return math(`100 * a / ${whole}`, { a });
};
