import type { z } from 'zod';
import { type MonitoringPlan, monitoringPlan, type SourcePlan } from '#core/contracts/monitoring-plan';
import { EmissionWatchError } from '#core/errors';
import type { PlannedFacility, PlanStore } from '#core/ports';
import { planDefects } from '#core/validation/plan-defects';
import type { Database, Execute } from './data-api.ts';

const CACHE_MS = 60_000;
/** The Data API gives back rows of at most 64 KB and answers of at most 1 MiB: a read may hold 16 of the largest. */
/** As text the database adds a blank after every comma and colon, a tenth of the size at most. */
const MAX_SOURCE_BYTES = 50_000;
const READ_BYTES = 900_000;

interface Versioned {
  readonly revision: number;
  readonly planned: PlannedFacility;
}

/** A plan that no hour could be computed by, or one larger than the database can give back. */
export class PlanRefusedError extends EmissionWatchError {
  readonly code = 'EW-PLAN-REFUSED';
  readonly retryable = false;
}

/**
 * Monitoring plans in Aurora. A cached plan is good for a minute; then its revision is looked up, and only a changed
 * plan is read again. An unknown facility is not cached: its plan may come any moment, and what it sent meanwhile is
 * quarantined, not lost.
 */
export const dataApiPlans = ({ execute }: Database, now: () => number = Date.now): PlanStore => {
  const cache = new Map<string, Versioned & { readonly at: number }>();
  return {
    planOf: async (facility) => {
      const known = cache.get(facility);
      if (known && now() - known.at < CACHE_MS) return known.planned;
      const current = await currentPlan(execute, facility, known);
      if (current) cache.set(facility, { at: now(), ...current });
      return current?.planned;
    },
  };
};

const currentPlan = async (execute: Execute, facility: string, known: Versioned | undefined) => {
  if (known) {
    const [row] = await execute('select plan_revision from facility where facility = :facility', { facility });
    if (row?.[0] === known.revision) return known;
  }
  // Read again when a new plan came into force between two reads of its parts.
  for (;;) {
    const plan = await readPlan(execute, facility);
    if (plan !== 'changed') return plan;
  }
};

/** applyPlan alone writes plans, after checking them against the contract: they are not checked again at every start. */
const readPlan = async (execute: Execute, facility: string): Promise<Versioned | undefined | 'changed'> => {
  const sources: SourcePlan[] = [];
  const sourceIds = new Map<string, number>();
  let revision: number | undefined;
  for (let after = ''; ; ) {
    const rows = await execute(READ, { facility, after });
    for (const [source, sourceId, part] of rows) {
      sourceIds.set(source as string, sourceId as number);
      sources.push(JSON.parse(part as string));
    }
    const [last] = rows.slice(-1);
    if (!last) return undefined;
    const [, , , rowRevision, left, plan] = last as [string, number, string, number, boolean, string];
    revision ??= rowRevision;
    if (revision !== rowRevision) return 'changed';
    if (!left) return { revision, planned: { plan: { ...JSON.parse(plan), sources }, sourceIds } };
    after = last[0] as string;
  }
};

/** As many sources as fit into an answer, the revision of each, and whether more follow. The facility's part is in the last row. */
const READ = `
with sized as (
  select source, source_id, cast(plan as text) as part,
    sum(length(cast(plan as text)) + 200) over (order by source collate "C") as bytes
  from source where facility = :facility and source collate "C" > :after
),
fitting as (select *, lead(source) over (order by source collate "C") as following from sized)
select f.source, f.source_id, f.part, facility.plan_revision, exists (select from sized where bytes > ${READ_BYTES}),
  case when f.following is null then cast(facility.plan as text) end
from fitting f join facility on facility.facility = :facility
where bytes <= ${READ_BYTES}
order by f.source collate "C"`;

/**
 * Puts a facility's plan in force. Sources keep their numbers, and their plan when the new one does not name them:
 * what they have stored must stay explicable.
 * @throws PlanRefusedError when the plan has defects, or one source's part is larger than the database can give back
 */
export const applyPlan = async ({ transaction }: Database, given: MonitoringPlan): Promise<void> => {
  const read = monitoringPlan.safeParse(given);
  if (!read.success) {
    const [{ path, message }] = read.error.issues as [z.core.$ZodIssue];
    throw new PlanRefusedError(`the plan breaks its contract at ${path.join('.')}: ${message}`, { path });
  }
  const { sources, ...plan } = read.data;
  const { facility } = plan;
  const defects = planDefects(given);
  if (defects.length > 0)
    throw new PlanRefusedError(`the plan of facility ${facility} cannot be worked out: ${defects.join('; ')}`, {
      defects,
    });
  return transaction(async (execute) => {
    await execute(
      `insert into facility as f (facility, plan) values (:facility, cast(:plan as jsonb))
      on conflict (facility) do update
        set plan = excluded.plan, plan_revision = f.plan_revision + 1, changed_at = now()`,
      { facility, plan: JSON.stringify({ ...plan, sources: [] }) },
    );
    for (const source of sources) {
      const part = JSON.stringify(source);
      if (Buffer.byteLength(part) > MAX_SOURCE_BYTES)
        throw new PlanRefusedError(
          `the plan of source ${source.source} has ${Buffer.byteLength(part)} bytes, at most ${MAX_SOURCE_BYTES} can be stored`,
          { facility, source: source.source },
        );
      await execute(
        `insert into source (facility, source, plan) values (:facility, :source, cast(:part as jsonb))
        on conflict (facility, source) do update set plan = excluded.plan`,
        { facility, source: source.source, part },
      );
    }
  });
};
