import type { Points } from './expression.ts';

export type StateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type MissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';

export interface Judgement {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly missing: MissingData;
  readonly breaches: (value: number) => boolean;
}

/** CloudWatch looks further back than the evaluation periods, so that a late data point is not taken for a missing one. */
export const FURTHER_BACK = 2;

/**
 * The state that data points lead to, as CloudWatch documents it: while there are as many as the alarm evaluates, the
 * latest of them decide, wherever gaps are; with fewer, what is missing counts as the alarm says.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 *
 * @param points of the evaluation range, the oldest first
 * @returns the new state; the present one when the alarm says that missing data change nothing
 */
export const decideState = (points: Points, judgement: Judgement, present: StateValue): StateValue => {
  const { evaluationPeriods, datapointsToAlarm, missing, breaches } = judgement;
  const known = points.filter((value) => value !== undefined).slice(-evaluationPeriods);
  const breaching = known.filter(breaches).length;
  if (breaching >= datapointsToAlarm) return 'ALARM';
  const lacking = evaluationPeriods - known.length;
  if (lacking <= 0 || missing === 'notBreaching') return 'OK';
  if (missing === 'breaching') return breaching + lacking >= datapointsToAlarm ? 'ALARM' : 'OK';
  // One good value is enough to say that all is well.
  if (breaching < known.length) return 'OK';
  if (missing === 'ignore') return present;
  return known.length === 0 ? 'INSUFFICIENT_DATA' : 'ALARM';
};
