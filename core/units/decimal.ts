import { Decimal as DecimalJs } from 'decimal.js';

/**
 * The decimal arithmetic of every hourly quantity: 28 digits, ties away from zero,
 * as EPA's check engine computes (never binary floating point).
 */
export const Decimal = DecimalJs.clone({ precision: 28, rounding: DecimalJs.ROUND_HALF_UP });
export type Decimal = DecimalJs;

/** A decimal as contracts carry it: a string, so that no JSON reader turns it into a double. */
export const DECIMAL_TEXT = /^-?\d+(\.\d+)?$/;

/** The decimal as contracts carry it: never an exponent, never a negative zero, no trailing zeros. */
export const decimalText = (value: DecimalJs): string => value.toFixed();
