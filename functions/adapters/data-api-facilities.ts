import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import type { Database, Execute } from './data-api.ts';

export type FacilityDetails = Pick<MonitoringPlan, 'facility' | 'orisCode' | 'name' | 'utcOffsetMinutes'>;

export interface ListedFacility extends FacilityDetails {
  readonly sources: number;
  readonly planRevision: number;
  /** ISO 8601, UTC; null: nothing has arrived yet. */
  readonly lastHeard: string | null;
}

/**
 * Makes a facility known, with a plan that has no sources yet.
 * @returns false when there is one of that name already; it stays as it is
 */
export const addFacility = async (execute: Execute, details: FacilityDetails): Promise<boolean> => {
  const plan = { v: 1, ...details, sources: [] } satisfies MonitoringPlan;
  const added = await execute(
    `insert into facility (facility, plan) values (:facility, cast(:plan as jsonb))
    on conflict (facility) do nothing returning facility`,
    { facility: details.facility, plan: JSON.stringify(plan) },
  );
  return added.length > 0;
};

/** Every facility, by name. */
export const listFacilities = async ({ execute }: Pick<Database, 'execute'>): Promise<readonly ListedFacility[]> => {
  const facilities: ListedFacility[] = [];
  for (;;) {
    const rows = await execute(LIST, { after: facilities.at(-1)?.facility ?? '', limit: PAGE });
    for (const [facility, orisCode, name, utcOffsetMinutes, planRevision, lastHeard, sources] of rows)
      facilities.push({
        facility: facility as string,
        orisCode: orisCode as number | null,
        name: name as string,
        utcOffsetMinutes: utcOffsetMinutes as number,
        sources: sources as number,
        planRevision: planRevision as number,
        lastHeard: lastHeard as string | null,
      });
    if (rows.length < PAGE) return facilities;
  }
};

/** A row has some 300 bytes, and an answer may hold 1 MiB. */
const PAGE = 2000;

const LIST = `
select f.facility, cast(f.plan ->> 'orisCode' as integer), f.plan ->> 'name',
  cast(f.plan ->> 'utcOffsetMinutes' as integer), f.plan_revision,
  to_char(c.arrived_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  (select count(*) from source s where s.facility = f.facility)
from facility f left join facility_clock c using (facility)
where f.facility collate "C" > :after order by f.facility collate "C" limit :limit`;
