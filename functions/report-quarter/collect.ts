import type { QuarterStore } from '#adapters/data-api-quarter';
import { madeFrom } from '#adapters/made-from';
import type { EmissionHour } from '#core/contracts/emission-hour';
import type { Collected, StepOf } from '#core/contracts/report-steps';
import type { LandingStore, PlanStore } from '#core/ports';
import { workFolder } from '#core/report/names';
import { quarterHours } from '#core/report/quarter';
import { sourceReport } from '#core/report/source-report';
import { NothingToReportError } from './nothing-to-report.ts';

export interface CollectSource {
  readonly plans: PlanStore;
  readonly store: QuarterStore;
  readonly work: Pick<LandingStore, 'put'>;
}

/** Reads all that is stored of one source and quarter, and leaves its part of the report in the work bucket. */
export const collectSource = async (
  { plans, store, work }: CollectSource,
  { order, startedAt, source }: StepOf<'collect'>,
): Promise<Collected> => {
  const { facility } = order;
  const planned = await plans.planOf(facility);
  const sourceId = planned?.sourceIds.get(source);
  const plan = planned?.plan.sources.find((one) => one.source === source);
  if (!planned || sourceId === undefined || !plan)
    throw new NothingToReportError(`facility ${facility} has no source ${source} any more`, { ...order, source });
  const { utcOffsetMinutes } = planned.plan;
  const { from, until } = quarterHours(order, utcOffsetMinutes);
  const range = { sourceId, from, until };
  const hours: EmissionHour[] = [];
  for await (const hour of store.hours(range)) hours.push(hour);
  const exceedances = await store.exceedances(range);
  const part = sourceReport(
    {
      plan,
      utcOffsetMinutes,
      asOf: Math.floor(Date.parse(startedAt) / 60_000),
      begins: (await store.span([sourceId])).get(sourceId)?.first,
      hours,
      windows: await store.windows(range),
      exceedances,
      gaps: await store.gaps(range, source),
      outages: await store.outages(facility, source, { from: from * 60, until: until * 60 }),
      checkedUntil: await store.checkedUntil(facility),
      madeFrom: madeFrom(hours, exceedances),
    },
    order,
  );
  const key = `${workFolder(order)}/sources/${source}.json`;
  await work.put(key, JSON.stringify(part), 'application/json');
  return { source, key };
};
