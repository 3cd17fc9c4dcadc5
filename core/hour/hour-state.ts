import type { HourState } from '../contracts/api/measurements.ts';
import type { HourlyValue } from '../contracts/emission-hour.ts';
import { SUBSTITUTE_CODES } from '../rules/cfr40-75/method-of-determination.ts';

/**
 * How an hour's value came about.
 * @param operated whether fuel was burned in the hour
 */
export const hourState = (operated: boolean, { value, modc }: Pick<HourlyValue, 'value' | 'modc'>): HourState => {
  if (!operated) return 'not-operating';
  if (value === null) return 'substitute-due';
  return modc !== null && SUBSTITUTE_CODES.has(modc) ? 'substituted' : 'measured';
};
