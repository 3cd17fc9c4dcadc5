import { type Finding, NOT_FITTED, type Status } from '../contracts/status.ts';
import type { SourceMinute } from '../ports.ts';
import { type LookBackLimits, seeReading, type Trace } from '../quality/look-back.ts';
import type { Decimal } from '../units/decimal.ts';
import { addTo, meanOf } from './mean.ts';
import { isValidHour, quadrantOf } from './valid-hour.ts';

export interface ReducedChannel {
  /** Mean of the good minutes, unrounded; undefined when the hour is not valid. */
  readonly average: Decimal | undefined;
  readonly validMinutes: number;
  /** Operating minutes left out, by the letter of their reason. */
  readonly leftOut: Record<string, number>;
}

/** A channel in the stored minutes: index 0 is position 1. */
export interface ChannelPlace extends LookBackLimits {
  readonly index: number;
}

const VALID = 'V'.charCodeAt(0);
/** Calibration, quality-assurance test, maintenance. */
const UPKEEP = new Set<string>(['C', 'Q', 'M']);
const ALL_QUADRANTS = 0b1111;
/** The jump back from calibration gas to stack gas, in the minute after it, is part of the calibration. */
const RETURN_FROM_UPKEEP = 'R';

const letterOf = (
  status: string | undefined,
  reading: number | null,
  finding: Finding | undefined,
): Status | Finding => {
  const stands = status === undefined || status === NOT_FITTED ? 'N' : (status as Status);
  // A reading that is missing without a reason is "no data", or stale; a reason that came with it says more.
  if (reading === null) return stands === 'N' || stands === 'V' ? (finding ?? 'N') : stands;
  return stands === 'V' && finding !== undefined ? finding : stands;
};

/**
 * One channel of one hour: looks back, leaves out what is not valid or not measured while fuel was burned, and averages.
 * @param start first minute of the hour
 * @param trace what was last read before the hour; stands at the hour's last reading afterwards
 */
export const reduceChannel = (
  minutes: readonly SourceMinute[],
  start: number,
  channel: ChannelPlace,
  trace: Trace,
): ReducedChannel => {
  const { index } = channel;
  const total = { sum: 0, lost: 0 };
  const leftOut: Record<string, number> = {};
  let validMinutes = 0;
  let fired = 0;
  let good = 0;
  let lostToUpkeep = 0;
  let lostOtherwise = 0;
  let firstGood = 0;
  let lastGood = 0;
  let stored = 0;
  let afterUpkeep = -1;
  for (const { minute, firedSeconds, readings, statuses } of minutes) {
    const reading = readings[index] ?? null;
    const finding = seeReading(trace, minute, reading, channel);
    const minuteOfHour = minute - start;
    const quadrant = 1 << quadrantOf(minuteOfHour);
    stored |= quadrant;
    if (firedSeconds === 0) continue;
    fired |= quadrant;
    if (reading !== null && finding === undefined && statuses.charCodeAt(index) === VALID) {
      addTo(total, reading);
      if (validMinutes === 0) firstGood = minuteOfHour;
      lastGood = minuteOfHour;
      validMinutes++;
      good |= quadrant;
    } else {
      const letter = letterOf(statuses[index], reading, finding);
      leftOut[letter] = (leftOut[letter] ?? 0) + 1;
      if (UPKEEP.has(letter)) {
        lostToUpkeep |= quadrant;
        afterUpkeep = minuteOfHour + 1;
      } else if (letter !== RETURN_FROM_UPKEEP || minuteOfHour !== afterUpkeep) lostOtherwise |= quadrant;
    }
  }
  // Of a quadrant without a single stored minute nobody knows that no fuel was burned in it: where the unit fired in
  // the hour it counts as fired, and its points as lost.
  if (fired !== 0) {
    fired |= ALL_QUADRANTS & ~stored;
    lostOtherwise |= ALL_QUADRANTS & ~stored;
  }
  const valid = isValidHour({ fired, good, lostToUpkeep, lostOtherwise, firstGood, lastGood });
  return { average: valid ? meanOf(total.sum, validMinutes) : undefined, validMinutes, leftOut };
};
