import { type MonitoringPlan, monitoringPlan } from '#core/contracts/monitoring-plan';
import type { PlannedFacility, PlanStore } from '#core/ports';
import { type Database, texts } from './data-api.ts';

const CACHE_MS = 60_000;

/**
 * Monitoring plans in Aurora, cached for a minute. An unknown facility is not cached: its plan may come any moment, and
 * what it sent meanwhile is quarantined, not lost.
 */
export const dataApiPlans = ({ execute }: Database, now: () => number = Date.now): PlanStore => {
  const cache = new Map<string, { readonly at: number; readonly planned: PlannedFacility }>();
  return {
    planOf: async (facility) => {
      const known = cache.get(facility);
      if (known && now() - known.at < CACHE_MS) return known.planned;
      const rows = await execute(
        `select cast(f.plan as text), cast(json_object_agg(s.source, s.source_id) as text)
        from facility f join source s using (facility) where facility = :facility group by f.facility`,
        { facility },
      );
      const row = rows[0];
      if (!row) return undefined;
      const planned: PlannedFacility = {
        plan: monitoringPlan.parse(JSON.parse(row[0] as string)),
        sourceIds: new Map(Object.entries(JSON.parse(row[1] as string) as Record<string, number>)),
      };
      cache.set(facility, { at: now(), planned });
      return planned;
    },
  };
};

/** Puts a facility's plan in force. Sources keep their numbers; a source that is no longer named keeps its history. */
export const applyPlan = ({ transaction }: Database, plan: MonitoringPlan): Promise<void> =>
  transaction(async (execute) => {
    const { facility } = plan;
    await execute(
      `insert into facility as f (facility, plan) values (:facility, cast(:plan as jsonb))
      on conflict (facility) do update
        set plan = excluded.plan, plan_revision = f.plan_revision + 1, changed_at = now()
        where f.plan <> excluded.plan`,
      { facility, plan: JSON.stringify(plan) },
    );
    await execute(
      `insert into source (facility, source) select :facility, source from unnest(cast(:sources as text[])) as t (source)
      where not exists (select from source s where s.facility = :facility and s.source = t.source)
      order by source`,
      { facility, sources: texts(plan.sources.map(({ source }) => source)) },
    );
  });
