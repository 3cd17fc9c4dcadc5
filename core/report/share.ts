import { Decimal } from '../units/decimal.ts';

/** A share in percent with one decimal, ties away from zero; null when there is nothing to have a share of. */
export const percentOf = (part: number, whole: number): string | null =>
  whole === 0 ? null : new Decimal(part).times(100).dividedBy(whole).toFixed(1, Decimal.ROUND_HALF_UP);
