import type * as z from 'zod';
import {
  MAX_SOURCE_BYTES,
  type MonitoringPlan,
  monitoringPlan,
  type SourcePlan,
} from '#core/contracts/monitoring-plan';
import { EmissionWatchError } from '#core/errors';
import type { PlannedFacility, PlanStore } from '#core/ports';
import { planDefects } from '#core/validation/plan-defects';
import type { Database, Execute } from './data-api.ts';

const CACHE_MS = 60_000;
/** A flood of messages that no plan knows reads the plan once in this time, not once a message. */
const FRESH_MS = 5000;
/** More unknown facilities than devices could name are somebody's mistake; what is known of them is forgotten. */
const MAX_UNKNOWN = 10_000;
/**
 * The Data API gives back rows of at most 64 KB and answers of at most 1 MiB: a read may hold 16 of the largest sources.
 * As text the database adds a blank after every comma and colon, a tenth of MAX_SOURCE_BYTES at most.
 */
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
 * Monitoring plans in Aurora. A cached plan is good for a minute, or for five seconds where a fresh one is wanted; then
 * its revision is looked up, and only a changed plan is read again. That a facility has none is believed for five
 * seconds: its plan may come any moment, and what it sent meanwhile is quarantined, not lost.
 */
export const dataApiPlans = ({ execute }: Database, now: () => number = Date.now): PlanStore => {
  const cache = new Map<string, Versioned & { readonly at: number }>();
  const unknownAt = new Map<string, number>();
  return {
    planOf: async (facility, { fresh } = { fresh: false }) => {
      const known = cache.get(facility);
      if (known && now() - known.at < (fresh ? FRESH_MS : CACHE_MS)) return known.planned;
      const missed = unknownAt.get(facility);
      if (missed !== undefined && now() - missed < FRESH_MS) return undefined;
      const current = await currentPlan(execute, facility, known);
      if (current) {
        cache.set(facility, { ...current, at: now() });
        unknownAt.delete(facility);
      } else {
        if (unknownAt.size >= MAX_UNKNOWN) unknownAt.clear();
        unknownAt.set(facility, now());
      }
      return current?.planned;
    },
  };
};

/** The plan in force with its revision, for whoever is about to change it. */
export const planInForce = (execute: Execute, facility: string): Promise<Versioned | undefined> =>
  currentPlan(execute, facility, undefined);

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
    if (!last) return readEmptyPlan(execute, facility);
    const [, , , rowRevision, left, plan] = last as [string, number, string, number, boolean, string];
    revision ??= rowRevision;
    if (revision !== rowRevision) return 'changed';
    if (!left) return { revision, planned: { plan: { ...JSON.parse(plan), sources }, sourceIds } };
    after = last[0] as string;
  }
};

/** A facility that was added and has no plan yet: whatever it sends is from an unknown source. */
const readEmptyPlan = async (execute: Execute, facility: string): Promise<Versioned | undefined | 'changed'> => {
  const [row] = await execute(
    `select f.plan_revision, cast(f.plan as text), exists (select from source s where s.facility = f.facility)
    from facility f where f.facility = :facility`,
    { facility },
  );
  if (!row) return undefined;
  const [revision, plan, hasSources] = row as [number, string, boolean];
  return hasSources ? 'changed' : { revision, planned: { plan: JSON.parse(plan), sourceIds: new Map() } };
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
  const plan = checkedPlan(given);
  await transaction((execute) => writePlan(execute, plan));
};

/** @throws PlanRefusedError when the plan breaks its contract or has defects, with each of them */
export const checkedPlan = (given: unknown): MonitoringPlan => {
  const read = monitoringPlan.safeParse(given);
  if (!read.success) {
    const [{ path, message }] = read.error.issues as [z.core.$ZodIssue];
    throw new PlanRefusedError(`the plan breaks its contract at ${path.join('.')}: ${message}`, { path });
  }
  const { facility } = read.data;
  const defects = planDefects(read.data);
  if (defects.length > 0)
    throw new PlanRefusedError(`the plan of facility ${facility} cannot be worked out: ${defects.join('; ')}`, {
      defects,
    });
  return read.data;
};

/**
 * Writes a plan that has been checked, inside the caller's transaction.
 * @returns the plan's revision
 * @throws PlanRefusedError when one source's part is larger than the database can give back
 */
export const writePlan = async (execute: Execute, { sources, ...plan }: MonitoringPlan): Promise<number> => {
  const { facility } = plan;
  const [row] = await execute(
    `insert into facility as f (facility, plan) values (:facility, cast(:plan as jsonb))
    on conflict (facility) do update
      set plan = excluded.plan, plan_revision = f.plan_revision + 1, changed_at = now()
    returning plan_revision`,
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
  return row![0] as number;
};
