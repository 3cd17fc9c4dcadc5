import type { Coverage } from '../contracts/quarterly-report.ts';
import { textOfHour } from '../time.ts';
import { periodsOf } from './periods.ts';
import type { QuarterHours } from './quarter.ts';
import type { ReadHour } from './source-hour.ts';

/** The coverage, and the hours that are not stored between the first and the last that are. */
export interface CoverageOfHours {
  readonly coverage: Coverage;
  readonly hoursMissingWithin: number;
}

/** An hour is computed as soon as this is over after it, at the latest. */
const CLOSED_AFTER_MINUTES = 15;

/** The hour up to which hours are expected at a minute: of a quarter that is not over, those that are closed. */
export const expectedUntil = ({ until }: Pick<QuarterHours, 'until'>, asOf: number): number =>
  Math.min(until, Math.floor((asOf - CLOSED_AFTER_MINUTES) / 60));

/**
 * Which hours of the quarter are stored. Nothing is expected before a source began: its first hour ever stored, not only
 * that of the quarter.
 * @param begins undefined when no hour was ever stored
 * @param asOf the minute at which the report is made
 */
export const coverageOf = (
  hours: readonly ReadHour[],
  { from, until }: QuarterHours,
  begins: number | undefined,
  asOf: number,
): CoverageOfHours => {
  const end = Math.max(from, expectedUntil({ until }, asOf));
  const expectedFrom = begins === undefined ? end : Math.min(end, Math.max(from, begins));
  const stored = new Set(hours.map(({ hour }) => hour));
  const missing: number[] = [];
  for (let hour = expectedFrom; hour < end; hour++) if (!stored.has(hour)) missing.push(hour);
  const [first, last] = [hours[0]?.hour, hours.at(-1)?.hour];
  return {
    coverage: {
      hoursExpected: end - expectedFrom,
      hoursStored: hours.length,
      first: first === undefined ? null : textOfHour(first),
      last: last === undefined ? null : textOfHour(last),
      complete: begins !== undefined && missing.length === 0 && end === until,
      missing: periodsOf(missing),
    },
    hoursMissingWithin:
      first === undefined || last === undefined ? 0 : missing.filter((hour) => hour > first && hour < last).length,
  };
};
