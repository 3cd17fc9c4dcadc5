import { type MonitoringPlan, monitoringPlan } from '#core/contracts/monitoring-plan';
import { EmissionWatchError } from '#core/errors';
import type { PlannedFacility, PlanStore } from '#core/ports';
import type { Database, Execute } from './data-api.ts';

const CACHE_MS = 60_000;
/** The Data API gives back rows of at most 64 KB and answers of at most 1 MiB. */
const MAX_SOURCE_BYTES = 60_000;
const SOURCES_A_READ = 16;

interface Cached {
  readonly at: number;
  readonly revision: number;
  readonly planned: PlannedFacility;
}

/** One source's part of a plan is larger than the database can give back. */
export class PlanTooLargeError extends EmissionWatchError {
  readonly code = 'EW-PLAN-TOO-LARGE';
  readonly retryable = false;
}

/**
 * Monitoring plans in Aurora. A cached plan is good for a minute; then its revision is looked up, and only a changed
 * plan is read again. An unknown facility is not cached: its plan may come any moment, and what it sent meanwhile is
 * quarantined, not lost.
 */
export const dataApiPlans = ({ execute }: Database, now: () => number = Date.now): PlanStore => {
  const cache = new Map<string, Cached>();
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

/** Read again when a new plan came into force between two reads of its parts. */
const currentPlan = async (
  execute: Execute,
  facility: string,
  known: Omit<Cached, 'at'> | undefined,
): Promise<Omit<Cached, 'at'> | undefined> => {
  for (;;) {
    const revision = await revisionOf(execute, facility);
    if (revision === undefined) return undefined;
    if (known?.revision === revision) return known;
    const planned = await readPlan(execute, facility);
    if ((await revisionOf(execute, facility)) === revision) return { revision, planned };
  }
};

const revisionOf = async (execute: Execute, facility: string): Promise<number | undefined> => {
  const [row] = await execute('select plan_revision from facility where facility = :facility', { facility });
  return row?.[0] as number | undefined;
};

const readPlan = async (execute: Execute, facility: string): Promise<PlannedFacility> => {
  const [first] = await execute('select cast(plan as text) from facility where facility = :facility', { facility });
  const sources: unknown[] = [];
  const sourceIds = new Map<string, number>();
  for (let after = ''; ; ) {
    const rows = await execute(
      `select source, source_id, cast(plan as text) from source
      where facility = :facility and source collate "C" > :after order by source collate "C" limit ${SOURCES_A_READ}`,
      { facility, after },
    );
    for (const [source, sourceId, part] of rows) {
      sourceIds.set(source as string, sourceId as number);
      sources.push(JSON.parse(part as string));
    }
    if (rows.length < SOURCES_A_READ) break;
    after = rows.at(-1)![0] as string;
  }
  return { plan: monitoringPlan.parse({ ...JSON.parse(first![0] as string), sources }), sourceIds };
};

/**
 * Puts a facility's plan in force. Sources keep their numbers, and their plan when the new one does not name them:
 * what they have stored must stay explicable.
 * @throws PlanTooLargeError when one source's part is larger than the database can give back
 */
export const applyPlan = ({ transaction }: Database, { sources, ...plan }: MonitoringPlan): Promise<void> => {
  const { facility } = plan;
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
        throw new PlanTooLargeError(
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
