import type { HourState, Series } from '#core/contracts/api/measurements';

/** As the API has it, and `not-stored` for an hour of the range of which nothing is known. */
export type CurveState = HourState | 'not-stored';

/** A limit over the hours of a curve: one place an hour. */
export interface CurveLimit {
  readonly rule: string;
  readonly unit: string;
  /** Length of the averaging window. */
  readonly operatingHours: number;
  /** Of the window that ends in the hour; null when none does, or when it holds no value. */
  readonly averages: readonly (number | null)[];
  /** The limit in force; null before the first window. */
  readonly limits: readonly (number | null)[];
  readonly exceeded: readonly boolean[];
}

/** An hourly value over consecutive hours. */
export interface HourlyCurve {
  readonly parameter: Series['parameter'];
  readonly unit: string;
  /** Counted from 1970 in UTC, without a gap. */
  readonly hours: readonly number[];
  readonly values: readonly (number | null)[];
  readonly states: readonly CurveState[];
  readonly limits: readonly CurveLimit[];
}

const curveLimit = (limit: Series['limits'][number], first: number, count: number): CurveLimit => {
  const averages = new Array<number | null>(count).fill(null);
  const limits = new Array<number | null>(count).fill(null);
  const exceeded = new Array<boolean>(count).fill(false);
  for (const [i, end] of limit.windowEnds.entries()) {
    const at = end - first;
    if (at < 0 || at >= count) continue;
    averages[at] = limit.averages[i] ?? null;
    limits[at] = limit.limits[i] ?? null;
    exceeded[at] = limit.exceeded[i] ?? false;
  }
  // No window ends in an hour without operation; the limit holds all the same.
  for (let i = 1; i < count; i++) limits[i] ??= limits[i - 1] ?? null;
  const { rule, unit, operatingHours } = limit;
  return { rule, unit, operatingHours, averages, limits, exceeded };
};

/** Lays the answer of the API out over consecutive hours, from its first stored hour to its last. */
export const hourlyCurve = (series: Series): HourlyCurve => {
  const { parameter, unit } = series;
  const first = series.hours[0];
  const last = series.hours.at(-1);
  if (first === undefined || last === undefined)
    return { parameter, unit, hours: [], values: [], states: [], limits: [] };
  const count = last - first + 1;
  const values = new Array<number | null>(count).fill(null);
  const states = new Array<CurveState>(count).fill('not-stored');
  for (const [i, hour] of series.hours.entries()) {
    values[hour - first] = series.values[i] ?? null;
    states[hour - first] = series.states[i] ?? 'not-stored';
  }
  return {
    parameter,
    unit,
    hours: Array.from({ length: count }, (_, i) => first + i),
    values,
    states,
    limits: series.limits.map((limit) => curveLimit(limit, first, count)),
  };
};

/** A curve has one scale: only limits in the unit of its values can be drawn beside them. */
export const drawnLimits = ({ limits, unit }: HourlyCurve): CurveLimit[] =>
  limits.filter((limit) => limit.unit === unit);

/** Hours of each state, for the legend. */
export const stateCounts = ({ states }: HourlyCurve): Record<CurveState, number> => {
  const counts = { measured: 0, substituted: 0, 'substitute-due': 0, 'not-operating': 0, 'not-stored': 0 };
  for (const state of states) counts[state]++;
  return counts;
};
