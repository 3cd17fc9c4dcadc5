import type { Finding } from '../contracts/status.ts';

/** The last reading of a channel, its minute, and for how many minutes in a row it has been the same. */
export type LastReading = readonly [reading: number, minute: number, run: number];

/**
 * What the checks that look back carry from one hour to the next. Index 0 is position 1; null: never read.
 * It follows from the stored minutes alone, so that it is the same wherever the minutes are cut into hours.
 */
export interface LookBack {
  readonly channels: readonly (LastReading | null)[];
}

/** No plan asks for longer runs than a day; a count that stops there lets a changed state settle. */
const LONGEST_RUN = 1440;
const NEVER = Number.NEGATIVE_INFINITY;

/** A channel's last reading while an hour is walked through; `seeReading` changes it. */
export interface Trace {
  reading: number;
  minute: number;
  run: number;
}

export const traceOf = (last: LastReading | null | undefined): Trace =>
  last ? { reading: last[0], minute: last[1], run: last[2] } : { reading: 0, minute: NEVER, run: 0 };

export const lastReadingOf = ({ reading, minute, run }: Trace): LastReading | null =>
  minute === NEVER ? null : [reading, minute, run];

export interface LookBackLimits {
  readonly maxChangePerMinute: number | null;
  readonly stuckAfterMinutes: number | null;
  readonly staleAfterMinutes: number;
}

/**
 * Takes the next stored minute of a channel and says what the checks find in it:
 * `R` when the reading changed by more than allowed since the reading of the minute just before it,
 * `S` when it is the n-th or later equal reading in consecutive minutes,
 * `T` when there is no reading, and has been none for longer than allowed.
 *
 * Every reading counts as "the reading before", whatever its status and whatever was found in it: what a check finds
 * depends on what the analyser said, not on what other checks thought of it.
 */
export const seeReading = (
  trace: Trace,
  minute: number,
  reading: number | null,
  limits: LookBackLimits,
): Finding | undefined => {
  if (reading === null)
    return trace.minute !== NEVER && minute - trace.minute > limits.staleAfterMinutes ? 'T' : undefined;
  const follows = trace.minute === minute - 1;
  const change = Math.abs(reading - trace.reading);
  trace.run = follows && change === 0 ? Math.min(trace.run + 1, LONGEST_RUN) : 1;
  trace.reading = reading;
  trace.minute = minute;
  if (follows && limits.maxChangePerMinute !== null && change > limits.maxChangePerMinute) return 'R';
  if (limits.stuckAfterMinutes !== null && trace.run >= limits.stuckAfterMinutes) return 'S';
  return undefined;
};

/** Do two states lead to the same findings in every later minute? */
export const sameLookBack = (a: LookBack | undefined, b: LookBack | undefined): boolean => {
  const length = Math.max(a?.channels.length ?? 0, b?.channels.length ?? 0);
  for (let i = 0; i < length; i++) {
    const left = a?.channels[i] ?? null;
    const right = b?.channels[i] ?? null;
    if (left === right) continue;
    if (left === null || right === null) return false;
    if (left[0] !== right[0] || left[1] !== right[1] || left[2] !== right[2]) return false;
  }
  return true;
};
