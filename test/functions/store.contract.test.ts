import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dataApiCompliance } from '#adapters/data-api-compliance';
import { dataApiHours } from '#adapters/data-api-hours';
import { dataApiMinutes } from '#adapters/data-api-minutes';
import { applyPlan, dataApiPlans } from '#adapters/data-api-plans';
import { dataApiQuarantine } from '#adapters/data-api-quarantine';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import type { EmissionHour } from '#core/contracts/emission-hour';
import type {
  ComplianceStore,
  DueHour,
  HourStore,
  LockedHours,
  MinuteStore,
  PlanStore,
  SourceMinute,
  StoredHour,
} from '#core/ports';
import { textOfHour } from '#core/time';
import { testDatabase } from './database.ts';
import { memoryStore } from './memory-store.ts';
import { plant } from './plant.ts';

const HOUR = 490_000;
const START = HOUR * 60;
/** So long nobody is idle. */
const NEVER = 1_000_000;
const plans = [plant('P1', ['A', 'B']), plant('P2', ['A'])];

interface Stores {
  readonly plans: PlanStore;
  readonly minutes: MinuteStore;
  readonly hours: HourStore;
  readonly compliance: ComplianceStore;
}

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const databaseStores = async (): Promise<Stores> => {
  const owner = database.as('owner');
  await database.empty();
  for (const plan of plans) await applyPlan(owner, plan);
  return {
    plans: dataApiPlans(database.as('validate_measurements')),
    minutes: dataApiMinutes(database.as('calculate_emissions')),
    hours: dataApiHours(database.as('calculate_emissions')),
    compliance: dataApiCompliance(database.as('check_compliance')),
  };
};

const implementations: readonly (readonly [string, () => Promise<Stores>])[] = [
  ['in memory', async () => memoryStore(plans)],
  ['in the database', databaseStores],
];

describe.each(implementations)('the store %s', (_name, make) => {
  let stores: Stores;
  let a: number;
  let b: number;
  beforeEach(async () => {
    stores = await make();
    const { sourceIds } = (await stores.plans.planOf('P1'))!;
    a = sourceIds.get('A')!;
    b = sourceIds.get('B')!;
  });

  const minute = (at: number, change: Partial<SourceMinute> = {}): SourceMinute => ({
    sourceId: a,
    minute: START + at,
    revision: 0,
    firedSeconds: 60,
    grossLoad: 100,
    readings: [14_992.3, null, 15],
    statuses: 'VNV',
    ...change,
  });
  const store = (minutes: readonly SourceMinute[], watermark = START + 60) =>
    stores.minutes.storeMinutes([{ facility: 'P1', watermark, minutes }]);
  const dueHours = async (limit = 10, among: readonly string[] | 'all' = 'all', except: readonly string[] = []) => {
    let found: readonly DueHour[] = [];
    await stores.hours.withDueHours({ among, except, idleMinutes: NEVER, limit }, async (due) => {
      found = due;
    });
    return found;
  };
  /** Works with the lock of P1, which takes an hour that is due. */
  const locked = async <T>(work: (hours: LockedHours) => Promise<T>): Promise<T> => {
    let result: T | undefined;
    await store([minute(0, { minute: START - 6000, revision: ++revisions })], START + 500);
    await stores.hours.withDueHours(
      { among: ['P1'], except: [], idleMinutes: NEVER, limit: 1 },
      async (_due, hours) => {
        result = await work(hours);
      },
    );
    return result!;
  };
  let revisions = 0;
  const read = (hour = HOUR, sourceId = a) => locked(async ({ load }) => (await load([{ sourceId, hour }]))[0]!);
  const computed = (hour: number, sourceId = a, operatingTime = '1'): StoredHour => ({
    sourceId,
    hour,
    document: {
      v: 1,
      facility: 'P1',
      source: 'A',
      hour: textOfHour(hour),
      date: '2025-11-24',
      clockHour: 3,
      minutes: 60,
      operatingTime,
      grossLoad: null,
      channels: {},
      values: { noxRate: { value: '0.1', unit: 'lb/mmBtu', equation: '19-1', modc: '01' } },
    } satisfies EmissionHour,
    lookBack: { channels: [[14_992.3, hour * 60 + 59, 3], null] },
  });
  const put = (changed: readonly StoredHour[], walkOn: readonly StoredHour[] = []) =>
    locked(({ put }) =>
      put({
        changed,
        done: [...changed, { sourceId: a, hour: HOUR - 100 }],
        walkOn: walkOn.map(({ sourceId, hour }) => ({ facility: 'P1', sourceId, hour })),
      }),
    );

  it('knows the plan and the numbers of its sources, and no other facility', async () => {
    expect((await stores.plans.planOf('P1'))?.plan).toEqual(plans[0]);
    expect(a).not.toBe(b);
    expect(await stores.plans.planOf('P9')).toBeUndefined();
  });

  it('gives minutes back as they came, in order, decimals to the last digit', async () => {
    await store([minute(5), minute(1, { grossLoad: null, readings: [0.1, -1.5, 123_456] })]);
    expect((await read()).minutes).toEqual([minute(1, { grossLoad: null, readings: [0.1, -1.5, 123_456] }), minute(5)]);
  });

  it('makes room for a month that nobody has used yet', async () => {
    const longAgo = Date.UTC(1999, 11, 31, 23, 59) / 60_000;
    await store([minute(0, { minute: longAgo }), minute(0, { minute: longAgo + 1 })]);
    expect((await read(longAgo / 60 - 59 / 60)).minutes).toHaveLength(1);
  });

  it.each([
    ['the higher revision', { revision: 1, firedSeconds: 0 }, { revision: 0 }],
    ['more fired seconds', { firedSeconds: 60 }, { firedSeconds: 59, grossLoad: 500 }],
    ['a known load', { grossLoad: 0 }, { grossLoad: null }],
    ['the greater readings', { readings: [2, 1, 1] }, { readings: [1, 9, 9] }],
    ['a missing reading over a number', { readings: [1, null, 1] }, { readings: [1, 9, 1] }],
    ['the later letter', { statuses: 'XVV' }, { statuses: 'CVV' }],
    ['a minute valid in every channel', { statuses: 'VVV' }, { statuses: 'XVV' }],
  ])('keeps %s of two versions of a minute, in any order and in one batch', async (_what, winner, loser) => {
    const [win, lose] = [minute(0, winner), minute(0, loser)];
    for (const batches of [[[win], [lose]], [[lose], [win]], [[win, lose]], [[lose, win]]]) {
      stores = await make();
      for (const batch of batches) await store(batch);
      expect((await read()).minutes).toEqual([win]);
    }
  });

  it('marks an hour as due once the facility has spoken for the 15 minutes after it', async () => {
    await store([minute(0)], START + 74);
    expect(await dueHours()).toEqual([]);
    await store([], START + 75);
    expect(await dueHours()).toEqual([{ facility: 'P1', sourceId: a, hour: HOUR }]);
    expect(await dueHours(10, ['P2', 'P1'])).toHaveLength(1);
    expect(await dueHours(10, ['P2'])).toEqual([]);
    expect(await dueHours(10, 'all', ['P1'])).toEqual([]);
  });

  it('gives due hours by source and hour, as many as asked for', async () => {
    await store([minute(60), minute(0), minute(0, { sourceId: b })], START + 500);
    expect(await dueHours(2)).toMatchObject([
      { sourceId: a, hour: HOUR },
      { sourceId: a, hour: HOUR + 1 },
    ]);
  });

  it('does not mark an hour for a minute it has already', async () => {
    await store([minute(0)], START + 75);
    await put([computed(HOUR)]);
    await store([minute(0)]);
    expect(await dueHours()).toEqual([]);
    await store([minute(0, { revision: 1 })]);
    expect(await dueHours()).toHaveLength(1);
  });

  it('gives an hour with what is stored of it, before it and after it', async () => {
    await store([minute(0)], START + 75);
    await put([computed(HOUR - 5), computed(HOUR), computed(HOUR + 7)]);
    const { stored, before, nextHour } = await read();
    expect(stored).toEqual(computed(HOUR));
    expect(before).toMatchObject({ hour: HOUR - 5, lookBack: computed(HOUR - 5).lookBack });
    expect(nextHour).toBe(HOUR + 7);
    expect(await read(HOUR - 5)).toMatchObject({ minutes: [], before: undefined, nextHour: HOUR });
    expect((await read(HOUR, b)).stored).toBeUndefined();
  });

  it('walks on to the hours it is told to', async () => {
    await put([computed(HOUR)], [computed(HOUR + 1)]);
    expect(await dueHours()).toEqual([{ facility: 'P1', sourceId: a, hour: HOUR + 1 }]);
  });

  it('undoes everything when the work fails', async () => {
    await store([minute(0)], START + 75);
    await expect(
      stores.hours.withDueHours({ among: 'all', except: [], idleMinutes: NEVER, limit: 9 }, async (due, inside) => {
        await inside.put({ changed: [computed(HOUR)], done: due, walkOn: [] });
        throw new Error('after all');
      }),
    ).rejects.toThrow('after all');
    expect(await dueHours()).toHaveLength(1);
    expect((await read()).stored).toBeUndefined();
  });

  it('keeps an hour unpublished that changed while it was published', async () => {
    await put([computed(HOUR)]);
    const first = await stores.hours.unpublishedHours(['P1'], 10);
    expect(first).toMatchObject([{ sourceId: a, hour: HOUR, document: computed(HOUR).document }]);
    await put([computed(HOUR)]);
    await stores.hours.markPublished(first);
    const second = await stores.hours.unpublishedHours('all', 10);
    expect(second).toHaveLength(1);
    expect(await stores.hours.unpublishedHours(['P2'], 10)).toEqual([]);
    await stores.hours.markPublished(second);
    expect(await stores.hours.unpublishedHours('all', 10)).toEqual([]);
  });

  it('keeps an hour unpublished that changed after another published and struck it off', async () => {
    await put([computed(HOUR)]);
    const slow = await stores.hours.unpublishedHours('all', 10);
    await stores.hours.markPublished(await stores.hours.unpublishedHours('all', 10));
    await put([computed(HOUR)]);
    await stores.hours.markPublished(slow);
    expect(await stores.hours.unpublishedHours('all', 10)).toHaveLength(1);
  });

  it('finds the operating hours around a range, passing over hours that did not operate', async () => {
    await put([0, 1, 2, 4, 6, 7].map((i) => computed(HOUR + i, a, i === 1 ? '0' : '0.25')));
    const hours = async (from: number, to: number, around: number) =>
      (
        await stores.compliance.withFacilities(['P1', 'P2'], ({ operatingHours }) =>
          operatingHours([
            { sourceId: b, from: HOUR, to: HOUR, around: 1 },
            { sourceId: a, from: HOUR + from, to: HOUR + to, around },
          ]),
        )
      )
        .get(a)!
        .map(({ hour }) => hour - HOUR);
    expect(await hours(2, 4, 0)).toEqual([2, 4]);
    expect(await hours(3, 4, 1)).toEqual([2, 4, 6]);
    expect(await hours(2, 3, 9)).toEqual([0, 2, 4, 6, 7]);
    expect(await hours(20, 21, 2)).toEqual([6, 7]);
  });

  it('replaces the records of a range, and only those', async () => {
    const record = (hour: number, average: string): ComplianceRecord => ({
      v: 1,
      facility: 'P1',
      source: 'A',
      rule: 'nox-3h',
      parameter: 'noxRate',
      unit: 'lb/mmBtu',
      windowStart: textOfHour(hour - 2),
      windowEnd: textOfHour(hour),
      operatingHours: 3,
      validHours: 3,
      average,
      limit: '0.1',
      citation: 'fictional',
      state: 'within',
      headroom: null,
    });
    const replace = (from: number, to: number, records: readonly ComplianceRecord[]) =>
      stores.compliance.withFacilities(['P1'], ({ replaceRecords }) =>
        replaceRecords([
          { sourceId: b, from: HOUR, to: HOUR + 9, records: [] },
          { sourceId: a, from: HOUR + from, to: HOUR + to, records },
        ]),
      );
    await replace(
      0,
      3,
      [0, 1, 2, 3].map((i) => record(HOUR + i, '0.05')),
    );
    await replace(1, 2, [record(HOUR + 2, '0.06')]);
    const records = await recordsOf(stores);
    expect(records.map(({ windowEnd, average }) => [windowEnd, average])).toEqual([
      [textOfHour(HOUR), '0.05'],
      [textOfHour(HOUR + 2), '0.06'],
      [textOfHour(HOUR + 3), '0.05'],
    ]);
  });
});

const recordsOf = async (stores: Stores): Promise<readonly ComplianceRecord[]> => {
  if ('storedRecords' in stores)
    return (stores as ReturnType<typeof memoryStore>)
      .storedRecords()
      .sort((x, y) => (x.windowEnd < y.windowEnd ? -1 : 1));
  const rows = await database
    .as('check_compliance')
    .execute('select cast(document as text) from compliance_record order by window_end');
  return rows.map(([document]) => JSON.parse(document as string) as ComplianceRecord);
};

describe('the store in the database', () => {
  it('lists a quarantined record once, whatever its reason holds', async () => {
    const quarantine = dataApiQuarantine(database.as('validate_measurements'));
    const record = {
      recordId: 'f00',
      code: 'CONTRACT',
      reason: 'a "quoted" \\ reason with a NUL \0 in it, and {braces}',
      facility: null,
      thing: 'edge',
      received: 1_700_000_000_123,
      objectKey: 'quarantine/f00.json',
    };
    await quarantine.add([record, record]);
    await quarantine.add([record]);
    const rows = await database.as('owner').execute('select code, facility, thing, object_key from quarantine');
    expect(rows).toEqual([['CONTRACT', null, 'edge', 'quarantine/f00.json']]);
  });

  it('makes storing wait while an hour of the facility is recomputed', async () => {
    const { minutes, hours } = await databaseStores();
    const { sourceIds } = (await dataApiPlans(database.as('owner')).planOf('P1'))!;
    const first = {
      sourceId: sourceIds.get('A')!,
      minute: START,
      revision: 0,
      firedSeconds: 60,
      grossLoad: 1,
      readings: [1],
      statuses: 'V',
    };
    await minutes.storeMinutes([{ facility: 'P1', watermark: START + 75, minutes: [first] }]);
    const order: string[] = [];
    let stored: Promise<void> | undefined;
    await hours.withDueHours({ among: 'all', except: [], idleMinutes: NEVER, limit: 1 }, async () => {
      stored = minutes.storeMinutes([{ facility: 'P1', watermark: START + 76, minutes: [] }]).then(() => {
        order.push('stored');
      });
      await minutes.storeMinutes([{ facility: 'P2', watermark: START, minutes: [] }]);
      order.push('other facility stored');
      order.push('recomputed');
    });
    await stored;
    expect(order).toEqual(['other facility stored', 'recomputed', 'stored']);
  });
});
