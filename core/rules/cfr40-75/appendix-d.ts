import { Decimal } from '../../units/decimal.ts';
import {
  type BtuPerHundredScf,
  type HourFraction,
  type HundredScfh,
  type MmBtuPerHour,
  mmBtuPerHour,
  type PoundPerHour,
  type PoundPerMmBtu,
  poundPerHour,
} from '../../units/quantity.ts';
import { roundHalfAway } from '../../units/rounding.ts';
import { cite } from '../citation.ts';

export const EQ_D_5 = cite(
  'D-5',
  '40 CFR Part 75, App. D, section 3.3.2, Eq. D-5',
  'SO2 mass rate of a gas, by default rate',
  { formula: 'SO2rate = ER × HIrate', places: 5 },
);
export const EQ_D_6 = cite('D-6', '40 CFR Part 75, App. D, section 3.4.1, Eq. D-6', 'heat input rate of a gas', {
  formula: 'HIrate = GASrate × GCV / 10^6',
  places: 1,
});
export const EQ_D_12 = cite('D-12', '40 CFR Part 75, App. D, section 3.5.1, Eq. D-12', 'SO2 mass rate, all fuels', {
  formula: 'SO2rate = sum(SO2rate-i × ti) / tu',
  places: 4,
});
export const EQ_D_15A = cite('D-15A', '40 CFR Part 75, App. D, section 3.5, Eq. D-15a', 'heat input rate, all fuels', {
  formula: 'HIrate = sum(HIrate-i × ti) / tu',
  places: 1,
});

/** Of Eq. D-12 in an hour in which no gas is burned. */
const PLACES_WITHOUT_GAS = 1;

export const BTU_PER_MMBTU = new Decimal('1e6');

/** What one fuel gave while it was burned, and for how long it was burned. */
export interface FuelHour<Rate> {
  /** ti: fuel usage time, fraction of the hour. */
  readonly usageTime: HourFraction;
  readonly rate: Rate;
}

/** sum(rate ti) / tu; undefined when the unit did not run. */
const rateOfAllFuels = (fuels: readonly FuelHour<Decimal>[], operatingTime: HourFraction): Decimal | undefined => {
  if (!operatingTime.gt(0)) return undefined;
  let total = new Decimal(0);
  for (const { usageTime, rate } of fuels) total = total.plus(rate.times(usageTime));
  return total.div(operatingTime);
};

/**
 * SO2 mass rate of a gaseous fuel from its default emission rate.
 *
 *     SO2rate = ER HIrate                                   (Eq. D-5)
 *
 * @param defaultRate   ER, lb/mmBtu, 0.0006 for pipeline natural gas
 * @param heatInputRate HIrate of the fuel (Eq. D-6), mmBtu/h, rounded to 0.1
 * @returns             lb/h while the fuel is burned, rounded to 0.00001
 * @see {@link EQ_D_5}
 * @example so2RateOfGas(poundPerMmBtu('0.0006'), mmBtuPerHour('1499.2')) // 0.89952 lb/h
 */
export const so2RateOfGas = (defaultRate: PoundPerMmBtu, heatInputRate: MmBtuPerHour): PoundPerHour =>
  roundHalfAway(poundPerHour(defaultRate.times(heatInputRate)), EQ_D_5.places);

/**
 * Heat input rate of a gaseous fuel from its flow.
 *
 *     HIrate = GASrate GCV / 10^6                           (Eq. D-6; the same as Eq. F-20)
 *
 * @param gasFlow GASrate, hourly average, 100 scf/h, rounded to 0.1
 * @param gcv     GCV, Btu/100 scf
 * @returns       mmBtu/h while the fuel is burned, rounded to 0.1; undefined without a calorific value
 * @see {@link EQ_D_6}
 * @example heatInputRateOfGas(hundredScfh('14641.5'), btuPerHundredScf(102392)) // 1499.2 mmBtu/h
 */
export const heatInputRateOfGas = (gasFlow: HundredScfh, gcv: BtuPerHundredScf): MmBtuPerHour | undefined =>
  gcv.gt(0) ? roundHalfAway(mmBtuPerHour(gasFlow.times(gcv).div(BTU_PER_MMBTU)), EQ_D_6.places) : undefined;

/**
 * SO2 mass rate of a unit from all fuels of the hour.
 *
 *     SO2rate = sum(SO2rate-i ti) / tu                      (Eq. D-12 as a rate)
 *
 * The law's equation gives the pounds of the hour; reports carry them per hour of operation.
 *
 * @param fuels         SO2rate-i, lb/h, and ti of each fuel
 * @param operatingTime tu, fraction of the hour
 * @param anyGas        was any gas burned in the hour? Then 0.0001 is reported, else 0.1
 * @returns             lb/h of operation, rounded; undefined when the unit did not run
 * @see {@link EQ_D_12}
 * @example so2MassRateOfFuels([{ usageTime: hourFraction('0.83'), rate: poundPerHour('0.89952') }], hourFraction('0.83'), true) // 0.8995 lb/h
 */
export const so2MassRateOfFuels = (
  fuels: readonly FuelHour<PoundPerHour>[],
  operatingTime: HourFraction,
  anyGas: boolean,
): PoundPerHour | undefined => {
  const rate = rateOfAllFuels(fuels, operatingTime);
  return rate && roundHalfAway(poundPerHour(rate), anyGas ? EQ_D_12.places : PLACES_WITHOUT_GAS);
};

/**
 * Heat input rate of a unit from all fuels of the hour.
 *
 *     HIrate = sum(HIrate-i ti) / tu                        (Eq. D-15a)
 *
 * @param fuels         HIrate-i, mmBtu/h, rounded to 0.1 each, and ti of each fuel
 * @param operatingTime tu, fraction of the hour
 * @returns             mmBtu/h of operation, rounded to 0.1; undefined when the unit did not run
 * @see {@link EQ_D_15A}
 * @example heatInputRateOfFuels([{ usageTime: hourFraction('0.83'), rate: mmBtuPerHour('1499.2') }], hourFraction('0.83')) // 1499.2 mmBtu/h
 */
export const heatInputRateOfFuels = (
  fuels: readonly FuelHour<MmBtuPerHour>[],
  operatingTime: HourFraction,
): MmBtuPerHour | undefined => {
  const rate = rateOfAllFuels(fuels, operatingTime);
  return rate && roundHalfAway(mmBtuPerHour(rate), EQ_D_15A.places);
};
