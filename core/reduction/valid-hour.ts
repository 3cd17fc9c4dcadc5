/** What the validity of a channel's hour depends on. Bit 0 of a set is the quadrant of minutes 0 to 14. */
export interface QuadrantTally {
  /** Quadrants in which fuel was burned. */
  readonly fired: number;
  /** Quadrants with a valid reading while fuel was burned. */
  readonly good: number;
  /** Quadrants that lost a reading to calibration, a quality-assurance test or maintenance. */
  readonly lostToUpkeep: number;
  /** Quadrants that lost a reading to anything else. */
  readonly lostOtherwise: number;
  /** First and last minute of the hour with a valid reading; only read when `good` is not empty. */
  readonly firstGood: number;
  readonly lastGood: number;
}

const MINUTES_APART = 15;

/**
 * Is the hour valid? One valid point in each 15-minute quadrant in which fuel was burned; where calibration, quality
 * assurance or preventive maintenance took the points of a quadrant, two points of the hour at least 15 minutes apart.
 *
 * The law wants the loss to be the result of that upkeep: a quadrant that also lost readings to a fault, or a missing
 * reading, does not count as lost to upkeep. Left out: data backup and recertification as reasons, which need a record of
 * their own.
 *
 * @see 40 CFR 75.10(d)(1)
 * @example isValidHour({ fired: 0b1111, good: 0b1001, lostToUpkeep: 0b0110, lostOtherwise: 0, firstGood: 3, lastGood: 50 }) // true
 */
export const isValidHour = (tally: QuadrantTally): boolean => {
  if (tally.fired === 0) return false;
  const lacking = tally.fired & ~tally.good;
  if (lacking === 0) return true;
  const causedByUpkeep = (lacking & ~tally.lostToUpkeep) === 0 && (lacking & tally.lostOtherwise) === 0;
  return causedByUpkeep && tally.good !== 0 && tally.lastGood - tally.firstGood >= MINUTES_APART;
};

export const quadrantOf = (minuteOfHour: number): number => (minuteOfHour / 15) | 0;
