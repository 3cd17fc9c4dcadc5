import type { MappingObserver } from '../event-source/mapping.ts';
import type { RuleMetric } from '../iot/rule-actions.ts';
import type { Invocation } from '../lambda.ts';
import type { MetricId, MetricStore, Series } from './metric-store.ts';

/** What AWS's services count of themselves, as far as the local ones know it. Names and dimensions are AWS's. */
export interface ServiceMetrics {
  invoked(invocation: Invocation): void;
  mapping(id: string, target: string): MappingObserver;
  rule(metric: RuleMetric, ruleName: string): void;
  streamRefused(streamName: string): void;
  /** Records that came in since the last look. */
  streamTook(streamName: string, records: number): void;
  queueLength(queueName: string, messages: number): void;
  /** An answer of the HTTP API, and how long it took. */
  answered(apiId: string, status: number, latencyMs: number): void;
  executionEnded(stateMachineArn: string, end: 'succeeded' | 'failed' | 'timed-out' | 'aborted'): void;
  connections(clusterIdentifier: string, open: number): void;
}

const ACTION_TYPE: Readonly<Record<RuleMetric, string | undefined>> = {
  RuleNotFound: undefined,
  Failure: 'Kinesis',
  ErrorActionFailure: 'S3',
};

const EXECUTIONS = {
  succeeded: 'ExecutionsSucceeded',
  failed: 'ExecutionsFailed',
  'timed-out': 'ExecutionsTimedOut',
  aborted: 'ExecutionsAborted',
} as const;

export const serviceMetrics = (metrics: MetricStore): ServiceMetrics => {
  const lambdas = lambdaSeries(metrics);
  return {
    invoked: ({ invoked, outcome, durationMs }) => {
      const of = lambdas(invoked);
      const throttled = outcome === 'throttled';
      addAll(of.Throttles, Number(throttled));
      if (throttled) return;
      addAll(of.Invocations, 1);
      addAll(of.Errors, Number(outcome === 'failed'));
      addAll(of.Duration, durationMs);
    },
    mapping: (id, target) => {
      const series = (name: string) =>
        metrics.series({ namespace: 'AWS/Lambda', name, dimensions: { EventSourceMappingUUID: id } });
      const invoked = series('InvokedEventCount');
      const delivered = series('OnFailureDestinationDeliveredEventCount');
      const age = lambdas(target).IteratorAge;
      return {
        invoked: (records, ageMs) => {
          invoked?.add(records);
          addAll(age, ageMs);
        },
        delivered: (records) => delivered?.add(records),
      };
    },
    rule: (name, RuleName) => {
      const ActionType = ACTION_TYPE[name];
      metrics.add({ namespace: 'AWS/IoT', name, dimensions: { RuleName, ...(ActionType && { ActionType }) } }, 1);
    },
    streamRefused: (StreamName) =>
      metrics.add(
        { namespace: 'AWS/Kinesis', name: 'WriteProvisionedThroughputExceeded', dimensions: { StreamName } },
        1,
      ),
    streamTook: (StreamName, records) =>
      metrics.add({ namespace: 'AWS/Kinesis', name: 'IncomingRecords', dimensions: { StreamName } }, records),
    queueLength: (QueueName, messages) =>
      metrics.add(
        { namespace: 'AWS/SQS', name: 'ApproximateNumberOfMessagesVisible', dimensions: { QueueName } },
        messages,
      ),
    answered: (ApiId, status, latencyMs) => {
      const add = (name: string, value: number) =>
        metrics.add({ namespace: 'AWS/ApiGateway', name, dimensions: { ApiId } }, value);
      add('Count', 1);
      add('Latency', latencyMs);
      add('4xx', Number(status >= 400 && status < 500));
      add('5xx', Number(status >= 500));
    },
    executionEnded: (StateMachineArn, end) =>
      metrics.add({ namespace: 'AWS/States', name: EXECUTIONS[end], dimensions: { StateMachineArn } }, 1),
    connections: (DBClusterIdentifier, open) =>
      metrics.add({ namespace: 'AWS/RDS', name: 'DatabaseConnections', dimensions: { DBClusterIdentifier } }, open),
  };
};

const addAll = (series: readonly Series[], value: number): void => {
  for (const one of series) one.add(value);
};

type LambdaMetric = 'Invocations' | 'Errors' | 'Throttles' | 'Duration' | 'IteratorAge';
type LambdaSeries = Readonly<Record<LambdaMetric, readonly Series[]>>;

/**
 * Lambda counts everything for the function, and for the alias by which it was invoked, with and without the version
 * behind it. Looked up once for each name: there is an invocation for every batch.
 */
const lambdaSeries = (metrics: MetricStore): ((invoked: string) => LambdaSeries) => {
  const known = new Map<string, LambdaSeries>();
  return (invoked) => {
    let found = known.get(invoked);
    if (!found) {
      const sets = dimensionsOf(invoked);
      const series = (name: LambdaMetric) =>
        sets.flatMap((dimensions) => metrics.series({ namespace: 'AWS/Lambda', name, dimensions }) ?? []);
      found = {
        Invocations: series('Invocations'),
        Errors: series('Errors'),
        Throttles: series('Throttles'),
        Duration: series('Duration'),
        IteratorAge: series('IteratorAge'),
      };
      known.set(invoked, found);
    }
    return found;
  };
};

/** Here a function has one version. */
const VERSION = '1';

const dimensionsOf = (invoked: string): MetricId['dimensions'][] => {
  const [FunctionName, qualifier] = invoked.startsWith('arn:') ? invoked.split(':').slice(6) : invoked.split(':');
  if (qualifier === undefined) return [{ FunctionName: FunctionName! }];
  const Resource = `${FunctionName}:${qualifier}`;
  return [
    { FunctionName: FunctionName! },
    { FunctionName: FunctionName!, Resource },
    { FunctionName: FunctionName!, Resource, ExecutedVersion: VERSION },
  ];
};
