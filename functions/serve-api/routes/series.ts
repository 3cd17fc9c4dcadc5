import type { LimitWindows, Series, ValueRow } from '#adapters/data-api-series';
import type { Series as SeriesAnswer } from '#core/contracts/api/measurements';
import { PARAMETERS, type Parameter } from '#core/contracts/emission-hour';
import type { SourcePlan } from '#core/contracts/monitoring-plan';
import { hourState } from '#core/hour/hour-state';
import { parametersOf, UNIT_OF } from '#core/hour/parameters';
import type { PlanStore } from '#core/ports';
import { ApiProblem, violation } from '../api-problem.ts';
import type { Routes } from '../asked.ts';
import { versionAt } from '../channel-columns.ts';
import { hoursIn } from '../span.ts';
import { sourceFor } from '../visible-facilities.ts';

const MOST_HOURS = 1000;

export const seriesRoutes = ({ plans, series }: { readonly plans: PlanStore; readonly series: Series }) =>
  ({
    series: async ({ caller, params, query }) => {
      const span = hoursIn(query);
      const hours = span.until - span.from;
      if (hours > MOST_HOURS)
        throw violation([
          { path: 'query.until', message: `the range has ${hours} hours, expected at most ${MOST_HOURS}` },
        ]);
      const { plan, sourceId } = await sourceFor(plans, caller, params);
      const parameters = parametersIn(plan);
      const parameter = query.parameter ?? firstOf(plan, span.until * 60 - 1, parameters);
      if (parameter === undefined)
        throw new ApiProblem(404, `the plan of source ${params.source} has no formula, and so no values`);
      const [values, windows] = await Promise.all([
        series.values(sourceId, span, parameter),
        series.windows(sourceId, span, parameter),
      ]);
      return { parameter, unit: UNIT_OF[parameter], parameters, ...columns(values), limits: windows.map(limitOf) };
    },
  }) satisfies Pick<Routes, 'series'>;

/** Every value that the source has by any version of its plan. */
const parametersIn = ({ versions }: SourcePlan): Parameter[] => {
  const any = new Set(versions.flatMap(parametersOf));
  return PARAMETERS.filter((parameter) => any.has(parameter));
};

/** What a limit is on, before anything else. */
const firstOf = (plan: SourcePlan, minute: number, parameters: readonly Parameter[]): Parameter | undefined =>
  versionAt(plan, minute).limits[0]?.parameter ?? parameters[0];

/** An hour of operation without this value (by an earlier version of the plan) is left out. */
const columns = (rows: readonly ValueRow[]): Pick<SeriesAnswer, 'hours' | 'values' | 'states'> => {
  const told = rows.filter(([, operated, value]) => value !== null || !operated);
  const nothing = { value: null, modc: null };
  return {
    hours: told.map(([hour]) => hour),
    values: told.map(([, , value]) => (value === null || value.value === null ? null : Number(value.value))),
    states: told.map(([, operated, value]) => hourState(operated, value ?? nothing)),
  };
};

const limitOf = ({ rule, unit, operatingHours, windows }: LimitWindows): SeriesAnswer['limits'][number] => ({
  rule,
  unit,
  operatingHours,
  windowEnds: windows.map(([end]) => end),
  averages: windows.map(([, average]) => (average === null ? null : Number(average))),
  limits: windows.map(([, , limit]) => Number(limit)),
  exceeded: windows.map(([, , , exceeded]) => exceeded),
});
