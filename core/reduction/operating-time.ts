import { type HourFraction, hourFraction } from '../units/quantity.ts';

/** 0.01 h, the increment in which operating time is reported here; the law allows up to 0.25 h. */
const INCREMENT_SECONDS = 36;

/**
 * Operating time of an hour: the time in which fuel was burned, rounded up to the next hundredth of an hour.
 * @param firedSeconds whole seconds, 0 to 3600, of all minutes of the hour
 * @see 40 CFR 75.57(b)(2)
 * @example operatingTime(60) // 0.02 h
 */
export const operatingTime = (firedSeconds: number): HourFraction =>
  hourFraction(Math.floor((firedSeconds + INCREMENT_SECONDS - 1) / INCREMENT_SECONDS)).div(100) as HourFraction;
