import { COMPARISONS, type MetricAlarm } from './alarm-definition.ts';
import { decideState, FURTHER_BACK, type StateValue } from './decide-state.ts';
import { compileExpression, type Points } from './expression.ts';
import { isPercentile, type MetricStore, type WatchedMetric } from './metric-store.ts';

/** What an evaluation says. */
export interface Verdict {
  readonly value: StateValue;
  readonly reason: string;
}

export interface EvaluatedAlarm {
  readonly alarm: MetricAlarm;
  /** The metrics that the alarm reads, and how far back. */
  readonly watched: readonly WatchedMetric[];
  /**
   * @param minute the one under way, which is not looked at yet; counted from 1970
   * @param since the minute from which on values were counted
   */
  evaluate(metrics: MetricStore, minute: number, since: number, present: StateValue): Verdict;
}

/** What a change since the period before needs to begin with. */
const BEFORE = 1;

/** @throws Error for an expression that is not understood */
export const prepareAlarm = (alarm: MetricAlarm): EvaluatedAlarm => {
  const { metrics, expressions, compared, periodSeconds, evaluationPeriods, threshold } = alarm;
  const ids = new Set(metrics.map(({ id }) => id));
  const compiled = expressions.map(({ id, expression }) => {
    const evaluate = compileExpression(expression, ids);
    ids.add(id);
    return { id, evaluate };
  });
  if (!ids.has(compared)) throw new Error(`alarm ${alarm.name} compares ${compared}, which it does not have`);
  const range = evaluationPeriods + FURTHER_BACK;
  const periods = range + BEFORE;
  const periodMinutes = periodSeconds / 60;
  const breaches = (value: number) => COMPARISONS[alarm.comparison](value, threshold);

  const pointsAt = (store: MetricStore, minute: number): Points => {
    const points: Record<string, Points> = {};
    for (const { id, metric, statistic } of metrics)
      points[id] = Array.from({ length: periods }, (_, i) => {
        const to = minute - (periods - 1 - i) * periodMinutes;
        return store.statistic(metric, statistic, to - periodMinutes, to);
      });
    for (const { id, evaluate } of compiled) points[id] = evaluate({ points, periods, periodSeconds });
    return points[compared]!.slice(-range);
  };

  return {
    alarm,
    watched: metrics.map(({ metric, statistic }) => ({
      ...metric,
      keepMinutes: periods * periodMinutes + 1,
      everyValue: isPercentile(statistic),
    })),
    evaluate: (store, minute, since, present) => {
      const points = pointsAt(store, minute);
      // The time in which this machine's cloud was off is no silence of its functions.
      const unseen = minute - evaluationPeriods * periodMinutes < since;
      const missing = unseen && alarm.missing === 'breaching' ? 'ignore' : alarm.missing;
      const value = decideState(points, { ...alarm, missing, breaches }, present);
      return { value, reason: reasonOf(points.slice(-evaluationPeriods), breaches, alarm) };
    },
  };
};

const reasonOf = (
  points: Points,
  breaches: (value: number) => boolean,
  { comparison, threshold, datapointsToAlarm }: MetricAlarm,
): string => {
  const known = points.filter((value) => value !== undefined);
  if (known.length === 0) return `No data in the last ${points.length} period(s).`;
  const over = known.filter(breaches).length;
  const shown = known.map((value) => Number(value.toPrecision(6))).join(', ');
  return (
    `${over} of the last ${points.length} period(s) [${shown}]: ${comparison} ${threshold}; ` +
    `${datapointsToAlarm} are needed for ALARM.`
  );
};
