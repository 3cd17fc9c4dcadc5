import type { Visible } from '#adapters/visible';
import type { Me } from '#core/contracts/api/access';
import type { SourcePlan } from '#core/contracts/monitoring-plan';
import type { PlannedFacility, PlanStore } from '#core/ports';
import { ApiProblem } from './api-problem.ts';

export const seesAll = ({ facilities }: Me): boolean => facilities.includes('*');

export const covers = (caller: Me, facility: string): boolean =>
  seesAll(caller) || caller.facilities.includes(facility);

/** One that does not exist and one that the token does not cover are told alike. */
export const noFacility = (facility: string): ApiProblem =>
  new ApiProblem(404, `there is no facility ${facility} among those that you may see; /api/v1/facilities lists them`);

/** @throws ApiProblem 404 when there is no such facility for the caller */
export const facilityFor = async (plans: PlanStore, caller: Me, facility: string): Promise<PlannedFacility> => {
  const planned = covers(caller, facility) ? await plans.planOf(facility) : undefined;
  if (!planned) throw noFacility(facility);
  return planned;
};

export interface PlannedSource {
  readonly planned: PlannedFacility;
  readonly plan: SourcePlan;
  readonly sourceId: number;
}

/** @throws ApiProblem 404 when there is no such facility for the caller, or it has no such source */
export const sourceFor = async (
  plans: PlanStore,
  caller: Me,
  { facility, source }: { readonly facility: string; readonly source: string },
): Promise<PlannedSource> => {
  const found = sourceOf(await facilityFor(plans, caller, facility), source);
  if (found) return found;
  // The plan may have been changed a moment ago.
  const fresh = await plans.planOf(facility, { fresh: true });
  const later = fresh && sourceOf(fresh, source);
  if (!later) throw new ApiProblem(404, `facility ${facility} has no source ${source}`);
  return later;
};

const sourceOf = (planned: PlannedFacility, source: string): PlannedSource | undefined => {
  const plan = planned.plan.sources.find((each) => each.source === source);
  const sourceId = planned.sourceIds.get(source);
  return plan && sourceId !== undefined ? { planned, plan, sourceId } : undefined;
};

/**
 * What a list is about: the facility that was asked for, or all that the caller may see.
 * @throws ApiProblem 404 when there is no such facility for the caller
 */
export const visibleTo = async (plans: PlanStore, caller: Me, facility?: string): Promise<Visible> => {
  if (facility === undefined) return seesAll(caller) ? 'all' : caller.facilities;
  await facilityFor(plans, caller, facility);
  return [facility];
};
