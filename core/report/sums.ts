import type { ExactSum } from '../contracts/quarterly-report.ts';
import { Decimal, decimalText } from '../units/decimal.ts';
import type { ReadHour } from './source-hour.ts';

/**
 * How each quantity of an hour is made for the sums of the quarter: a reported rate times the operating time, unrounded.
 * Stored heat input and CO2 mass are that product already (one decimal times two: exact). The stored SO2 mass is rounded
 * to 0.001 lb, so its rate is taken. NOx mass is both: rate in lb/h times time, and as `noxMassOfHours` the masses of the
 * hours, which EPA publishes.
 */
const QUANTITIES: Readonly<Record<ExactSum['name'], { unit: string; of: (hour: ReadHour) => Decimal | undefined }>> = {
  heatInput: { unit: 'mmBtu', of: (hour) => hour.value('heatInputRate')?.times(hour.operatingTime) },
  co2Mass: { unit: 'short ton', of: (hour) => hour.value('co2MassRate')?.times(hour.operatingTime) },
  so2Mass: { unit: 'lb', of: (hour) => hour.value('so2MassRate')?.times(hour.operatingTime) },
  noxMass: { unit: 'lb', of: (hour) => hour.value('noxMassRate')?.times(hour.operatingTime) },
  noxMassOfHours: { unit: 'lb', of: (hour) => hour.value('noxMass') },
  noxRate: { unit: 'lb/mmBtu', of: (hour) => hour.value('noxRate') },
};

const ZERO = new Decimal(0);

/** A sum over the operating hours that hold the quantity. */
export interface Sum {
  readonly sum: Decimal;
  readonly hours: number;
}

/** @param operating operating hours, in any order: decimal sums of this size are exact */
export const sumOf = (name: ExactSum['name'], operating: readonly ReadHour[]): Sum => {
  let sum = ZERO;
  let hours = 0;
  for (const hour of operating) {
    const value = QUANTITIES[name].of(hour);
    if (value === undefined) continue;
    sum = sum.plus(value);
    hours++;
  }
  return { sum, hours };
};

export const exactSums = (names: readonly ExactSum['name'][], operating: readonly ReadHour[]): ExactSum[] =>
  names.map((name) => {
    const { sum, hours } = sumOf(name, operating);
    return { name, unit: QUANTITIES[name].unit, hours, sum: decimalText(sum) };
  });
