import * as z from 'zod';
import { AwsError, type Operation } from '../aws-json.ts';
import type { Guard } from '../iam/guard.ts';
import type { CompositeAlarm, MetricAlarm, Told } from './alarm-definition.ts';
import type { AlarmState } from './alarm-states.ts';

const TYPES = ['MetricAlarm', 'CompositeAlarm'] as const;

const request = z.strictObject({
  AlarmNames: z.array(z.string()).max(100).optional(),
  AlarmNamePrefix: z.string().min(1).optional(),
  /** Without it composite alarms are left out, as on AWS. */
  AlarmTypes: z.array(z.enum(TYPES)).default(['MetricAlarm']),
  StateValue: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']).optional(),
  MaxRecords: z.int().min(1).max(100).default(50),
  NextToken: z.string().optional(),
});

const NEVER: AlarmState = { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation', updated: 0 };

/** DescribeAlarms, in the order of names. */
export const describeAlarms = (options: {
  readonly metricAlarms: readonly MetricAlarm[];
  readonly compositeAlarms: readonly CompositeAlarm[];
  readonly stateOf: (alarm: string) => AlarmState | undefined;
  readonly guard: Pick<Guard, 'check'>;
  readonly account: string;
  readonly region: string;
}): Operation => {
  const { stateOf, guard, account, region } = options;
  const all = [
    ...options.metricAlarms.map((alarm) => ({ type: TYPES[0], alarm, shown: metricAlarm(alarm) })),
    ...options.compositeAlarms.map((alarm) => ({ type: TYPES[1], alarm, shown: { AlarmRule: alarm.rule } })),
  ].sort((a, b) => (a.alarm.name < b.alarm.name ? -1 : 1));

  return (input, caller) => {
    const read = request.safeParse(input);
    if (!read.success) {
      const [issue] = read.error.issues;
      throw new AwsError('ValidationError', `${issue?.path.join('.') || 'request'}: ${issue?.message}`);
    }
    const { AlarmNames, AlarmNamePrefix, AlarmTypes, StateValue, MaxRecords, NextToken = '' } = read.data;
    // Composite alarms are only shown to whoever may see everything.
    const composite = AlarmTypes.includes('CompositeAlarm');
    guard.check(
      caller,
      'cloudwatch:DescribeAlarms',
      composite ? '*' : `arn:aws:cloudwatch:${region}:${account}:alarm:*`,
    );
    const wanted = all.filter(
      ({ type, alarm: { name } }) =>
        AlarmTypes.includes(type) &&
        (AlarmNames === undefined || AlarmNames.includes(name)) &&
        (AlarmNamePrefix === undefined || name.startsWith(AlarmNamePrefix)) &&
        (StateValue === undefined || (stateOf(name) ?? NEVER).value === StateValue) &&
        name > NextToken,
    );
    const page = wanted.slice(0, MaxRecords);
    const ofType = (wantedType: (typeof TYPES)[number]) =>
      page
        .filter(({ type }) => type === wantedType)
        .map(({ alarm, shown }) => ({ ...told(alarm, stateOf(alarm.name) ?? NEVER), ...shown }));
    return {
      MetricAlarms: ofType('MetricAlarm'),
      CompositeAlarms: ofType('CompositeAlarm'),
      ...(page.length < wanted.length && { NextToken: page.at(-1)!.alarm.name }),
    };
  };
};

const told = (alarm: Told, { value, reason, updated }: AlarmState) => ({
  AlarmName: alarm.name,
  AlarmArn: alarm.arn,
  ...(alarm.description !== undefined && { AlarmDescription: alarm.description }),
  ActionsEnabled: alarm.actionsEnabled,
  AlarmActions: alarm.alarmActions,
  OKActions: alarm.okActions,
  InsufficientDataActions: alarm.insufficientDataActions,
  StateValue: value,
  StateReason: reason,
  StateUpdatedTimestamp: updated / 1000,
  StateTransitionedTimestamp: updated / 1000,
});

const metricAlarm = (alarm: MetricAlarm) => ({
  EvaluationPeriods: alarm.evaluationPeriods,
  DatapointsToAlarm: alarm.datapointsToAlarm,
  Threshold: alarm.threshold,
  ComparisonOperator: alarm.comparison,
  TreatMissingData: alarm.missing,
  ...(alarm.expressions.length === 0 ? oneMetric(alarm) : { Metrics: queriesOf(alarm) }),
});

const oneMetric = ({ metrics: [one], periodSeconds }: MetricAlarm) => ({
  ...metricOf(one!.metric),
  Period: periodSeconds,
  [one!.statistic.startsWith('p') ? 'ExtendedStatistic' : 'Statistic']: one!.statistic,
});

const queriesOf = ({ metrics, expressions, compared, periodSeconds }: MetricAlarm) => [
  ...expressions.map(({ id, expression }) => ({ Id: id, Expression: expression, ReturnData: id === compared })),
  ...metrics.map(({ id, metric, statistic }) => ({
    Id: id,
    MetricStat: { Metric: metricOf(metric), Period: periodSeconds, Stat: statistic },
    ReturnData: id === compared,
  })),
];

const metricOf = ({ namespace, name, dimensions }: MetricAlarm['metrics'][number]['metric']) => ({
  Namespace: namespace,
  MetricName: name,
  Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
});
