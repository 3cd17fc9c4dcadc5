import { isDuring, type Numbered } from './script.ts';

/** How far the agent's clock is ahead at a minute, seconds; several wrong clocks add up. */
const secondsAhead = (faults: readonly Numbered[], minute: number): number => {
  let seconds = 0;
  for (const one of faults) {
    if (!isDuring(one, minute)) continue;
    if (one.fault.kind === 'clock-skew') seconds += one.fault.seconds;
    if (one.fault.kind === 'clock-jump') seconds += one.fault.hours * 3600;
  }
  return seconds;
};

export interface WrongClock {
  /** Whole minutes by which the agent names a minute wrongly. */
  readonly minutes: number;
  /** Seconds by which its minute begins before the true one: 0 to 59. */
  readonly early: number;
}

/**
 * A wrong clock gives a minute a wrong name, and, where it is not wrong by whole minutes, also other readings: its
 * minute begins some seconds before the true one. 90 s ahead are 1 minute and 30 s; 90 s behind are -2 minutes and 30 s.
 */
export const wrongClockAt = (faults: readonly Numbered[], minute: number): WrongClock => {
  const seconds = secondsAhead(faults, minute);
  const minutes = Math.floor(seconds / 60);
  return { minutes, early: seconds - 60 * minutes };
};
