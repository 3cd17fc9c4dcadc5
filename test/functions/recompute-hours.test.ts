import { describe, expect, it } from 'vitest';
import { recomputeHours } from '#core/hour/recompute-hours';
import type { HourStore } from '#core/ports';
import { memoryStore } from './memory-store.ts';
import { plant } from './plant.ts';

const START = 29_460_900;
const plans = [plant('P1', ['A']), plant('P2', ['A'])];

const storeWithMinutes = async () => {
  const store = memoryStore(plans);
  for (const facility of ['P1', 'P2']) {
    const sourceId = (await store.plans.planOf(facility))!.sourceIds.get('A')!;
    const minutes = Array.from({ length: 60 }, (_, i) => ({
      sourceId,
      minute: START + i,
      revision: 0,
      firedSeconds: 60,
      grossLoad: 100,
      readings: [10_000, 25 + (i % 3), 15],
      statuses: 'VVV',
    }));
    await store.minutes.storeMinutes([{ facility, watermark: START + 75, minutes }]);
  }
  return store;
};

describe('one facility that cannot be computed', () => {
  it('does not keep the other open when its hours cannot be read', async () => {
    const store = await storeWithMinutes();
    const hours: HourStore = {
      ...store.hours,
      withDueHours: (wanted, work) =>
        store.hours.withDueHours(wanted, (due, locked) =>
          work(due, {
            ...locked,
            load: (some) => {
              if (due.some(({ facility }) => facility === 'P1')) throw new Error('answer too large');
              return locked.load(some);
            },
          }),
        ),
    };
    const { hours: computed, failed } = await recomputeHours({ ...store, hours }, 'all');
    expect(computed).toBe(1);
    expect([...failed].map(([facility, { message }]) => [facility, message])).toEqual([['P1', 'answer too large']]);
    expect(store.storedHours().map(({ document }) => document.facility)).toEqual(['P2']);
    expect(store.emissions.records).toHaveLength(1);
    expect(store.marks()).toBe(1);
  });

  it('does not keep the other open when its plan is gone', async () => {
    const store = await storeWithMinutes();
    const withoutPlan = {
      planOf: async (facility: string) => (facility === 'P1' ? undefined : store.plans.planOf(facility)),
    };
    const { failed } = await recomputeHours({ ...store, plans: withoutPlan }, 'all');
    expect([...failed.keys()]).toEqual(['P1']);
    expect(store.storedHours().map(({ document }) => document.facility)).toEqual(['P2']);
  });
});
