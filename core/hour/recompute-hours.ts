import type { MonitoringPlan } from '../contracts/monitoring-plan.ts';
import type { DueHour, HourInput, HourStore, PlannedFacility, PlanStore, StoredHour, Stream } from '../ports.ts';
import { sameLookBack } from '../quality/look-back.ts';
import { computeHour } from './compute-hour.ts';
import { hourLine } from './digest.ts';

export interface Recompute {
  readonly plans: PlanStore;
  readonly hours: HourStore;
  readonly emissions: Stream;
}

export interface Recomputed {
  /** Hours computed. */
  readonly hours: number;
  /** Facilities whose hours could not be computed, with the reason; their marks stay. */
  readonly failed: ReadonlyMap<string, Error>;
}

/** A facility that has said nothing for so long will not complete its hour; it is computed from what there is. */
const IDLE_MINUTES = 15;

/** Hours a transaction: a megabyte of minutes, a second or two of work while their facilities wait. */
const CHUNK = 96;

/**
 * Computes every due hour of the facilities and publishes what changed. Safe to run twice, at the same time, or to be
 * cut off anywhere: what is not finished stays marked. One facility's trouble does not keep the others' hours open.
 */
export const recomputeHours = async (
  { plans, hours, emissions }: Recompute,
  among: readonly string[] | 'all',
): Promise<Recomputed> => {
  const failed = new Map<string, Error>();
  let computed = 0;
  for (let more = true; more; ) {
    more = false;
    let inWork: readonly string[] = [];
    const wanted = { among, except: [...failed.keys()], idleMinutes: IDLE_MINUTES, limit: CHUNK };
    try {
      await hours.withDueHours(wanted, async (due, locked) => {
        inWork = [...new Set(due.map(({ facility }) => facility))];
        const planned = await plansOf(plans, due, failed);
        const able = due.filter(({ facility }) => planned.has(facility));
        const result = compute(await locked.load(able), able, planned, failed);
        await locked.put(result);
        computed += result.done.length;
        more = due.length === CHUNK || result.walkOn.length > 0;
      });
    } catch (error) {
      const [first, ...others] = inWork;
      if (first === undefined) throw error;
      if (others.length === 0) failed.set(first, error as Error);
      // One of them is at fault, or the machine is: alone, each shows.
      else
        for (const facility of inWork) {
          const alone = await recomputeHours({ plans, hours, emissions }, [facility]);
          computed += alone.hours;
          for (const [name, reason] of alone.failed) failed.set(name, reason);
        }
      more = true;
    }
    await publish({ hours, emissions }, among);
  }
  return { hours: computed, failed };
};

const plansOf = async (plans: PlanStore, due: readonly DueHour[], failed: Map<string, Error>) => {
  const planned = new Map<string, PlannedFacility>();
  for (const facility of new Set(due.map(({ facility }) => facility))) {
    const known = await plans.planOf(facility);
    if (known) planned.set(facility, known);
    else failed.set(facility, new Error(`facility ${facility} has minutes but no monitoring plan`));
  }
  return planned;
};

/**
 * Inputs stand by source and hour. An hour carries on from the one computed just before it, if that is later than the
 * stored one; an hour that leaves another state behind makes the next stored one due.
 */
const compute = (
  inputs: readonly HourInput[],
  due: readonly DueHour[],
  planned: ReadonlyMap<string, PlannedFacility>,
  failed: Map<string, Error>,
) => {
  const facilities = new Map(due.map(({ sourceId, facility }) => [sourceId, facility]));
  const changed: StoredHour[] = [];
  const done: HourInput[] = [];
  const walkOn: DueHour[] = [];
  let previous: StoredHour | undefined;
  for (const [i, input] of inputs.entries()) {
    const { sourceId, stored, before, nextHour } = input;
    const facility = facilities.get(sourceId)!;
    if (failed.has(facility)) continue;
    const chained = previous?.sourceId === sourceId && previous.hour >= (before?.hour ?? previous.hour);
    let result: StoredHour;
    try {
      result = computeOne(planned.get(facility)!, input, chained ? previous?.lookBack : before?.lookBack);
    } catch (error) {
      failed.set(facility, error as Error);
      continue;
    }
    previous = result;
    done.push(input);
    const sameState = stored !== undefined && sameLookBack(stored.lookBack, result.lookBack);
    if (!sameState || hourLine(stored.document) !== hourLine(result.document)) changed.push(result);
    const following = inputs[i + 1];
    const comesNext = following?.sourceId === sourceId && following.hour <= (nextHour ?? following.hour);
    if (!sameState && nextHour !== undefined && !comesNext) walkOn.push({ facility, sourceId, hour: nextHour });
  }
  return { changed, done, walkOn };
};

const computeOne = (
  { plan, sourceIds }: PlannedFacility,
  { sourceId, hour, minutes }: HourInput,
  before: StoredHour['lookBack'] | undefined,
): StoredHour => {
  const source = plan.sources.find((candidate) => sourceIds.get(candidate.source) === sourceId);
  if (!source) throw unknownSource(plan, sourceId);
  return { sourceId, hour, ...computeHour({ plan, source, hour, minutes, before }) };
};

const unknownSource = ({ facility }: MonitoringPlan, sourceId: number) =>
  new Error(`source ${sourceId} of facility ${facility} is not in its monitoring plan`);

const publish = async (
  { hours, emissions }: Pick<Recompute, 'hours' | 'emissions'>,
  among: readonly string[] | 'all',
) => {
  for (let more = true; more; ) {
    const unpublished = await hours.unpublishedHours(among, CHUNK);
    if (unpublished.length > 0) {
      await emissions.put(
        unpublished.map(({ document }) => ({ key: document.facility, data: JSON.stringify(document) })),
      );
      await hours.markPublished(unpublished);
    }
    more = unpublished.length === CHUNK;
  }
};
