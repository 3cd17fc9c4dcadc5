import type { Status } from '../contracts/status.ts';
import { weightier } from './precedence.ts';

/** What the analyser can read, both ends included. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * The status of a reading after the range check: `H` above, `L` below, unless a weightier status already stands.
 * @example statusInRange('V', 500.1, { low: 0, high: 500 }) // 'H'
 */
export const statusInRange = (status: Status, reading: number, range: Range): Status => {
  if (reading > range.high) return weightier(status, 'H');
  if (reading < range.low) return weightier(status, 'L');
  return status;
};
