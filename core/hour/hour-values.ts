import type { EmissionHour, Parameter } from '../contracts/emission-hour.ts';
import {
  EQ_D_12,
  heatInputRateOfFuels,
  heatInputRateOfGas,
  so2MassRateOfFuels,
  so2RateOfGas,
} from '../rules/cfr40-75/appendix-d.ts';
import {
  co2MassRate,
  flooredHeatInputRate,
  heatInputRateByCarbonDioxide,
  noxMassRate,
  noxRateByCarbonDioxide,
  noxRateByDryOxygen,
  so2MassRate,
} from '../rules/cfr40-75/appendix-f.ts';
import { co2MassRateOfFuel } from '../rules/cfr40-75/appendix-g.ts';
import { type Decimal, decimalText } from '../units/decimal.ts';
import {
  type HourFraction,
  hundredScfh,
  type MmBtuPerHour,
  mmBtu,
  type PoundPerHour,
  type PoundPerMmBtu,
  percentDry,
  percentWet,
  pound,
  ppmDry,
  ppmWet,
  type ShortTonPerHour,
  scfhWet,
  shortTon,
} from '../units/quantity.ts';
import { roundHalfAway } from '../units/rounding.ts';
import { TOTALS, UNIT_OF } from './parameters.ts';
import { reportedConcentration, reportedGasFlow, reportedOxygen, reportedStackFlow } from './reporting-precision.ts';
import type { WorkingPlan } from './working-plan.ts';

/** Hour averages of the channels that are valid in the hour, by the channel's name. */
export type Averages = ReadonlyMap<string, Decimal>;

/** A value and its method of determination code; no value: a substitute is due. */
interface Made<Q> {
  readonly value: Q | undefined;
  readonly modc: string | null;
}

const MISSING = { value: undefined, modc: null };

/** A value for which ECMPS has no method of determination code. */
const made = <Q>(value: Q | undefined): Made<Q> => ({ value, modc: null });

type FormulaOf<P extends keyof WorkingPlan['formulas']> = NonNullable<WorkingPlan['formulas'][P]>;

const heatInputRate = (
  formula: FormulaOf<'heatInputRate'>,
  { fuel }: WorkingPlan,
  averages: Averages,
  operatingTime: HourFraction,
): Made<MmBtuPerHour> => {
  if (formula.equation === 'D-15A') {
    const average = averages.get(formula.fuelFlow);
    const flow = average && reportedGasFlow(hundredScfh(average));
    const rate = flow && heatInputRateOfGas(flow, fuel.gcv);
    // One fuel: it is used whenever the unit runs.
    return made(rate && heatInputRateOfFuels([{ usageTime: operatingTime, rate }], operatingTime));
  }
  const flowAverage = averages.get(formula.flow);
  const co2Average = averages.get(formula.co2);
  const flow = flowAverage && reportedStackFlow(scfhWet(flowAverage));
  if (!flow || !co2Average) return MISSING;
  const rate = heatInputRateByCarbonDioxide(flow, fuel.fc, reportedConcentration(percentWet(co2Average)).value);
  if (!rate) return MISSING;
  const floored = flooredHeatInputRate(rate);
  return { value: floored.rate, modc: floored.modc };
};

const noxRate = (formula: FormulaOf<'noxRate'>, plan: WorkingPlan, averages: Averages): Made<PoundPerMmBtu> => {
  const noxAverage = averages.get(formula.nox);
  const diluentAverage = averages.get(formula.equation === 'F-6' ? formula.co2 : formula.o2);
  // 75.10(d)(3): the rate needs the valid points of both analysers.
  if (!noxAverage || !diluentAverage) return MISSING;
  const { fd, fc } = plan.fuel;
  if (formula.equation !== 'F-6') {
    const nox = reportedConcentration(ppmDry(noxAverage));
    const value = noxRateByDryOxygen(nox.value, fd, reportedOxygen(percentDry(diluentAverage)));
    return value ? { value, modc: nox.modc } : MISSING;
  }
  if (plan.bases.get(formula.nox) === 'wet') {
    const nox = reportedConcentration(ppmWet(noxAverage));
    const value = noxRateByCarbonDioxide(nox.value, fc, reportedConcentration(percentWet(diluentAverage)).value);
    return value ? { value, modc: nox.modc } : MISSING;
  }
  const nox = reportedConcentration(ppmDry(noxAverage));
  const value = noxRateByCarbonDioxide(nox.value, fc, reportedConcentration(percentDry(diluentAverage)).value);
  return value ? { value, modc: nox.modc } : MISSING;
};

const co2Rate = (
  formula: FormulaOf<'co2MassRate'>,
  { fuel }: WorkingPlan,
  averages: Averages,
  heat: MmBtuPerHour | undefined,
): Made<ShortTonPerHour> => {
  if (formula.equation === 'G-4') return made(heat && co2MassRateOfFuel(heat, fuel.fc));
  const co2 = averages.get(formula.co2);
  const flowAverage = averages.get(formula.flow);
  const flow = flowAverage && reportedStackFlow(scfhWet(flowAverage));
  return made(co2 && flow && co2MassRate(reportedConcentration(percentWet(co2)).value, flow));
};

const so2Rate = (
  formula: FormulaOf<'so2MassRate'>,
  { fuel }: WorkingPlan,
  averages: Averages,
  heat: MmBtuPerHour | undefined,
  operatingTime: HourFraction,
): Made<PoundPerHour> => {
  if (formula.equation === 'D-5') {
    const rate = heat && so2RateOfGas(fuel.so2Rate, heat);
    return made(rate && so2MassRateOfFuels([{ usageTime: operatingTime, rate }], operatingTime, true));
  }
  const so2 = averages.get(formula.so2);
  const flowAverage = averages.get(formula.flow);
  const flow = flowAverage && reportedStackFlow(scfhWet(flowAverage));
  return made(so2 && flow && so2MassRate(reportedConcentration(ppmWet(so2)).value, flow));
};

/**
 * The values of an operating hour, in the order in which they are made: each takes the reported (rounded) ones before
 * it (vector V-266). A value whose inputs are not valid is there without a number: a substitute is due.
 */
export const hourValues = (
  plan: WorkingPlan,
  averages: Averages,
  operatingTime: HourFraction,
): EmissionHour['values'] => {
  const values: EmissionHour['values'] = {};
  const put = (parameter: Parameter, equation: string, { value, modc }: Made<Decimal>) => {
    const unit = UNIT_OF[parameter];
    values[parameter] = { value: value === undefined ? null : decimalText(value), unit, equation, modc };
  };
  const { formulas } = plan;
  const heat = formulas.heatInputRate && heatInputRate(formulas.heatInputRate, plan, averages, operatingTime);
  const heatInput = heat?.value && mmBtu(heat.value.times(operatingTime));
  if (formulas.heatInputRate && heat) {
    put('heatInputRate', formulas.heatInputRate.equation, heat);
    // One decimal times two: exact, as EPA publishes it.
    put('heatInput', TOTALS.heatInput.equation, made(heatInput));
  }
  const nox = formulas.noxRate && noxRate(formulas.noxRate, plan, averages);
  if (formulas.noxRate && nox) put('noxRate', formulas.noxRate.equation, nox);
  if (formulas.noxMassRate) {
    const rate = nox?.value && heat?.value && noxMassRate(nox.value, heat.value);
    put('noxMassRate', formulas.noxMassRate.equation, made(rate));
  }
  if (nox && heat) {
    const mass = nox.value && heatInput && roundHalfAway(pound(nox.value.times(heatInput)), TOTALS.noxMass.places);
    put('noxMass', TOTALS.noxMass.equation, made(mass));
  }
  if (formulas.co2MassRate) {
    const rate = co2Rate(formulas.co2MassRate, plan, averages, heat?.value);
    put('co2MassRate', formulas.co2MassRate.equation, rate);
    put('co2Mass', TOTALS.co2Mass.equation, made(rate.value && shortTon(rate.value.times(operatingTime))));
  }
  if (formulas.so2MassRate) {
    const rate = so2Rate(formulas.so2MassRate, plan, averages, heat?.value, operatingTime);
    const mass = rate.value && roundHalfAway(pound(rate.value.times(operatingTime)), TOTALS.so2Mass.places);
    // A default rate (D-5) becomes the unit's rate by D-12.
    const { equation } = formulas.so2MassRate;
    put('so2MassRate', equation === 'D-5' ? EQ_D_12.equation : equation, rate);
    put('so2Mass', TOTALS.so2Mass.equation, made(mass));
  }
  return values;
};
