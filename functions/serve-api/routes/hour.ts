import type { Series } from '#adapters/data-api-series';
import type { EmissionHour } from '#core/contracts/emission-hour';
import type { SourcePlan, SourceVersion } from '#core/contracts/monitoring-plan';
import { explainHour } from '#core/explain/explain-hour';
import { tryPlan } from '#core/explain/version-that-made';
import type { PlanStore } from '#core/ports';
import { minuteOfText } from '#core/time';
import { ApiProblem, violation } from '../api-problem.ts';
import type { Routes } from '../asked.ts';
import { columnOf, minuteIn, versionAt } from '../channel-columns.ts';
import { sourceFor } from '../visible-facilities.ts';

export const hourRoutes = ({ plans, series }: { readonly plans: PlanStore; readonly series: Series }) =>
  ({
    hour: async ({ caller, params }) => {
      const start = minuteOfText(params.hour);
      if (start % 60 !== 0)
        throw violation([{ path: 'params.hour', message: `expected a full hour, got ${params.hour}` }]);
      const { plan, sourceId } = await sourceFor(plans, caller, params);
      const [document, minutes] = await Promise.all([
        series.hour(sourceId, start / 60),
        series.minutes(sourceId, { from: start, until: start + 60 }, 60),
      ]);
      if (!document) throw new ApiProblem(404, `no hour of ${params.source} is stored that begins at ${params.hour}`);
      const version = await versionThatMade(document, plan, series);
      return {
        hour: document,
        ...(version ? explainHour(document, version) : { values: [], reproduced: false }),
        minutes: minutesIn(version ?? versionAt(plan, start), minutes.items),
      };
    },
  }) satisfies Pick<Routes, 'hour'>;

const minutesIn = (
  version: SourceVersion,
  rows: Parameters<typeof minuteIn>[1][] | readonly Parameters<typeof minuteIn>[1][],
) => ({
  channels: version.channels.map(columnOf),
  minutes: rows.map((row) => minuteIn(version, row)),
});

/** A plan is replaced at times, and not every hour is computed anew by the one that follows. */
const versionThatMade = async (
  document: EmissionHour,
  inForce: SourcePlan,
  series: Series,
): Promise<SourceVersion | undefined> => {
  let best: SourceVersion | undefined;
  let plan: SourcePlan | undefined = inForce;
  for (let replaced = 0; plan !== undefined; replaced++) {
    const tried = tryPlan(document, plan);
    if (tried?.made) return tried.version;
    best ??= tried?.version;
    plan = await series.replacedPlan(document.facility, document.source, replaced);
  }
  return best;
};
