import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numbers } from '#adapters/data-api';
import { dataApiAlarms } from '#adapters/data-api-alarms';
import { dataApiCompliance } from '#adapters/data-api-compliance';
import { applyPlan, dataApiPlans } from '#adapters/data-api-plans';
import { dataApiRecords } from '#adapters/data-api-records';
import { decideAlarms } from '#core/alarms/decide-alarms';
import { exceedanceRuns } from '#core/compliance/exceedance-runs';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import type { EmissionHour } from '#core/contracts/emission-hour';
import { notice } from '#core/contracts/notice';
import type { ComplianceStore, OperatingHour, PlanStore, StoredHour } from '#core/ports';
import { hourOfText, textOfHour } from '#core/time';
import { makeHandler } from '../../functions/check-compliance/handler.ts';
import { testDatabase } from './database.ts';
import { context, kinesisEvent } from './events.ts';
import { memoryStore } from './memory-store.ts';
import { plant } from './plant.ts';

const START = hourOfText('2026-01-05T07:00Z');
const HOURS = 12;
/** In this hour a version of the plan begins that has no nox-2h any more. */
const WITHOUT_2H = START + 6;
/** Three hours a window, one, and two for a while: limits beside each other. */
const PLAN = (() => {
  const plan = plant('P1', ['A', 'B']);
  for (const { versions } of plan.sources) {
    const [version] = versions as [(typeof versions)[number]];
    const [limit] = version.limits as [(typeof version.limits)[number]];
    version.limits.push({ ...limit, rule: 'nox-1h', operatingHours: 1 });
    versions.push({ ...version, effectiveFrom: textOfHour(WITHOUT_2H), limits: [...version.limits] });
    version.limits.push({ ...limit, rule: 'nox-2h', operatingHours: 2 });
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
  /** Puts these in place of all hours. */
  setHours(hours: readonly OperatingHour[]): Promise<void>;
  records(): Promise<readonly ComplianceRecord[]>;
  runs(): Promise<readonly Run[]>;
  notices(): Promise<readonly Told[]>;
}

const inMemory = async (): Promise<Stores> => {
  const store = memoryStore([PLAN]);
  return {
    ...store,
    setHours: async (hours) =>
      store.setHours(hours.map((hour) => ({ ...hour, lookBack: {} }) as unknown as StoredHour)),
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
    setHours: async (hours) => {
      await owner.execute('delete from hour');
      await owner.execute(
        `insert into hour (source_id, hour, operating_time, document, look_back)
        select source_id, hour, 1, '{}', '{}'
        from unnest(cast(:sources as integer[]), cast(:hours as integer[])) as t (source_id, hour)`,
        { sources: numbers(hours.map(({ sourceId }) => sourceId)), hours: numbers(hours.map(({ hour }) => hour)) },
      );
    },
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
  return async (changed: readonly { readonly source: string; readonly hour: number }[]) => {
    const { sourceIds } = (await stores.plans.planOf('P1'))!;
    await stores.setHours([...sourceIds].flatMap(([source, id]) => operatingHours(id, source)));
    await handler(
      kinesisEvent(
        changed.map(({ source, hour }) => ({
          key: 'P1',
          data: JSON.stringify({ facility: 'P1', source, hour: textOfHour(hour) }),
        })),
      ),
      context,
    );
  };
};

const short = ({ rule, first, last, windows, state, average }: Omit<Run, 'id' | 'sourceId' | 'mergedInto'>) =>
  `${rule} ${first - START} ${last - START} ${windows} ${state} ${average}`;

/** What the records say, without anything kept. */
const runsOfRecords = (records: readonly ComplianceRecord[], values: Values): string[] =>
  [...Map.groupBy(records, ({ source, rule }) => `${source} ${rule}`).values()].flatMap((some) =>
    exceedanceRuns({
      records: [...some].sort((a, b) => (a.windowEnd < b.windowEnd ? -1 : 1)),
      unlimited: [...values.keys()]
        .filter((at) => at.startsWith(`${some[0]!.source} `))
        .map((at) => Number(at.slice(2)))
        .filter((hour) => some[0]!.rule === 'nox-2h' && hour >= WITHOUT_2H)
        .sort((a, b) => a - b),
      before: undefined,
      after: { stretch: undefined, ends: false },
    }).map((run) => `${some[0]!.source} ${short({ ...run, rule: some[0]!.rule, average: run.worst.average })}`),
  );

const runsOnRecord = async (stores: Stores): Promise<string[]> => {
  const { sourceIds } = (await stores.plans.planOf('P1'))!;
  const names = new Map([...sourceIds].map(([source, id]) => [id, source]));
  return (await stores.runs())
    .filter(({ state }) => state !== 'retracted')
    .map((run) => `${names.get(run.sourceId)} ${short(run)}`);
};

/** Each run was told of once, and taken back once if it was one and is none; each correction was of its own. */
const expectToldOnce = async (stores: Stores) => {
  const runs = await stores.runs();
  const keys = (await stores.notices()).map(({ key }) => key);
  expect(keys.filter((key) => !key.includes('corrected')).sort()).toEqual(
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
  return values;
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
        const values = await run(stores, some, order, size);
        const expected = runsOfRecords(await stores.records(), values).sort();
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
      'Correction: source A did not exceed its limit nox-1h. Told before: 1 window, at most 0.1235 lb/mmBtu, ending with ' +
        'the hour of 2026-01-05 02:00 plant time (UTC-07:00). ' +
        'With the data as they are now the highest average is 0.06 lb/mmBtu where 0.1 is allowed.',
    ]);
  });

  it('end when the source operates after its limit is no longer in force, whichever of the hours came first', async () => {
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
    ]) {
      const stores = await make();
      const hours = [WITHOUT_2H - 2, WITHOUT_2H - 1, WITHOUT_2H, WITHOUT_2H + 1];
      const values: Values = new Map();
      const check = checking(stores, values);
      const of2h = async () => (await stores.runs()).filter(({ rule }) => rule === 'nox-2h').map(({ state }) => state);
      values.set(`A ${hours[0]}`, '0.2').set(`A ${hours[1]}`, '0.2');
      await check([
        { source: 'A', hour: hours[0]! },
        { source: 'A', hour: hours[1]! },
      ]);
      expect(await of2h()).toEqual(['lasting']);
      values.set(`A ${hours[2]}`, '0.2').set(`A ${hours[3]}`, '0.2');
      for (const i of order) await check([{ source: 'A', hour: hours[i]! }]);
      expect(await of2h()).toEqual(['ended']);
    }
  });

  it('that no longer contain what was told are corrected, once, by what was told', async () => {
    const stores = await make();
    const values: Values = new Map();
    const check = checking(stores, values);
    const set = async (from: number, ...given: readonly string[]) => {
      for (const [i, value] of given.entries()) values.set(`A ${START + from + i}`, value);
      await check(given.map((_, i) => ({ source: 'A', hour: START + from + i })));
    };
    const told = async () =>
      (await stores.notices()).filter(({ text }) => text.includes('nox-1h')).map(({ text }) => text);
    await set(0, '0.4', '0.3', '0.2', '0.05');
    await set(0, '0.05');
    await check([{ source: 'A', hour: START }]);
    expect((await told()).slice(1)).toEqual([
      'Correction: source A exceeded its limit nox-1h in fewer hours than was told. Told before: 3 windows, at most 0.4 ' +
        'lb/mmBtu, ending with the hours from 2026-01-05 00:00 plant time (UTC-07:00) to 2026-01-05 02:00 plant time ' +
        '(UTC-07:00). With the data as they are now the highest average is 0.3 lb/mmBtu where 0.1 is allowed ' +
        '(fictional, for tests). 2 windows over it, ending with the hours from 2026-01-05 01:00 plant time (UTC-07:00) to ' +
        '2026-01-05 02:00 plant time (UTC-07:00); that is over.',
    ]);
    await set(1, '0.05', '0.05');
    expect((await told())[2]).toContain(
      'did not exceed its limit nox-1h. Told before: 2 windows, at most 0.3 lb/mmBtu',
    );
    expect(await told()).toHaveLength(3);
  });

  it('that have become one are corrected with what was told of both', async () => {
    const stores = await make();
    const values: Values = new Map();
    const check = checking(stores, values);
    const set = async (hour: number, value: string) => {
      values.set(`A ${START + hour}`, value);
      await check([{ source: 'A', hour: START + hour }]);
    };
    for (const [i, value] of ['0.2', '0.05', '0.4'].entries()) await set(i, value);
    await set(1, '0.2');
    await set(2, '0.05');
    const texts = (await stores.notices()).map(({ text }) => text).filter((text) => text.includes('nox-1h'));
    expect(texts).toHaveLength(3);
    expect(texts[2]).toContain('Told before: 2 windows, at most 0.4 lb/mmBtu');
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

/** The hours of source A from one on as they are now, checked. */
const setter = (stores: Stores) => {
  const values: Values = new Map();
  const check = checking(stores, values);
  return async (from: number, ...given: readonly string[]) => {
    for (const [i, value] of given.entries()) values.set(`A ${START + from + i}`, value);
    await check(given.map((_, i) => ({ source: 'A', hour: START + from + i })));
  };
};
/** raise-alarms, so many minutes from now. */
const tick = (minutes = 0) => {
  const now = Date.now() + minutes * 60_000;
  const store = dataApiAlarms(database.as('raise_alarms'));
  return store.decideOver({ after: '', limit: 10, now }, (state) =>
    decideAlarms({ ...state, arrivedAt: now, settings: { ...state.settings, warningShares: [] } }, now),
  );
};
const of1h = async (stores: Stores) =>
  (await stores.notices()).filter(({ text }) => text.includes('nox-1h')).map(({ text }) => text);

describe('what is told by an alarm of a run', () => {
  it('that it is over, also when it has shrunk; a later correction says what was told then', async () => {
    const stores = await inDatabase();
    const set = setter(stores);
    await set(0, '0.2', '0.3', '0.4');
    await tick();
    await set(0, '0.05');
    await set(3, '0.05');
    await tick();
    expect((await of1h(stores)).slice(1)).toEqual([
      expect.stringContaining('Told before: 3 windows'),
      expect.stringMatching(/^Source A no longer exceeds its limit nox-1h.*2 windows over it/),
    ]);
    await set(2, '0.05');
    expect((await of1h(stores))[3]).toContain('Told before: 2 windows, at most 0.4 lb/mmBtu');
  });

  it('windows that only an escalation or its end told of are corrected as well', async () => {
    const stores = await inDatabase();
    const set = setter(stores);
    await set(0, '0.2');
    await tick();
    await set(1, '0.3', '0.4');
    await tick(61);
    await set(2, '0.05');
    expect((await of1h(stores)).slice(1)).toEqual([
      expect.stringMatching(/^Nobody has acknowledged.*3 windows over it/),
      expect.stringContaining('Told before: 3 windows, at most 0.4 lb/mmBtu'),
    ]);
  });

  it('is not told by figures that have changed since they were read: the next minute tells it', async () => {
    const stores = await inDatabase();
    const set = setter(stores);
    await set(0, '0.2', '0.3');
    await tick();
    await set(2, '0.05');
    const now = Date.now();
    await dataApiAlarms(database.as('raise_alarms')).decideOver({ after: '', limit: 10, now }, (state) => {
      const decisions = decideAlarms({ ...state, arrivedAt: now }, now);
      const older = (run: (typeof decisions.cleared)[number]) => run.tells && { ...run.tells, windows: 9 };
      return { ...decisions, cleared: decisions.cleared.map((one) => ({ ...one, tells: older(one) })) };
    });
    expect(await of1h(stores)).toHaveLength(1);
    await tick();
    expect((await of1h(stores))[1]).toContain('2 windows over it');
  });
});

describe('runs that have become one', () => {
  it('hand on who has seen them, and why they came about, and overwrite nothing', async () => {
    const stores = await inDatabase();
    const owner = database.as('owner').execute;
    const set = setter(stores);
    await set(0, '0.2', '0.05', '0.2', '0.05', '0.2');
    const of = "where rule = 'nox-1h' order by exceedance_id";
    const ids = (await owner(`select exceedance_id from exceedance ${of}`)).map(([id]) => id as number);
    const say = (id: number, who: string, reason: string, note: string) =>
      owner(
        `update exceedance set acknowledged_at = now(), acknowledged_by = :who, reason = :reason, action = 'none',
          note = :note where exceedance_id = :id`,
        { id, who, reason, note },
      );
    await say(ids[1]!, 'b', 'process', 'of b');
    await set(1, '0.2');
    const kept = `select acknowledged_by, reason, action, note from exceedance where exceedance_id = ${ids[0]}`;
    expect(await owner(kept)).toEqual([['b', 'process', 'none', 'of b']]);
    await say(ids[2]!, 'c', 'unknown', 'of c');
    await set(3, '0.2');
    expect(await owner(kept)).toEqual([['b', 'process', 'none', 'of b']]);
    expect(await owner(`select merged_into from exceedance ${of}`)).toEqual([[null], [ids[0]], [ids[0]]]);
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
