import type { ExplainedHour, ExplainedValue } from '../contracts/api/measurements.ts';
import { type EmissionHour, type HourlyValue, PARAMETERS, type Parameter } from '../contracts/emission-hour.ts';
import type { SourceVersion } from '../contracts/monitoring-plan.ts';
import { canonicalText } from '../hour/digest.ts';
import { hourValues } from '../hour/hour-values.ts';
import { PARAMETER_WORDS } from '../hour/parameter-words.ts';
import { TOTALS, type Total } from '../hour/parameters.ts';
import { workingPlan } from '../hour/working-plan.ts';
import { Decimal } from '../units/decimal.ts';
import { hourFraction } from '../units/quantity.ts';
import { explainFormula } from './equations.ts';
import { type Input, type Inputs, inputsOf } from './inputs.ts';

/**
 * How each value of a stored hour was made.
 * @param version the version of the monitoring plan that made the hour
 * @throws DefectivePlanError when nothing can be worked out with the version
 */
export const explainHour = (
  document: EmissionHour,
  version: SourceVersion,
): Pick<ExplainedHour, 'values' | 'reproduced'> => {
  const put = inputsOf(document, version);
  const values = PARAMETERS.flatMap((parameter): ExplainedValue[] => {
    const stored = document.values[parameter];
    return stored === undefined ? [] : [{ parameter, ...stored, ...explained(parameter, stored, version, put) }];
  });
  return { values, reproduced: reproduces(document, version) };
};

/** Whether the hour's averages and this version of the plan give the stored values. */
export const reproduces = ({ channels, operatingTime, values }: EmissionHour, version: SourceVersion): boolean => {
  const averages = new Map(
    Object.entries(channels).flatMap(([name, { average }]) => (average === null ? [] : [[name, new Decimal(average)]])),
  );
  const time = hourFraction(operatingTime);
  const again = time.gt(0) ? hourValues(workingPlan(version), averages, time) : {};
  return canonicalText(again) === canonicalText(values);
};

type Told = Pick<ExplainedValue, 'formula' | 'citation' | 'rounding' | 'inputs'>;

const explained = (parameter: Parameter, stored: HourlyValue, version: SourceVersion, put: Inputs): Told => {
  const total: Total | undefined = (TOTALS as Partial<Record<Parameter, Total>>)[parameter];
  if (total) return explainedTotal(parameter, stored, total, put);
  const formula = version.formulas.find((each) => each.parameter === parameter);
  // Only where no plan on record makes the hour again.
  if (!formula) return { formula: '', citation: '', rounding: '', inputs: [] };
  const { equations, inputs } = explainFormula(formula, put);
  const least = stored.modc === '26' ? '; less than 1.0 mmBtu/h is reported as 1.0, code 26' : '';
  return {
    formula: equations.map((each) => each.formula).join('; '),
    citation: equations.map(({ source }) => source).join('; '),
    rounding: `${equations.map(({ places }) => `to ${stepOf(places)}`).join(', then ')} ${stored.unit}, half away from zero${least}`,
    inputs: [...inputs],
  };
};

const explainedTotal = (parameter: Parameter, { unit }: HourlyValue, total: Total, put: Inputs): Told => {
  const [rate, factor] = total.of;
  const second: Input =
    factor === 'operatingTime'
      ? put.operatingTime('operatingTime', 'operating time')
      : put.value(factor, PARAMETER_WORDS[factor], factor);
  return {
    formula: `${parameter} = ${rate} × ${factor}`,
    citation: total.citation,
    rounding: total.places === undefined ? 'not rounded' : `to ${stepOf(total.places)} ${unit}, half away from zero`,
    inputs: [put.value(rate, PARAMETER_WORDS[rate], rate), second],
  };
};

/** @example stepOf(3) // '0.001' */
const stepOf = (places: number): string => new Decimal(10).pow(-places).toFixed();
