import type { MetricAlarm } from './alarm-definition.ts';

const NO_CLUSTER = 'here the database is one PostgreSQL server, which has no capacity units and no standby';

/** What only AWS can measure, with the reason. Alarms on it stay without data here. */
export const NOT_MEASURED: Readonly<Record<string, string>> = {
  'AWS/RDS ACUUtilization': NO_CLUSTER,
  'AWS/RDS AuroraReplicaLagMaximum': NO_CLUSTER,
  'AWS/RDS BufferCacheHitRatio': 'the memory of the server here says nothing about that of a cluster',
  'AWS/IoT RuleMessageThrottled': 'the broker here has no quota of an account',
};

/** Why an alarm has no data in the local cloud; undefined when it should have some. */
export const whyNotMeasured = ({ metrics }: Pick<MetricAlarm, 'metrics'>): string | undefined => {
  for (const { metric } of metrics) {
    const reason = NOT_MEASURED[`${metric.namespace} ${metric.name}`];
    if (reason !== undefined) return reason;
  }
  return undefined;
};
