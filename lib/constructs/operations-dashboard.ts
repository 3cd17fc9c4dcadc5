import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  PeriodOverride,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { SystemAlarms } from './system-alarms.ts';
import type { WatchedResource, WatchedResources } from './watched.ts';

const PERIOD = Duration.minutes(5);
const HALF = { width: 12, height: 6 };

/** For whoever is on call: which alarms ring, then the way of the minutes from the rule to the database and to people. */
export const operationsDashboard = (
  scope: Construct,
  id: string,
  { watched, alarms }: { readonly watched: WatchedResources; readonly alarms: SystemAlarms['all'] },
): Dashboard => {
  const lines = (
    resources: readonly WatchedResource[],
    namespace: string,
    metricName: string,
    statistic: string,
  ): IMetric[] =>
    resources.map(
      ({ name, dimensions }) =>
        new Metric({
          namespace,
          metricName,
          statistic,
          period: PERIOD,
          dimensionsMap: { ...dimensions },
          label: name || metricName,
        }),
    );
  const graph = (title: string, left: IMetric[], right: IMetric[] = []) =>
    new GraphWidget({ title, left, right, ...HALF });
  const { consumer, function: functions, stream, queue, rule, database, api } = watched;
  const dashboard = new Dashboard(scope, id, {
    dashboardName: 'EmissionWatch-Operations',
    periodOverride: PeriodOverride.INHERIT,
    defaultInterval: Duration.hours(12),
  });
  dashboard.addWidgets(
    new AlarmStatusWidget({
      title: 'alarms',
      alarms: [...alarms],
      width: 24,
      height: Math.ceil(alarms.length / 8) + 1,
    }),
  );
  dashboard.addWidgets(
    graph(
      'messages from the plants, and what the rule could not pass on',
      lines(rule, 'AWS/IoT', 'TopicMatch', 'Sum'),
      lines(rule, 'AWS/IoT', 'RuleNotFound', 'Sum'),
    ),
    graph('age of records when they are worked on, ms', lines(consumer, 'AWS/Lambda', 'IteratorAge', 'Maximum')),
  );
  dashboard.addWidgets(
    graph('records into the streams', lines(stream, 'AWS/Kinesis', 'IncomingRecords', 'Sum')),
    graph('refused by a full shard', lines(stream, 'AWS/Kinesis', 'WriteProvisionedThroughputExceeded', 'Sum')),
  );
  dashboard.addWidgets(
    graph('errors of functions', lines(functions, 'AWS/Lambda', 'Errors', 'Sum')),
    graph('throttled invocations', lines(functions, 'AWS/Lambda', 'Throttles', 'Sum')),
  );
  dashboard.addWidgets(
    graph('invocations at a time', lines(functions, 'AWS/Lambda', 'ConcurrentExecutions', 'Maximum')),
    graph('waiting in queues for people', lines(queue, 'AWS/SQS', 'ApproximateNumberOfMessagesVisible', 'Maximum')),
  );
  dashboard.addWidgets(
    graph(
      'database: capacity used, %, and connections',
      lines(database, 'AWS/RDS', 'ACUUtilization', 'Maximum'),
      lines(database, 'AWS/RDS', 'DatabaseConnections', 'Maximum'),
    ),
    graph('database: read from memory, %', lines(database, 'AWS/RDS', 'BufferCacheHitRatio', 'Average')),
  );
  if (api.length > 0)
    dashboard.addWidgets(
      graph('API: slowest of a hundred, ms', lines(api, 'AWS/ApiGateway', 'Latency', 'p99')),
      graph(
        'API: requests and errors',
        lines(api, 'AWS/ApiGateway', 'Count', 'Sum'),
        lines(api, 'AWS/ApiGateway', '5xx', 'Sum'),
      ),
    );
  return dashboard;
};
