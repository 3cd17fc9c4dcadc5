import type { Limit, SourcePlan } from '../contracts/monitoring-plan.ts';
import { inForce } from '../rules/dated.ts';
import { minuteOfText } from '../time.ts';

/**
 * The value of a limit on a day of the plant's clock; undefined before the limit's first day.
 * @param date the plant's day (standard time) on which the window ends
 */
export const limitOn = (limit: Limit, date: string): Limit['versions'][number] | undefined =>
  inForce(limit.versions, date);

export interface LimitInRange {
  readonly limit: Limit;
  /** First and last hour in which the plan holds the limit, within the range asked for. */
  readonly from: number;
  readonly to: number;
}

/**
 * The limits that a source's plan holds in a range of hours. A plan's version counts from the first hour that begins
 * in it; the first version already in the hour in which it begins, as for the hours themselves.
 */
export const limitsInRange = ({ versions }: SourcePlan, from: number, to: number): LimitInRange[] => {
  const inOrder = [...versions].sort((a, b) => (a.effectiveFrom < b.effectiveFrom ? -1 : 1));
  const starts = inOrder.map(({ effectiveFrom }, index) => {
    const hour = minuteOfText(effectiveFrom) / 60;
    return index === 0 ? Math.floor(hour) : Math.ceil(hour);
  });
  return inOrder.flatMap(({ limits }, index) => {
    const first = Math.max(from, starts[index] ?? to);
    const last = Math.min(to, (starts[index + 1] ?? to + 1) - 1);
    return first > last ? [] : limits.map((limit) => ({ limit, from: first, to: last }));
  });
};
