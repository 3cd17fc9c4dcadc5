import { Decimal } from '../units/decimal.ts';

/** Sum of doubles with the part that each addition lost (Kahan): wrong by two units in the last place at most. */
export interface RunningSum {
  sum: number;
  lost: number;
}

export const addTo = (total: RunningSum, value: number): void => {
  const corrected = value - total.lost;
  const next = total.sum + corrected;
  total.lost = next - total.sum - corrected;
  total.sum = next;
};

/**
 * Mean of readings, as a decimal: the sum at 15 digits, divided by their number.
 *
 * Readings are decimals with few digits that were turned into doubles. Their compensated sum is wrong by at most two
 * units of the 16th digit, so its 15 digits are those of the decimal sum (when that has no more than 15), and the mean
 * is the exact decimal mean. Rounding it half away from zero then decides a tie as a calculation by hand does.
 * @example meanOf(2.3000000000000003, 2).toFixed() // '1.15', mean of 1.1 and 1.2
 */
export const meanOf = (sum: number, count: number): Decimal => new Decimal(sum.toPrecision(15)).div(count);
