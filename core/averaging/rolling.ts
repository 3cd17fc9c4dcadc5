import { Decimal } from '../units/decimal.ts';

/** Hourly values in order, one an operating hour; undefined: the hour has no value. */
export type HourValues = readonly (Decimal | undefined)[];

/** Running totals of hourly values: entry i holds what the first i values add up to. */
export interface RunningTotals {
  readonly sums: readonly Decimal[];
  readonly counts: readonly number[];
}

/** Sum of the hours of a window that hold a value, and their number. */
export interface WindowTotal {
  readonly sum: Decimal;
  readonly valid: number;
}

export const runningTotals = (values: HourValues): RunningTotals => {
  let sum = new Decimal(0);
  let count = 0;
  const sums = [sum];
  const counts = [count];
  for (const value of values) {
    if (value !== undefined) {
      sum = sum.plus(value);
      count++;
    }
    sums.push(sum);
    counts.push(count);
  }
  return { sums, counts };
};

/**
 * Total of the values from index `from` up to, not including, index `to`. Differences of running totals are exact:
 * hourly values have few digits and the totals have room for 28.
 */
export const windowTotal = ({ sums, counts }: RunningTotals, from: number, to: number): WindowTotal => {
  const [end, begin] = [sums[to], sums[from]];
  if (!end || !begin) throw new RangeError(`expected a window within ${sums.length - 1} hours, got ${from} to ${to}`);
  return { sum: end.minus(begin), valid: (counts[to] ?? 0) - (counts[from] ?? 0) };
};

/** Plain mean of the valid hours, unrounded; undefined when there are none. */
export const averageOf = ({ sum, valid }: WindowTotal): Decimal | undefined =>
  valid === 0 ? undefined : sum.div(valid);

/**
 * Rolling averages over operating hours: for each hour the mean of it and the hours before it, `length` hours in all.
 * Hours without a value take their place in the window and no part in the mean; hours out of operation are not in the
 * list and take no place (40 CFR 60.4380(b)(1); vectors V-502, V-513).
 * @returns one entry an hour: null before `length` hours have been operated, undefined when the window holds no value
 */
export const rollingAverages = (values: HourValues, length: number): (Decimal | undefined | null)[] => {
  const totals = runningTotals(values);
  return values.map((_, hour) =>
    hour + 1 < length ? null : averageOf(windowTotal(totals, hour + 1 - length, hour + 1)),
  );
};
