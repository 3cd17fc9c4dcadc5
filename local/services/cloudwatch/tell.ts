import type { CompositeAlarm, MetricAlarm } from './alarm-definition.ts';
import type { AlarmState } from './alarm-states.ts';
import type { StateValue } from './decide-state.ts';

/** A message of CloudWatch to a topic. */
export interface AlarmMessage {
  readonly topicArn: string;
  /** The alarm in whose name it is sent. */
  readonly alarmArn: string;
  readonly subject: string;
  readonly message: string;
}

/** Messages on a change of state, worded as CloudWatch's are. */
export const messagesOn = (
  alarm: MetricAlarm | CompositeAlarm,
  before: StateValue,
  { value, reason, updated }: AlarmState,
  { account, region }: { readonly account: string; readonly region: string },
): AlarmMessage[] => {
  if (!alarm.actionsEnabled) return [];
  const topics = {
    ALARM: alarm.alarmActions,
    OK: alarm.okActions,
    INSUFFICIENT_DATA: alarm.insufficientDataActions,
  }[value];
  const message = JSON.stringify({
    AlarmName: alarm.name,
    AlarmDescription: alarm.description ?? null,
    AWSAccountId: account,
    NewStateValue: value,
    NewStateReason: reason,
    StateChangeTime: new Date(updated).toISOString().replace('Z', '+0000'),
    Region: region,
    AlarmArn: alarm.arn,
    OldStateValue: before,
    OKActions: alarm.okActions,
    AlarmActions: alarm.alarmActions,
    InsufficientDataActions: alarm.insufficientDataActions,
    ...('rule' in alarm ? { AlarmRule: alarm.rule } : { Trigger: triggerOf(alarm) }),
  });
  // SNS takes a subject of at most 100 characters.
  const subject = `${value}: "${alarm.name}" in ${region}`.slice(0, 100);
  return topics.map((topicArn) => ({ topicArn, alarmArn: alarm.arn, subject, message }));
};

const triggerOf = ({ metrics, evaluationPeriods, threshold, comparison, periodSeconds }: MetricAlarm) => ({
  MetricName: metrics[0]!.metric.name,
  Namespace: metrics[0]!.metric.namespace,
  Statistic: metrics[0]!.statistic,
  Dimensions: Object.entries(metrics[0]!.metric.dimensions).map(([name, value]) => ({ name, value })),
  Period: periodSeconds,
  EvaluationPeriods: evaluationPeriods,
  ComparisonOperator: comparison,
  Threshold: threshold,
});
