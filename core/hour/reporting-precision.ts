import { Decimal } from '../units/decimal.ts';
import type { HundredScfh, PercentDry, PercentWet, PpmDry, PpmWet, Quantity, ScfhWet } from '../units/quantity.ts';
import { roundHalfAway } from '../units/rounding.ts';

/*
 * An equation takes the hour averages as they are reported: ppm and % to 0.1, stack flow to 1000 scfh, fuel flow to 0.1.
 * Origin: ECMPS Emissions Reporting Instructions, sections 1.0 and 2.5; 40 CFR 75.57.
 */

const ZERO = new Decimal(0);

/** An hourly average as reported, and the method of determination code that tells how it came about. */
export interface Reported<Q> {
  readonly value: Q;
  readonly modc: '01' | '21';
}

/**
 * A concentration as reported: to 0.1; a negative one is reported as 0 with code 21.
 * Origin: 40 CFR 75.57, Table 4a, code 21; vector V-247.
 * @example reportedConcentration(ppmWet('-1.3')) // { value: 0, modc: '21' }
 */
export const reportedConcentration = <Q extends PpmWet | PpmDry | PercentWet | PercentDry>(average: Q): Reported<Q> => {
  const rounded: Decimal = roundHalfAway<string>(average, 1);
  return rounded.lt(ZERO) ? { value: ZERO as Q, modc: '21' } : { value: rounded as Q, modc: '01' };
};

/** Oxygen as reported, to 0.1. Code 21 is not for oxygen: less oxygen than none would raise no emission. */
export const reportedOxygen = (average: PercentDry): PercentDry => roundHalfAway(average, 1);

/** A flow below nothing has no rule that makes it a value: the hour is missing data. */
const notNegative = <U extends string>(flow: Quantity<U>): Quantity<U> | undefined =>
  flow.lt(ZERO) ? undefined : flow;

/** Stack flow as reported, to 1000 scfh. */
export const reportedStackFlow = (average: ScfhWet): ScfhWet | undefined => notNegative(roundHalfAway(average, -3));

/** Fuel flow as reported, to 0.1 of 100 scf/h. */
export const reportedGasFlow = (average: HundredScfh): HundredScfh | undefined =>
  notNegative(roundHalfAway(average, 1));
