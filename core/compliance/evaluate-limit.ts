import { averageOf, runningTotals, windowTotal } from '../averaging/rolling.ts';
import type { ComplianceRecord } from '../contracts/compliance-record.ts';
import type { EmissionHour } from '../contracts/emission-hour.ts';
import type { Limit } from '../contracts/monitoring-plan.ts';
import { hourOfText } from '../time.ts';
import { Decimal, decimalText } from '../units/decimal.ts';
import { allowedFrom, hoursFrom, type QuickTotals, quickTotals } from './headroom.ts';
import { limitOn } from './limits.ts';

/** Significant digits of an average as stored; the comparison with the limit is made before this rounding. */
const AVERAGE_DIGITS = 12;

export interface LimitEvaluation {
  /** The source's operating hours in order, with the window's hours before `from`. */
  readonly hours: readonly Omit<EmissionHour, 'channels'>[];
  readonly limit: Limit;
  /** First and last hour at which a window may end, counted from 1970, UTC. */
  readonly from: number;
  readonly to: number;
}

/** The values of the window's hours and where the window lies among them: from `begin` up to, not including, `end`. */
interface Window {
  readonly values: readonly (Decimal | undefined)[];
  readonly totals: QuickTotals;
  readonly begin: number;
  readonly end: number;
}

const lastValid = ({ values, begin, end }: Window): Decimal | undefined => {
  for (let i = end - 1; i >= begin; i--) if (values[i] !== undefined) return values[i];
  return undefined;
};

const headroomOf = (window: Window, limit: Decimal): ComplianceRecord['headroom'] => {
  const present = lastValid(window);
  if (present === undefined) return null;
  const { totals, begin, end } = window;
  return {
    nextHour: decimalText(allowedFrom(totals, end, limit, end - begin, 1)),
    hoursToLimit: hoursFrom(totals, end, limit, end - begin, present),
  };
};

/**
 * Holds the rolling averages of a source against a limit: one record for each operating hour of the range at which a
 * full window ends. Before as many operating hours as the window has there is no record, nor on days before the limit's
 * first value. The average is taken over the valid hours and compared unrounded; equal to the limit is within.
 * @see 40 CFR 60.4380(b)(1) for the rolling average over unit operating hours; the limit's own citation is in the record
 */
export const evaluateLimit = ({ hours, limit, from, to }: LimitEvaluation): ComplianceRecord[] => {
  const { rule, parameter, unit, operatingHours } = limit;
  const values = hours.map(({ values }) => {
    const text = values[parameter]?.value;
    return text === undefined || text === null ? undefined : new Decimal(text);
  });
  const totals = quickTotals(runningTotals(values));
  const records: ComplianceRecord[] = [];
  for (const [index, last] of hours.entries()) {
    const end = index + 1;
    const first = hours[end - operatingHours];
    const hour = hourOfText(last.hour);
    if (first === undefined || hour < from || hour > to) continue;
    const version = limitOn(limit, last.date);
    if (version === undefined) continue;
    const value = new Decimal(version.value);
    const window = { values, totals, begin: end - operatingHours, end };
    const total = windowTotal(totals, window.begin, end);
    const average = averageOf(total);
    records.push({
      v: 1,
      facility: last.facility,
      source: last.source,
      rule,
      parameter,
      unit,
      windowStart: first.hour,
      windowEnd: last.hour,
      operatingHours,
      validHours: total.valid,
      average: average === undefined ? null : decimalText(average.toSignificantDigits(AVERAGE_DIGITS)),
      limit: decimalText(value),
      citation: version.citation,
      state: average === undefined ? 'no-data' : total.sum.gt(value.times(total.valid)) ? 'exceedance' : 'within',
      headroom: headroomOf(window, value),
    });
  }
  return records;
};
