import type { QuarterStore } from '#adapters/data-api-quarter';
import type { ReportStore } from '#adapters/data-api-reports';
import type { Planned, StepOf } from '#core/contracts/report-steps';
import type { PlanStore } from '#core/ports';
import { quarterName } from '#core/report/names';
import { quarterHours } from '#core/report/quarter';

export interface PlanReport {
  readonly plans: PlanStore;
  readonly store: QuarterStore;
  readonly reports: ReportStore;
}

/**
 * Puts the report on record and names the sources that it is made of: those of the monitoring plan with an hour stored
 * in the quarter. When there is nothing to make it from it says so, and marks the report failed with the reason; that is
 * no error, because nothing in the system is out of order.
 */
export const planReport = async (
  { plans, store, reports }: PlanReport,
  { order, execution, startedAt }: StepOf<'plan'>,
): Promise<Planned> => {
  const { facility } = order;
  const planned = await plans.planOf(facility, { fresh: true });
  if (!planned) return { nothing: `there is no facility ${facility}: \`ew facility list\` shows those that there are` };
  await reports.giveUpEarlier(order);
  await reports.start(order, execution, startedAt);
  const { from, until } = quarterHours(order, planned.plan.utcOffsetMinutes);
  const sources: string[] = [];
  for (const [source, sourceId] of planned.sourceIds)
    if (await store.hasHours({ sourceId, from, until })) sources.push(source);
  if (sources.length > 0) return { sources: sources.sort() };
  const nothing = `no hour of ${quarterName(order)} is stored of facility ${facility}: a report needs at least one`;
  await reports.markFailed(execution, nothing);
  return { nothing };
};
