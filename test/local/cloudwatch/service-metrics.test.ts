import { describe, expect, it } from 'vitest';
import { type MetricId, metricStore } from '../../../local/services/cloudwatch/metric-store.ts';
import { serviceMetrics } from '../../../local/services/cloudwatch/service-metrics.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:close';

const counting = (...ids: readonly MetricId[]) => {
  const store = metricStore(
    ids.map((id) => ({ ...id, keepMinutes: 10, everyValue: true })),
    () => 0,
  );
  return {
    counts: serviceMetrics(store),
    of: (id: MetricId, statistic = 'Sum') => store.statistic(id, statistic, 0, 1),
  };
};
const lambda = (name: string, dimensions: Readonly<Record<string, string>>) => ({
  namespace: 'AWS/Lambda',
  name,
  dimensions,
});

describe('metrics of services', () => {
  it('an invocation counts for its function, and for the alias with and without the version behind it', () => {
    const plain = lambda('Errors', { FunctionName: 'close' });
    const alias = lambda('Errors', { FunctionName: 'close', Resource: 'close:live' });
    const version = lambda('Errors', { FunctionName: 'close', Resource: 'close:live', ExecutedVersion: '1' });
    const { counts, of } = counting(plain, alias, version);
    counts.invoked({ functionName: 'close', invoked: `${FUNCTION}:live`, outcome: 'failed', durationMs: 5 });
    counts.invoked({ functionName: 'close', invoked: 'close', outcome: 'failed', durationMs: 5 });
    counts.invoked({ functionName: 'close', invoked: 'close:live', outcome: 'returned', durationMs: 5 });
    expect([of(plain), of(alias), of(version)]).toEqual([2, 1, 1]);
    expect([of(plain, 'SampleCount'), of(alias, 'SampleCount')]).toEqual([3, 2]);
  });

  it('one that is throttled is no invocation', () => {
    const [throttles, runs, duration] = ['Throttles', 'Invocations', 'Duration'].map((name) =>
      lambda(name, { FunctionName: 'close' }),
    ) as [MetricId, MetricId, MetricId];
    const { counts, of } = counting(throttles, runs, duration);
    counts.invoked({ functionName: 'close', invoked: 'close', outcome: 'throttled', durationMs: 0 });
    expect([of(throttles), of(runs), of(duration)]).toEqual([1, undefined, undefined]);
    counts.invoked({ functionName: 'close', invoked: 'close', outcome: 'returned', durationMs: 40 });
    expect([of(throttles), of(runs), of(duration)]).toEqual([1, 1, 40]);
  });

  it('answers of an API count by their status, with their latency', () => {
    const api = (name: string) => ({ namespace: 'AWS/ApiGateway', name, dimensions: { ApiId: 'x' } });
    const { counts, of } = counting(api('Count'), api('4xx'), api('5xx'), api('Latency'));
    for (const [status, latency] of [
      [200, 10],
      [404, 20],
      [503, 30],
    ] as const)
      counts.answered('x', status, latency);
    expect(['Count', '4xx', '5xx'].map((name) => of(api(name)))).toEqual([3, 1, 1]);
    expect([of(api('Latency'), 'p50'), of(api('Latency'), 'p99'), of(api('Latency'), 'Average')]).toEqual([20, 30, 20]);
  });

  it('what no alarm reads is kept nowhere', () => {
    const { counts, of } = counting();
    counts.streamRefused('measurements');
    const id = {
      namespace: 'AWS/Kinesis',
      name: 'WriteProvisionedThroughputExceeded',
      dimensions: { StreamName: 'measurements' },
    };
    expect(of(id)).toBeUndefined();
  });

  it('minutes that no alarm looks back to are forgotten', () => {
    let now = 0;
    const id = lambda('Errors', {});
    const store = metricStore([{ ...id, keepMinutes: 2, everyValue: false }], () => now);
    for (let minute = 0; minute < 5; minute++) {
      now = minute * 60_000;
      store.add(id, 1);
    }
    expect(store.statistic(id, 'Sum', 0, 5)).toBe(3);
  });
});
