import type { EmissionHour, Parameter } from '../contracts/emission-hour.ts';
import { hourOfText } from '../time.ts';
import { Decimal } from '../units/decimal.ts';

/** A stored hour with its numbers read once. */
export interface ReadHour {
  readonly hour: number;
  readonly document: EmissionHour;
  readonly operatingTime: Decimal;
  readonly operating: boolean;
  /** Undefined: the hour does not hold it. */
  value(parameter: Parameter): Decimal | undefined;
}

const readHour = (document: EmissionHour): ReadHour => {
  const operatingTime = new Decimal(document.operatingTime);
  return {
    hour: hourOfText(document.hour),
    document,
    operatingTime,
    operating: operatingTime.gt(0),
    value: (parameter) => {
      const text = document.values[parameter]?.value;
      return text === undefined || text === null ? undefined : new Decimal(text);
    },
  };
};

/**
 * The hours in order, whatever the order in which they are given.
 * @throws RangeError when an hour is given twice
 */
export const readHours = (documents: readonly EmissionHour[]): readonly ReadHour[] => {
  const hours = documents.map(readHour).sort((a, b) => a.hour - b.hour);
  const twice = hours.find(({ hour }, i) => hours[i + 1]?.hour === hour);
  if (twice)
    throw new RangeError(`expected each hour once, got ${twice.document.hour} of ${twice.document.source} twice`);
  return hours;
};
