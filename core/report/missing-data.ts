import type { Parameter } from '../contracts/emission-hour.ts';
import type { Availability, MissingData } from '../contracts/quarterly-report.ts';
import { periodsOf } from './periods.ts';
import { percentOf } from './share.ts';
import type { ReadHour } from './source-hour.ts';

/**
 * Operating hours in which a value could not be determined, by the value.
 * @see 40 CFR 75.30: a missing data period is one in which fuel is burned without a valid quality-assured hour
 */
export const missingDataOf = (operating: readonly ReadHour[], parameters: readonly Parameter[]): MissingData[] =>
  parameters.map((parameter) => {
    const hours = operating.filter((hour) => hour.value(parameter) === undefined).map(({ hour }) => hour);
    return {
      parameter,
      hours: hours.length,
      percentOfOperatingHours: percentOf(hours.length, operating.length),
      periods: periodsOf(hours),
    };
  });

/**
 * The share of the operating hours of this quarter in which each value is valid. It is the quotient of 40 CFR 75.32(a),
 * Eq. 8, taken over the quarter alone: not the percent monitor data availability itself, which looks back over 8,760
 * operating hours.
 */
export const availabilityOf = (operating: readonly ReadHour[], parameters: readonly Parameter[]): Availability[] =>
  parameters.map((parameter) => {
    const validHours = operating.filter((hour) => hour.value(parameter) !== undefined).length;
    return {
      parameter,
      validHours,
      operatingHours: operating.length,
      percent: percentOf(validHours, operating.length),
    };
  });
