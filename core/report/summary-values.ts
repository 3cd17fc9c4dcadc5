import type { Parameter } from '../contracts/emission-hour.ts';
import {
  type Coverage,
  type ExactSum,
  SUMMARY_UNITS,
  type SummaryCode,
  type SummaryValue,
} from '../contracts/quarterly-report.ts';
import { Decimal } from '../units/decimal.ts';
import type { ReadHour } from './source-hour.ts';
import { sumOf } from './sums.ts';

/** The hourly value that a summary value adds up, what it is divided by, and its one rounding. */
interface Recipe {
  readonly code: SummaryCode;
  /** The hourly value of the monitoring plan that it needs. */
  readonly needs: Parameter;
  readonly quantity: ExactSum['name'];
  readonly places: number;
  readonly total: (sum: Decimal, hours: number) => Decimal;
}

const POUNDS_PER_TON = 2000;
const asIs = (sum: Decimal) => sum;
const tons = (sum: Decimal) => sum.dividedBy(POUNDS_PER_TON);
/** A plain mean over operating hours, weighted neither by time nor by heat input. */
const mean = (sum: Decimal, hours: number) => sum.dividedBy(hours);

/**
 * The summary values of a quarter, as EPA's check engine recalculates them from the hours: sums over unrounded products
 * of rate and operating time, one rounding at the end, ties away from zero. NOx mass adds up the hours' masses, which EPA
 * publishes: NOx rate times heat input to 0.001 lb, where the rate in lb/h is already rounded to 0.1.
 * Precision: ECMPS Emissions Reporting Instructions, summary value data.
 */
export const RECIPES: readonly Recipe[] = [
  { code: 'HIT', needs: 'heatInputRate', quantity: 'heatInput', places: 0, total: asIs },
  { code: 'SO2M', needs: 'so2MassRate', quantity: 'so2Mass', places: 1, total: tons },
  { code: 'NOXM', needs: 'noxMassRate', quantity: 'noxMassOfHours', places: 1, total: tons },
  { code: 'CO2M', needs: 'co2MassRate', quantity: 'co2Mass', places: 1, total: asIs },
  { code: 'NOXR', needs: 'noxRate', quantity: 'noxRate', places: 3, total: mean },
];

/** ECMPS has names of stacks and pipes in a field of their own. */
const STACK_OR_PIPE = /^[CMX][SP][A-Z0-9-]{1,4}$/i;

const place = (source: string) =>
  STACK_OR_PIPE.test(source) ? { stackPipeId: source, unitId: null } : { stackPipeId: null, unitId: source };

/**
 * The SummaryValue records of one source: operating hours and time, and a total for each hourly value that the plan
 * makes. Hours for which substitute data are due are left out of a total and counted beside it; an hour
 * that is not stored between the first and the last that are makes it null.
 */
export const summaryValues = (
  source: string,
  hours: readonly ReadHour[],
  made: ReadonlySet<Parameter>,
  coverage: Pick<Coverage, 'complete'> & { readonly hoursMissingWithin: number },
): SummaryValue[] => {
  const operating = hours.filter((hour) => hour.operating);
  const { hoursMissingWithin } = coverage;
  const record = (code: SummaryCode, value: number | null, substituteDue: number): SummaryValue => ({
    ...place(source),
    parameterCode: code,
    currentReportingPeriodTotal: hoursMissingWithin > 0 ? null : value,
    ozoneSeasonToDateTotal: null,
    yearToDateTotal: null,
    unitOfMeasure: SUMMARY_UNITS[code],
    totalCovers: covers(substituteDue),
    measuredHoursTotal: value,
    hoursWithoutValue: substituteDue + hoursMissingWithin,
  });
  const covers = (substituteDue: number): SummaryValue['totalCovers'] => {
    if (hoursMissingWithin > 0) return 'not-recalculable';
    if (substituteDue > 0) return 'measured-hours';
    return coverage.complete ? 'quarter' : 'stored-hours';
  };
  const time = operating.reduce((sum, hour) => sum.plus(hour.operatingTime), new Decimal(0));
  return [
    record('OPHOURS', operating.length, 0),
    record('OPTIME', time.toNumber(), 0),
    ...RECIPES.filter(({ needs }) => made.has(needs)).map(({ code, quantity, places, total }) => {
      const { sum, hours: valued } = sumOf(quantity, operating);
      const none = valued === 0 && (code === 'NOXR' || operating.length > 0);
      const value = none ? null : total(sum, valued).toDecimalPlaces(places, Decimal.ROUND_HALF_UP).toNumber();
      return record(code, value, operating.length - valued);
    }),
  ];
};
