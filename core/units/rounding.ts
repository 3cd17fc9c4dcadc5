import { Decimal } from './decimal.ts';
import type { Quantity } from './quantity.ts';

/**
 * Rounds half away from zero to `places` decimals; negative places round to tens, hundreds and so on.
 * This is the one rounding of Part 75 reporting (EPA check engine; vector V-265).
 * @example roundHalfAway(ppmDry('10.15'), 1) // 10.2
 */
export const roundHalfAway = <U extends string>(value: Quantity<U>, places: number): Quantity<U> =>
  (places >= 0
    ? value.toDecimalPlaces(places, Decimal.ROUND_HALF_UP)
    : value.toNearest(new Decimal(10).pow(-places), Decimal.ROUND_HALF_UP)) as Quantity<U>;
