import { textOfMinute } from '../time.ts';
import { Decimal, decimalText } from '../units/decimal.ts';

const FEWEST_DIGITS = 4;
const MOST_DIGITS = 12;

/**
 * An average as people read it: four significant digits, or as many more as it takes to show on which side of the limit
 * it lies.
 * @example figureAgainst('0.100000412345', '0.1') // '0.1000004'
 */
export const figureAgainst = (average: string, limit: string): string => {
  const exact = new Decimal(average);
  const side = exact.comparedTo(limit);
  for (let digits = FEWEST_DIGITS; digits < MOST_DIGITS; digits++) {
    const rounded = exact.toSignificantDigits(digits);
    if (rounded.comparedTo(limit) === side) return decimalText(rounded);
  }
  return decimalText(exact);
};

/**
 * A minute on the clock of the plant: standard time all year.
 * @example plantTime(25_278_485, -420) // '2018-01-23 05:05 plant time (UTC-07:00)'
 */
export const plantTime = (minute: number, utcOffsetMinutes: number): string => {
  const local = textOfMinute(minute + utcOffsetMinutes);
  const size = Math.abs(utcOffsetMinutes);
  const clock = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, '0')).join(':');
  return `${local.slice(0, 10)} ${local.slice(11, 16)} plant time (UTC${utcOffsetMinutes < 0 ? '-' : '+'}${clock})`;
};

export const plantHour = (hour: number, utcOffsetMinutes: number): string => plantTime(hour * 60, utcOffsetMinutes);

/** @example counted(1, 'window') // '1 window' */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** @example percent(0.825) // '82.5 %' */
export const percent = (share: number): string => `${decimalText(new Decimal(share).times(100).toDecimalPlaces(2))} %`;
