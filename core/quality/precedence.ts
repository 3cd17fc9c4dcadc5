import { STATUSES, type Status } from '../contracts/status.ts';

/**
 * Of two statuses that apply to one reading, the one that counts: a reading during a calibration is a calibration
 * even when it is also out of range.
 * @example weightier('V', 'H') // 'H'
 */
export const weightier = (a: Status, b: Status): Status => (STATUSES.indexOf(a) <= STATUSES.indexOf(b) ? a : b);
