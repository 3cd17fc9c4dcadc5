import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataApiCompliance } from '#adapters/data-api-compliance';
import { applyPlan, dataApiPlans } from '#adapters/data-api-plans';
import { dataApiRecords } from '#adapters/data-api-records';
import { exceedanceRuns } from '#core/compliance/exceedance-runs';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import type { EmissionHour } from '#core/contracts/emission-hour';
import { notice } from '#core/contracts/notice';
import type { ComplianceStore, OperatingHour, PlanStore } from '#core/ports';
import { hourOfText, textOfHour } from '#core/time';
import { makeHandler } from '../../functions/check-compliance/handler.ts';
import { testDatabase } from './database.ts';
import { context, kinesisEvent } from './events.ts';
import { memoryStore } from './memory-store.ts';
import { plant } from './plant.ts';

const START = hourOfText('2026-01-05T07:00Z');
const HOURS = 12;
/** Three hours a window, and one: two limits beside each other. */
const PLAN = (() => {
  const plan = plant('P1', ['A', 'B']);
  for (const { versions } of plan.sources)
    for (const version of versions) {
      const [limit] = version.limits as [(typeof version.limits)[number]];
      version.limits.push({ ...limit, rule: 'nox-1h', operatingHours: 1 });
    }
  return plan;
})();

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

interface Told {
  readonly key: string;
  readonly text: string;
}
interface Run {
  readonly id: number;
  readonly sourceId: number;
  readonly rule: string;
  readonly first: number;
  readonly last: number;
  readonly windows: number;
  readonly state: string;
  readonly average: string;
  readonly mergedInto: number | null;
}
interface Stores {
  readonly plans: PlanStore;
  readonly compliance: ComplianceStore;
  records(): Promise<readonly ComplianceRecord[]>;
  runs(): Promise<readonly Run[]>;
  notices(): Promise<readonly Told[]>;
}

const inMemory = async (): Promise<Stores> => {
  const store = memoryStore([PLAN]);
  return {
    ...store,
    records: async () => store.storedRecords(),
    runs: async () =>
      store.storedRuns().map(({ sourceId, rule, run, retracted, mergedInto }) => ({
        ...run,
        sourceId,
        rule,
        average: run.worst.average,
        state: retracted ? 'retracted' : run.state,
        mergedInto,
      })),
    notices: async () => [...store.storedNotices()].map(([key, { text }]) => ({ key, text })),
  };
};

const inDatabase = async (): Promise<Stores> => {
  await database.empty();
  await applyPlan(database.as('owner'), PLAN);
  const owner = database.as('owner');
  return {
    plans: dataApiPlans(database.as('check_compliance')),
    compliance: dataApiCompliance(database.as('check_compliance')),
    records: async () => {
      const records: ComplianceRecord[] = [];
      for await (const record of dataApiRecords(owner).compliance(['P1'])) records.push(record);
      return records;
    },
    runs: async () =>
      (
        await owner.execute(
          `select exceedance_id, source_id, rule, first_window_end, last_window_end, windows, state, worst_average,
            merged_into from exceedance order by exceedance_id`,
        )
      ).map(
        ([id, sourceId, rule, first, last, windows, state, average, mergedInto]) =>
          ({ id, sourceId, rule, first, last, windows, state, average, mergedInto }) as unknown as Run,
      ),
    notices: async () =>
      (await owner.execute('select notice_key, cast(document as text) from notice order by notice_id')).map(
        ([key, document]) => ({ key: key as string, text: notice.parse(JSON.parse(document as string)).text }),
      ),
  };
};

/** The hours as they are now: a value, null for one without data, undefined for one that did not operate. */
type Values = Map<string, string | null>;

/** check-compliance over hours that a test sets. */
const checking = (stores: Stores, values: Values) => {
  const operatingHours = (sourceId: number, source: string): OperatingHour[] =>
    [...values]
      .filter(([at]) => at.startsWith(`${source} `))
      .map(([at, value]) => ({ hour: Number(at.slice(2)), value }))
      .sort((a, b) => a.hour - b.hour)
      .map(({ hour, value }) => ({
        sourceId,
        hour,
        document: {
          v: 1,
          facility: 'P1',
          source,
          hour: textOfHour(hour),
          date: textOfHour(hour - 7).slice(0, 10),
          clockHour: 0,
          minutes: 60,
          operatingTime: '1',
          grossLoad: null,
          values: { noxRate: { value, unit: 'lb/mmBtu', equation: '19-1', modc: null } },
        } satisfies Omit<EmissionHour, 'channels'>,
      }));
  const handler = makeHandler({
    plans: stores.plans,
    compliance: {
      withFacilities: (facilities, work) =>
        stores.compliance.withFacilities(facilities, async (locked) => {
          const { sourceIds } = (await stores.plans.planOf('P1'))!;
          const names = new Map([...sourceIds].map(([source, id]) => [id, source]));
          return work({
            ...locked,
            operatingHours: async (ranges) =>
              new Map(
                ranges.map(({ sourceId, from, to, around }) => {
                  const all = operatingHours(sourceId, names.get(sourceId)!);
                  const earlier = around > 0 ? all.filter(({ hour }) => hour < from).slice(-around) : [];
                  const inside = all.filter(({ hour }) => hour >= from && hour <= to);
                  const later = all.filter(({ hour }) => hour > to).slice(0, around);
                  return [sourceId, [...earlier, ...inside, ...later]];
                }),
              ),
          });
        }),
    },
  });
  return (changed: readonly { readonly source: string; readonly hour: number }[]) =>
    handler(
      kinesisEvent(
        changed.map(({ source, hour }) => ({
          key: 'P1',
          data: JSON.stringify({ facility: 'P1', source, hour: textOfHour(hour) }),
        })),
      ),
      context,
    );
};

const short = ({ rule, first, last, windows, state, average }: Omit<Run, 'id' | 'sourceId' | 'mergedInto'>) =>
  `${rule} ${first - START} ${last - START} ${windows} ${state} ${average}`;

/** What the records say, without anything kept. */
const runsOfRecords = (records: readonly ComplianceRecord[]): string[] =>
  [...Map.groupBy(records, ({ source, rule }) => `${source} ${rule}`).values()].flatMap((some) =>
    exceedanceRuns({
      records: [...some].sort((a, b) => (a.windowEnd < b.windowEnd ? -1 : 1)),
      before: undefined,
      after: { stretch: undefined, within: false },
    }).map((run) => `${some[0]!.source} ${short({ ...run, rule: some[0]!.rule, average: run.worst.average })}`),
  );

const runsOnRecord = async (stores: Stores): Promise<string[]> => {
  const { sourceIds } = (await stores.plans.planOf('P1'))!;
  const names = new Map([...sourceIds].map(([source, id]) => [id, source]));
  return (await stores.runs())
    .filter(({ state }) => state !== 'retracted')
    .map((run) => `${names.get(run.sourceId)} ${short(run)}`);
};

/** Each run was told of once, and taken back once if it was one and is none. */
const expectToldOnce = async (stores: Stores) => {
  const runs = await stores.runs();
  const keys = (await stores.notices()).map(({ key }) => key);
  expect([...keys].sort()).toEqual(
    runs
      .flatMap(({ id, state, mergedInto }) => [
        `exceedance ${id} raised`,
        ...(state === 'retracted' && mergedInto === null ? [`exceedance ${id} retracted`] : []),
      ])
      .sort(),
  );
};

const change = fc.record({
  source: fc.constantFrom('A', 'B'),
  hour: fc.nat(HOURS).map((i) => START + i),
  length: fc.integer({ min: 1, max: 8 }),
  value: fc.constantFrom('0.05', '0.09', '0.12', '0.15', '0.3', null, undefined),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Makes the changes and has them checked: in batches, late, out of order and some twice; at the end everything once more. */
const run = async (stores: Stores, changes: readonly Change[], order: readonly number[], size: number) => {
  const values: Values = new Map();
  const check = checking(stores, values);
  const waiting: { source: string; hour: number }[] = [];
  const deliver = async (count: number) => {
    const batch = waiting.splice(0, count);
    if (batch.length > 0) await check(batch);
  };
  for (const [i, { source, hour, length, value }] of changes.entries()) {
    for (let at = hour; at < hour + length; at++) {
      if (value === undefined) values.delete(`${source} ${at}`);
      else values.set(`${source} ${at}`, value);
      const place = (order[i % order.length] ?? 0) % (waiting.length + 1);
      waiting.splice(place, 0, { source, hour: at });
      if (i % 3 === 0) waiting.push({ source, hour: at });
    }
    await deliver(i % size);
  }
  while (waiting.length > 0) await deliver(size);
};

const changes = fc.array(change, { minLength: 1, maxLength: 20, size: 'max' });
const orders = fc.array(fc.nat(1000), { minLength: 1, maxLength: 14 });

describe.each([
  ['in memory', inMemory, 150],
  ['in the database', inDatabase, 25],
] as const)('runs of windows over a limit, %s', (_name, make, numRuns) => {
  it('are those of the records, whatever order, duplicates and batches the hours came in, and none is told twice', async () => {
    let found = 0;
    let retracted = 0;
    await fc.assert(
      fc.asyncProperty(changes, orders, fc.integer({ min: 1, max: 9 }), async (some, order, size) => {
        const stores = await make();
        await run(stores, some, order, size);
        const expected = runsOfRecords(await stores.records()).sort();
        expect((await runsOnRecord(stores)).sort()).toEqual(expected);
        await expectToldOnce(stores);
        found += expected.length;
        retracted += (await stores.runs()).filter(({ state }) => state === 'retracted').length;
      }),
      { numRuns },
    );
    // The property says nothing of runs if there were none.
    expect(found).toBeGreaterThan(numRuns);
    expect(retracted).toBeGreaterThan(numRuns / 5);
  }, 120_000);

  it('are told of with figures, told of no more while they last, and taken back with the corrected ones', async () => {
    const stores = await make();
    const values: Values = new Map();
    const check = checking(stores, values);
    const set = async (from: number, ...given: readonly string[]) => {
      for (const [i, value] of given.entries()) values.set(`A ${START + from + i}`, value);
      await check(given.map((_, i) => ({ source: 'A', hour: START + from + i })));
    };
    const of1h = async () => (await stores.runs()).filter(({ rule }) => rule === 'nox-1h').map(short);
    await set(0, '0.05', '0.05', '0.123456789');
    expect(await of1h()).toEqual(['nox-1h 2 2 1 lasting 0.123456789']);
    await set(3, '0.3', '0.05');
    expect(await of1h()).toEqual(['nox-1h 2 3 2 ended 0.3']);
    await set(2, '0.06', '0.07');
    expect(await of1h()).toEqual(['nox-1h 2 3 2 retracted 0.3']);
    const told = (await stores.notices()).filter(({ text }) => text.includes('nox-1h')).map(({ text }) => text);
    expect(told).toEqual([
      'Source A exceeded its limit nox-1h: the average is 0.1235 lb/mmBtu where 0.1 is allowed (fictional, for tests). ' +
        '1 window over it, ending with the hour of 2026-01-05 02:00 plant time (UTC-07:00); the newest is one of them.',
      'Correction: source A did not exceed its limit nox-1h in the hours from 2026-01-05 02:00 plant time (UTC-07:00) to ' +
        '2026-01-05 03:00 plant time (UTC-07:00). Told before: 2 windows, at most 0.3 lb/mmBtu. ' +
        'With the data as they are now the highest average is 0.07 lb/mmBtu where 0.1 is allowed.',
    ]);
  });

  it('keep the earlier number when they become one', async () => {
    const stores = await make();
    const values: Values = new Map();
    const check = checking(stores, values);
    const set = async (hour: number, value: string) => {
      values.set(`A ${START + hour}`, value);
      await check([{ source: 'A', hour: START + hour }]);
    };
    for (const [i, value] of ['0.2', '0.05', '0.2'].entries()) await set(i, value);
    await set(1, '0.2');
    const runs = (await stores.runs()).filter(({ rule }) => rule === 'nox-1h');
    expect(runs.map((one) => [short(one), one.mergedInto])).toEqual([
      ['nox-1h 0 2 3 lasting 0.2', null],
      ['nox-1h 2 2 1 retracted 0.2', runs[0]!.id],
    ]);
    await expectToldOnce(stores);
  });
});

describe('a batch without exceedances', () => {
  it('asks the database for nothing more than before', async () => {
    const stores = await inDatabase();
    const statements: string[] = [];
    const base = database.as('check_compliance');
    const compliance = dataApiCompliance({
      ...base,
      transaction: (work) =>
        base.transaction((execute) =>
          work((sql, parameters) => {
            statements.push(sql);
            return execute(sql, parameters);
          }),
        ),
    });
    const values: Values = new Map(Array.from({ length: 9 }, (_, i) => [`A ${START + i}`, '0.05']));
    const check = checking({ ...stores, compliance }, values);
    await check([...values.keys()].map((at) => ({ source: 'A', hour: Number(at.slice(2)) })));
    // The lock and the records; the hours come from the test.
    expect(statements).toHaveLength(2);
  });
});
