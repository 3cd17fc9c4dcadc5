import type { dataApiPlantState, StoredSource, StoredStanding } from '#adapters/data-api-plant-state';
import { facilityState, shareOfLimit } from '#core/compliance/facility-state';
import { alarmSettings } from '#core/contracts/alarm';
import type { FacilitySummary, SourceSummary } from '#core/contracts/api/facilities';
import { facilityName } from '#core/contracts/api/words';
import type { PlannedFacility, PlanStore } from '#core/ports';
import { inForce } from '#core/rules/dated';
import { textOfMinute } from '#core/time';
import { ApiProblem } from '../api-problem.ts';
import type { Routes } from '../asked.ts';
import { cursorOf } from '../cursor.ts';
import { facilityFor, noFacility, visibleTo } from '../visible-facilities.ts';

export interface FacilityParts {
  readonly plans: PlanStore;
  readonly plantState: ReturnType<typeof dataApiPlantState>;
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
}

const place = cursorOf('facilities', facilityName);

export const facilityRoutes = ({ plans, plantState, now }: FacilityParts) =>
  ({
    facilities: async ({ caller, query }) => {
      const after = place.read(query.cursor) ?? '';
      const { items, more } = await plantState.standings(await visibleTo(plans, caller), after, query.limit);
      const last = items.at(-1);
      return {
        facilities: items.map((standing) => summary(standing, now())),
        next: more && last ? place.write(last.facility) : null,
      };
    },

    facility: async ({ caller, params: { facility } }) => {
      const [planned, { items }, sources] = await Promise.all([
        facilityFor(plans, caller, facility),
        plantState.standings([facility], '', 1),
        plantState.sources(facility),
      ]);
      const [standing] = items;
      if (!standing) throw noFacility(facility);
      return {
        ...summary(standing, now()),
        sourceList: sources.map((source) => sourceSummary(source, planned, now())),
      };
    },

    plan: async ({ caller, params: { facility } }) => {
      const { plan } = await facilityFor(plans, caller, facility);
      if (plan.sources.length === 0)
        throw new ApiProblem(
          404,
          `facility ${facility} has no monitoring plan yet; \`ew plan apply\` puts one in force`,
        );
      return plan;
    },
  }) satisfies Pick<Routes, 'facilities' | 'facility' | 'plan'>;

const MINUTE_MS = 60_000;

const minuteTextOr = (minute: number | null): string | null => (minute === null ? null : textOfMinute(minute));

/** From the end of a minute to now, in milliseconds. */
export const ageOf = (minute: number, now: number): number => Math.max(0, now - (minute + 1) * MINUTE_MS);

const summary = (standing: StoredStanding, now: number): FacilitySummary => {
  const { facility, orisCode, name, utcOffsetMinutes, sources, operating, openAlarms, openKinds } = standing;
  const { worst, lastMinute, heardAt, completeSince, checkedUntil } = standing;
  const share = worst && shareOfLimit(worst);
  return {
    facility,
    orisCode,
    name,
    utcOffsetMinutes,
    state: facilityState({
      silentMinutes: heardAt === null ? null : Math.floor((now - heardAt) / MINUTE_MS),
      worst,
      openAlarms: openKinds,
      settings: standing.settings ?? alarmSettings.parse({}),
    }),
    sources,
    operating,
    openAlarms,
    worstHeadroom:
      worst && share !== null && share !== undefined ? { source: worst.source, record: worst, share } : null,
    lastMinute: minuteTextOr(lastMinute),
    lastHeard: heardAt === null ? null : new Date(heardAt).toISOString(),
    minutesBehind: lastMinute === null ? null : Math.floor(ageOf(lastMinute, now) / MINUTE_MS),
    completeSince: minuteTextOr(completeSince),
    checkedUntil: minuteTextOr(checkedUntil),
  };
};

const sourceSummary = (stored: StoredSource, { plan }: PlannedFacility, now: number): SourceSummary => {
  const { source, latestHour, lastMinute, firedSeconds, grossLoad, compliance, openAlarms, completeSince } = stored;
  const versions = plan.sources.find((each) => each.source === source)?.versions ?? [];
  // Before its first version is in force, a source is told by that one.
  const version = inForce(versions, textOfMinute(Math.floor(now / MINUTE_MS))) ?? versions[0];
  return {
    source,
    fuel: version?.fuel.fuel ?? '',
    latestHour,
    latestMinute:
      lastMinute === null
        ? null
        : {
            minute: textOfMinute(lastMinute),
            ageSeconds: Math.floor(ageOf(lastMinute, now) / 1000),
            firedSeconds: firedSeconds!,
            grossLoad,
          },
    compliance: [...compliance],
    openAlarms,
    completeSince: minuteTextOr(completeSince),
  };
};
