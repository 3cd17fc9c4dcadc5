import type { HourInput, HourStore, PlanStore, SourceHour, StoredHour, Stream } from '../ports.ts';
import { sameLookBack } from '../quality/look-back.ts';
import { computeHour } from './compute-hour.ts';
import { hourLine } from './digest.ts';

export interface Recompute {
  readonly plans: PlanStore;
  readonly hours: HourStore;
  readonly emissions: Stream;
}

/** A facility that has said nothing for so long will not complete its hour; it is computed from what there is. */
export const IDLE_MINUTES = 15;

/** Hours a transaction: a few hundred kilobytes of minutes, a second or two of work while the facility waits. */
const CHUNK = 96;

/**
 * Computes every hour of a facility that is due, publishes what changed, and returns the number of hours computed.
 * Safe to run twice, at the same time, or to be cut off anywhere: what is not finished stays marked.
 */
export const recomputeFacility = async ({ plans, hours, emissions }: Recompute, facility: string): Promise<number> => {
  let computed = 0;
  for (let more = true; more; ) {
    const { count, left } = await recomputeDue(plans, hours, facility);
    computed += count;
    await publish({ hours, emissions }, facility);
    more = left;
  }
  return computed;
};

/** One transaction's worth of due hours. */
const recomputeDue = (plans: PlanStore, hours: HourStore, facility: string) =>
  hours.withFacility(facility, IDLE_MINUTES, async (inside) => {
    const due = await inside.dueHours(CHUNK);
    if (due.length === 0) return { count: 0, left: false };
    const planned = await plans.planOf(facility);
    if (!planned) throw new Error(`facility ${facility} has minutes but no monitoring plan`);
    const names = new Map([...planned.sourceIds].map(([source, id]) => [id, source]));
    const result = computeInputs(await inside.load(due), ({ sourceId, hour, minutes }, before) => {
      const source = planned.plan.sources.find((candidate) => candidate.source === names.get(sourceId));
      if (!source) throw new Error(`source ${sourceId} of facility ${facility} is not in its monitoring plan`);
      return { sourceId, hour, ...computeHour({ plan: planned.plan, source, hour, minutes, before }) };
    });
    await inside.put(result);
    return { count: due.length, left: due.length === CHUNK || result.walkOn.length > 0 };
  });

type Compute = (input: HourInput, before: StoredHour['lookBack'] | undefined) => StoredHour;

/** Inputs stand by source and hour; an hour carries on from the one computed just before it, if that is later than the stored one. */
const computeInputs = (inputs: readonly HourInput[], compute: Compute) => {
  const changed: StoredHour[] = [];
  const walkOn: SourceHour[] = [];
  let previous: StoredHour | undefined;
  inputs.forEach((input, i) => {
    const { sourceId, stored, before, nextHour } = input;
    const chained = previous?.sourceId === sourceId && previous.hour >= (before?.hour ?? previous.hour);
    const result = compute(input, chained ? previous?.lookBack : before?.lookBack);
    previous = result;
    const sameState = stored !== undefined && sameLookBack(stored.lookBack, result.lookBack);
    if (!sameState || hourLine(stored.document) !== hourLine(result.document)) changed.push(result);
    const following = inputs[i + 1];
    const comesNext = following?.sourceId === sourceId && following.hour <= (nextHour ?? following.hour);
    if (!sameState && nextHour !== undefined && !comesNext) walkOn.push({ sourceId, hour: nextHour });
  });
  return { changed, done: inputs, walkOn };
};

const publish = async ({ hours, emissions }: Pick<Recompute, 'hours' | 'emissions'>, facility: string) => {
  for (;;) {
    const unpublished = await hours.unpublishedHours(facility, CHUNK);
    if (unpublished.length === 0) return;
    await emissions.put(unpublished.map(({ document }) => ({ key: facility, data: JSON.stringify(document) })));
    await hours.markPublished(unpublished);
    if (unpublished.length < CHUNK) return;
  }
};
