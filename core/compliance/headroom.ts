import { type HourValues, type RunningTotals, runningTotals, windowTotal } from '../averaging/rolling.ts';
import { Decimal } from '../units/decimal.ts';

/** Decimals of an allowed average; cut off, not rounded, so that keeping to it is keeping the limit. */
const ALLOWED_DECIMALS = 12;

/**
 * The average still allowed over the next operating hours, so that the window that ends with them keeps the limit.
 *
 * When k more hours have run, the window of N hours holds the last N - k hours of now, of which v hold values with sum
 * S, and the k new ones. With their average x, its mean is (S + k x) / (v + k), which is not over the limit L when
 *
 *     x <= (L (v + k) - S) / k
 *
 * An hour without a value neither uses nor gives room: it takes its place in the window and no part in the mean.
 * Negative: not even hours without emissions bring the window back within the limit.
 *
 * @param values         the latest operating hours, oldest first; only the last N - k of them count
 * @param operatingHours N, length of the window
 * @param remainingHours k, 1 to N; 1 gives what the next hour may average
 */
export const allowedAverage = (
  values: HourValues,
  limit: Decimal,
  operatingHours: number,
  remainingHours: number,
): Decimal => allowedFrom(runningTotals(values), values.length, limit, operatingHours, remainingHours);

/** As {@link allowedAverage}, after the first `end` values of running totals. */
export const allowedFrom = (
  totals: RunningTotals,
  end: number,
  limit: Decimal,
  operatingHours: number,
  remainingHours: number,
): Decimal => {
  const { sum, valid } = windowTotal(totals, Math.max(0, end - operatingHours + remainingHours), end);
  const room = limit.times(valid + remainingHours).minus(sum);
  return room.div(remainingHours).toDecimalPlaces(ALLOWED_DECIMALS, Decimal.ROUND_FLOOR);
};

/**
 * Operating hours until a window goes over the limit if every hour to come is as the present one: the least k for which
 * (S + k x) / (v + k) > L, with S and v of the last N - k hours. Null: it never does, for a window of only such hours
 * keeps the limit.
 * @param values  the latest operating hours, oldest first, at least N of them
 * @param present x, the value of the hours to come
 */
export const hoursToLimit = (
  values: HourValues,
  limit: Decimal,
  operatingHours: number,
  present: Decimal,
): number | null => hoursFrom(quickTotals(runningTotals(values)), values.length, limit, operatingHours, present);

/** Running totals with their sums as doubles beside them: thousands of windows are tried, and few are near the limit. */
export interface QuickTotals extends RunningTotals {
  readonly quick: Float64Array;
}

export const quickTotals = (totals: RunningTotals): QuickTotals => ({
  ...totals,
  quick: Float64Array.from(totals.sums, (sum) => sum.toNumber()),
});

/** Far above the error of a few additions of doubles, far below the last digit of any hourly value. */
const NEAR = 1e-9;

/** As {@link hoursToLimit}, after the first `end` values of running totals. */
export const hoursFrom = (
  totals: QuickTotals,
  end: number,
  limit: Decimal,
  operatingHours: number,
  present: Decimal,
): number | null => {
  const { quick, counts } = totals;
  const [x, l] = [present.toNumber(), limit.toNumber()];
  const near = NEAR * (Math.abs(quick[end] ?? 0) + operatingHours * (Math.abs(x) + Math.abs(l)));
  for (let k = 1; k <= operatingHours; k++) {
    const from = Math.max(0, end - operatingHours + k);
    const valid = (counts[end] ?? 0) - (counts[from] ?? 0) + k;
    const over = (quick[end] ?? 0) - (quick[from] ?? 0) + k * x - l * valid;
    if (over < -near) continue;
    if (over > near) return k;
    const { sum } = windowTotal(totals, from, end);
    if (sum.plus(present.times(k)).gt(limit.times(valid))) return k;
  }
  return null;
};
