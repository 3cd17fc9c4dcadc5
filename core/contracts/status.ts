/**
 * Status of one analyser reading in one minute: one letter a reading, so that a minute of fifteen channels is
 * fifteen characters. Ordered by precedence, highest first: where several apply, the first one wins.
 * `.` is no status: the source has no such channel.
 */
export const STATUS = {
  N: 'no data',
  X: 'communication fault',
  F: 'analyser failure',
  C: 'calibration',
  Q: 'quality-assurance test',
  M: 'maintenance',
  H: 'out of range, high',
  L: 'out of range, low',
  O: 'analyser off line',
  U: 'start-up of the analyser',
  D: 'shut-down of the analyser',
  V: 'valid',
} as const;

export type Status = keyof typeof STATUS;
export const STATUSES = Object.keys(STATUS) as readonly Status[];
export const NOT_FITTED = '.';

/** What a check that looks back finds in a reading that arrived as valid. */
export const FINDING = {
  R: 'changed faster than the analyser can',
  S: 'stuck at one value',
  T: 'stale: no reading for longer than the channel allows',
} as const;

export type Finding = keyof typeof FINDING;
