import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ContinuityStore, dataApiContinuity } from '#adapters/data-api-continuity';
import { dataApiMinutes } from '#adapters/data-api-minutes';
import { declareOutage, withdrawOutage } from '#adapters/data-api-outages';
import { applyPlan, dataApiPlans } from '#adapters/data-api-plans';
import type { Gap } from '#core/contracts/continuity-report';
import { minuteLine } from '#core/evidence/minute-digest';
import type { SourceMinute } from '#core/ports';
import { minuteOfText } from '#core/time';
import { holesIn } from '../core/continuity/facility.ts';
import { sha256Text } from '../core/evidence/sha256.ts';
import { testDatabase } from './database.ts';
import { plant } from './plant.ts';

/** Two minutes before a month ends: what follows lies in another partition. */
const START = minuteOfText('2026-10-31T23:58Z');

let database: Awaited<ReturnType<typeof testDatabase>>;
let store: ContinuityStore;
let ids: ReadonlyMap<string, number>;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());
beforeEach(async () => {
  await database.empty();
  for (const plan of [plant('P1', ['A', 'B']), plant('P2', ['A'])]) await applyPlan(database.as('owner'), plan);
  store = dataApiContinuity(database.as('verify_continuity'));
  ids = (await dataApiPlans(database.as('owner')).planOf('P1'))!.sourceIds;
});

const minute = (source: string, at: number, change: Partial<SourceMinute> = {}): SourceMinute => ({
  sourceId: ids.get(source)!,
  minute: START + at,
  revision: 0,
  firedSeconds: 60,
  grossLoad: 100,
  readings: [14_992.3, null, 15],
  statuses: 'VNV',
  ...change,
});
const BLANK = { readings: [null, null, null], statuses: 'NNN' };
const put = (minutes: readonly SourceMinute[], facility = 'P1') =>
  dataApiMinutes(database.as('calculate_emissions')).storeMinutes([
    { facility, watermark: Math.max(START, ...minutes.map((one) => one.minute + 1)), minutes },
  ]);
const span = (length: number, skip: readonly number[] = []) =>
  Array.from({ length }, (_, at) => at).filter((at) => !skip.includes(at));
const range = (from: number, until: number, facility = 'P1') => ({
  facility,
  from: START + from,
  until: START + until,
});
const found = async (...ranges: ReturnType<typeof range>[]) =>
  (await store.holes(ranges)).map(({ facility, source, kind, from, until }) => [
    `${facility}/${source}`,
    kind,
    from - START,
    until - START,
  ]);

describe('what the store lacks', () => {
  it('is nothing when every minute is there, across the end of a month', async () => {
    await put(span(10).map((at) => minute('A', at)));
    expect(await found(range(0, 10))).toEqual([]);
  });

  it('is each stretch without a minute, at the beginning, within and at the end', async () => {
    await put([minute('A', -100), ...span(10, [0, 4, 5, 9]).map((at) => minute('A', at))]);
    expect(await found(range(0, 10))).toEqual([
      ['P1/A', 'absent', 0, 1],
      ['P1/A', 'absent', 4, 6],
      ['P1/A', 'absent', 9, 10],
    ]);
  });

  it('names stored minutes without any reading within a stretch', async () => {
    await put(span(12, [7]).map((at) => minute('A', at, [3, 4, 6, 8].includes(at) ? BLANK : {})));
    expect(await found(range(0, 12))).toEqual([
      ['P1/A', 'absent', 3, 5],
      ['P1/A', 'absent', 6, 9],
      ['P1/A', 'blank', 3, 5],
      ['P1/A', 'blank', 6, 7],
      ['P1/A', 'blank', 8, 9],
    ]);
  });

  it('takes no offence at a unit that is not fired, whose analysers are off', async () => {
    await put(span(12).map((at) => minute('A', at, at < 6 ? { ...BLANK, firedSeconds: 0 } : {})));
    expect(await found(range(0, 12))).toEqual([]);
  });

  it('says nothing of a source that has never begun, and nothing of the time before the first minute', async () => {
    await put(
      span(10)
        .slice(5)
        .map((at) => minute('A', at)),
    );
    expect(await found(range(0, 10), range(0, 10, 'P2'))).toEqual([]);
    expect(await found(range(0, 3), range(3, 10))).toEqual([]);
  });

  it('is looked for in just the ranges that are asked for', async () => {
    await put([minute('A', -100), minute('B', -100), ...span(10, [2, 5]).map((at) => minute('A', at))]);
    expect(await found(range(0, 3), range(7, 10))).toEqual([
      ['P1/A', 'absent', 2, 3],
      ['P1/B', 'absent', 0, 3],
      ['P1/B', 'absent', 7, 10],
    ]);
  });

  it('comes whole when it is more than one answer holds', async () => {
    // Every other minute of a week.
    const some = Array.from({ length: 5040 }, (_, i) => minute('A', 2 * i));
    for (let i = 0; i < some.length; i += 1000) await put(some.slice(i, i + 1000));
    const holes = await store.holes([range(0, 10_080)]);
    expect(holes).toHaveLength(5040);
    expect(holes.map(({ from }) => from - START)).toEqual(Array.from({ length: 5040 }, (_, i) => 2 * i + 1));
  });

  it('is what a plain look at every minute finds, whatever is stored', async () => {
    await put([minute('A', -1), minute('B', -1)]);
    const stored = fc.uniqueArray(
      fc.record({ source: fc.constantFrom('A', 'B'), at: fc.integer({ min: 0, max: 29 }), blank: fc.boolean() }),
      { maxLength: 50, selector: ({ source, at }) => `${source} ${at}` },
    );
    await fc.assert(
      fc.asyncProperty(stored, async (minutes) => {
        await database.as('owner').execute('delete from minute where minute >= :start', { start: START });
        await put(minutes.map(({ source, at, blank }) => minute(source, at, blank ? BLANK : {})));
        const expected = holesIn(
          { from: START, until: START + 30 },
          ['A', 'B'],
          minutes.map(({ source, at, blank }) => ({ source, minute: START + at, blank })),
        );
        const order = (a: { source: string; kind: string; from: number }, b: typeof a) =>
          `${a.source} ${a.kind}`.localeCompare(`${b.source} ${b.kind}`) || a.from - b.from;
        const holes = (await store.holes([range(0, 30)])).map(({ facility: _, ...hole }) => hole);
        expect(holes).toEqual(expected.sort(order));
      }),
      { numRuns: 40 },
    );
  });

  it('is looked for in no month but those of the range', async () => {
    await put([minute('A', -60 * 24 * 40), ...[0, 1, 2, 10].flatMap((at) => [minute('A', at), minute('B', at)])]);
    const lines: string[] = [];
    const explaining = dataApiContinuity({
      ...database.as('owner'),
      execute: async (sql, parameters) => {
        const plan = await database.as('owner').execute(`explain (analyze, costs off, timing off) ${sql}`, parameters);
        lines.push(...plan.map(([line]) => line as string));
        return [];
      },
    });
    await explaining.holes([range(0, 2)]);
    const read = lines
      .filter((line) => !line.includes('never executed'))
      .join('\n')
      .match(/minute_\d{4}_\d\d\b/g);
    expect([...new Set(read)]).toEqual(['minute_2026_10']);
  });
});

describe('a facility', () => {
  it('is known by its sources, since when each reports, and when it was last heard', async () => {
    await put([minute('B', -30), minute('B', 0)]);
    const state = (await store.stateOf('P1'))!;
    expect(state.sources).toEqual([
      { source: 'A', begins: null },
      { source: 'B', begins: START - 30 },
    ]);
    expect(state).toMatchObject({ planRevision: 1, watermark: START + 1 });
    expect(Math.abs(state.heardMinute! - Date.now() / 60_000)).toBeLessThan(3);
    expect(await store.stateOf('P2')).toMatchObject({ watermark: undefined, heardMinute: undefined });
    expect(await store.stateOf('P3')).toBeUndefined();
  });

  it('reports since its first minute also when that hour is computed and its mark is gone', async () => {
    await put([minute('A', 0)]);
    const owner = database.as('owner');
    await owner.execute(`insert into hour (hour, source_id, operating_time, document, look_back)
      select hour, source_id, 1, '{}', '{}' from dirty_hour`);
    await owner.execute('delete from dirty_hour');
    await put([minute('A', 500)]);
    expect((await store.stateOf('P1'))!.sources[0]).toEqual({ source: 'A', begins: START });
    await put([minute('A', -500)]);
    expect((await store.stateOf('P1'))!.sources[0]).toEqual({ source: 'A', begins: START - 500 });
  });

  it('has begun with its first minute, also when its plan is changed to begin later', async () => {
    await put([minute('A', 0)]);
    const [source] = plant('P1', ['A']).sources;
    const versions = [{ ...source!.versions[0]!, effectiveFrom: '2026-11-01T00:00Z' }];
    await applyPlan(database.as('owner'), { ...plant('P1', ['A']), sources: [{ ...source!, versions }] });
    expect((await store.stateOf('P1'))!.sources[0]).toEqual({ source: 'A', begins: START });
    expect(await found(range(0, 5))).toEqual([['P1/A', 'absent', 1, 5]]);
  });

  it('has the declared outages that touch the range, but for withdrawn ones', async () => {
    await database.as('owner').execute(
      `insert into declared_outage (facility, source, from_minute, until_minute, why, declared_by, withdrawn_at) values
        ('P1', 'A', :a, :b, 'stack test', 'x', null), ('P1', null, :b, :c, 'power', 'x', null),
        ('P1', null, :a, :c, 'mistake', 'x', now()), ('P2', null, :a, :c, 'power', 'x', null)`,
      { a: START, b: START + 10, c: START + 20 },
    );
    expect(await store.outagesOf('P1', { from: START, until: START + 10 })).toEqual([
      { source: 'A', from: START, until: START + 10 },
    ]);
    expect(await store.outagesOf('P1', { from: START + 9, until: START + 11 })).toEqual([
      { source: 'A', from: START, until: START + 10 },
      { source: null, from: START + 10, until: START + 20 },
    ]);
  });

  it('is listed with its size and how far it has been looked at', async () => {
    const never = { checkedUntil: null, sweptHour: null };
    expect(await store.facilities()).toEqual([
      { facility: 'P1', sources: 2, ...never },
      { facility: 'P2', sources: 1, ...never },
    ]);
    await store.markChecked([{ facility: 'P2', checkedUntil: null }], 100, 1);
    await store.markChecked([{ facility: 'P2', checkedUntil: 100 }], 90, 1);
    expect((await store.facilities())[1]).toEqual({ facility: 'P2', sources: 1, checkedUntil: 100, sweptHour: 1 });
    await store.markChecked([{ facility: 'P2', checkedUntil: 100 }], 110, 2);
    expect((await store.facilities())[1]).toEqual({ facility: 'P2', sources: 1, checkedUntil: 110, sweptHour: 2 });
  });

  it('goes back to the beginning of an outage that is withdrawn, also while it is being looked at', async () => {
    await store.markChecked([{ facility: 'P1', checkedUntil: null }], START + 100, 1);
    const operator = database.as('operator');
    const outage = { facility: 'P1', source: null, from: START + 20, until: START + 40, why: 'x', declaredBy: 'y' };
    const { id } = (await declareOutage(operator.execute, outage)) as { id: number };
    await withdrawOutage(operator.execute, id);
    expect((await store.facilities())[0]).toMatchObject({ checkedUntil: START + 20 });
    await store.markChecked([{ facility: 'P1', checkedUntil: START + 100 }], START + 105, 1);
    expect((await store.facilities())[0]).toMatchObject({ checkedUntil: START + 20 });
  });

  it('is known by when the last message arrived that is in quarantine still', async () => {
    const quarantined = async () => (await store.stateOf('P1'))!.quarantinedMinute;
    expect(await quarantined()).toBeUndefined();
    await database.as('owner').execute(
      `insert into quarantine (record_id, code, reason, facility, received, object_key, state)
        select id, 'X', 'x', facility, to_timestamp(minute * 60 + 30), id, state from (values
          ('a', 'P1', cast(:a as integer), 'open'), ('b', 'P1', :b, 'reprocessing'), ('c', 'P1', :c, 'reprocessed'),
          ('d', 'P2', :c, 'open')) as t (id, facility, minute, state)`,
      { a: START, b: START + 5, c: START + 9 },
    );
    expect(await quarantined()).toBe(START + 5);
  });
});

describe('gaps that are remembered', () => {
  const gap = (from: number, until: number, source = 'A'): Gap => ({ source, from, until, reason: 'not-held' });
  const rows = async () =>
    (
      await database
        .as('owner')
        .execute(
          'select first_minute, until_minute, closed_at is null, found_at from continuity_gap order by first_minute',
        )
    ).map((row) => [...row]);

  it('are the facility’s open gaps until others are', async () => {
    await store.rememberGaps('P1', [gap(10, 20), gap(10, 20, 'B')]);
    await store.rememberGaps('P2', [gap(30, 40)]);
    expect(await store.openGaps()).toEqual(
      new Map([
        [
          'P1',
          [
            { facility: 'P1', ...gap(10, 20) },
            { facility: 'P1', ...gap(10, 20, 'B') },
          ],
        ],
        ['P2', [{ facility: 'P2', ...gap(30, 40) }]],
      ]),
    );
    await store.rememberGaps('P1', []);
    expect([...(await store.openGaps()).keys()]).toEqual(['P2']);
  });

  it('stay on record when they are closed, and keep the time at which they were found when they shrink', async () => {
    await store.rememberGaps('P1', [gap(10, 20)]);
    const [[, , , first]] = (await rows()) as [unknown[]];
    await store.rememberGaps('P1', [gap(10, 12), gap(15, 20)]);
    expect(await rows()).toEqual([
      [10, 12, true, first],
      [15, 20, true, first],
    ]);
    await store.rememberGaps('P1', []);
    expect((await rows()).map(([, , open]) => open)).toEqual([false, false]);
    await store.rememberGaps('P1', [gap(15, 16)]);
    const again = (await rows())[1]!;
    expect([again.slice(0, 3), again[3] === first]).toEqual([[15, 16, true], false]);
  });
});

describe('a request to resend', () => {
  const request = {
    id: 'resend-1',
    facility: 'P1',
    thing: 'edge-P1',
    from: 100,
    until: 200,
    requestedMinute: 300,
    sentMinute: 300,
    attempts: 1,
    answeredMinute: null,
    answeredMinutes: null,
    expiredMinute: null,
  };

  it('is open until the agent answers', async () => {
    expect(await store.openRequest(request)).toBe(true);
    expect(await store.requestsOf('P1', { from: 199, until: 500 })).toEqual([request]);
    expect(await store.requestsOf('P1', { from: 200, until: 500 })).toEqual([]);
    const answered = { ...request, sentMinute: 310, attempts: 2, answeredMinute: 320, answeredMinutes: 7 };
    await store.rememberRequest(answered);
    expect(await store.requestsOf('P1', { from: 0, until: 101 })).toEqual([answered]);
  });

  it('is not opened twice for the same, but again once it is answered', async () => {
    await store.openRequest(request);
    expect(await store.openRequest({ ...request, id: 'resend-2', until: 150 })).toBe(false);
    await store.rememberRequest({ ...request, answeredMinute: 320, answeredMinutes: 0 });
    expect(await store.openRequest({ ...request, id: 'resend-3' })).toBe(true);
  });
});

describe('the digest of a day', () => {
  it('is the one that its definition gives, whatever numbers and statuses are stored', async () => {
    const reading = fc.oneof(
      fc.constant(null),
      fc
        .float({ noNaN: true, min: Math.fround(-1e12), max: Math.fround(1e12) })
        .filter((x) => Math.abs(x) >= 1e-30 || x === 0),
      fc.constantFrom(0, -0, 1e6, 123_456_7, 1e12, 1e-30, 0.1, 14_992.3, 1e-5),
    );
    const minutes = fc.array(
      fc.record({
        at: fc.integer({ min: -3, max: 6 }),
        source: fc.constantFrom('A', 'B'),
        revision: fc.integer({ min: 0, max: 2 }),
        firedSeconds: fc.integer({ min: 0, max: 60 }),
        grossLoad: reading,
        readings: fc.tuple(reading, reading, reading),
        statuses: fc.constantFrom('VVV', 'VNV', 'CHL'),
      }),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(minutes, async (given) => {
        await database.as('owner').execute('delete from minute where true');
        const rows = new Map(given.map(({ at, source, ...rest }) => [`${source} ${at}`, { source, at, rest }]));
        await put([...rows.values()].map(({ source, at, rest }) => minute(source, at, rest)));
        const digests = await store.dayDigests('P1', { from: START - 3, until: START + 7 });
        const stored = await storedMinutes();
        expect(stored).toHaveLength(rows.size);
        const expected = ['A', 'B'].flatMap((source) =>
          [0, 1].flatMap((next) => {
            const day = Math.floor(START / 1440) + next;
            const ofDay = stored.filter(
              (one) => one.sourceId === ids.get(source) && Math.floor(one.minute / 1440) === day,
            );
            const digest = sha256Text(ofDay.map(minuteLine).join(''));
            return ofDay.length === 0 ? [] : [{ source, day, minutes: ofDay.length, digest }];
          }),
        );
        expect(digests).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  /** As anybody reads them who may, in order of time. */
  const storedMinutes = async (): Promise<SourceMinute[]> =>
    (
      await database.as('owner').execute(
        `select cast(json_build_object('sourceId', source_id, 'minute', minute, 'revision', revision,
          'firedSeconds', fired_seconds, 'grossLoad', gross_load, 'readings', readings,
          'statuses', coalesce(statuses, repeat('V', cardinality(readings)))) as text) from minute order by minute`,
      )
    ).map(([text]) => JSON.parse(text as string) as SourceMinute);
});

describe('the role of verify-continuity', () => {
  it.each([
    'insert into minute values (1, 1, 0, 1, 1, null, array[]::real[])',
    'delete from continuity_gap',
    'select document from hour',
    'select reason from quarantine',
  ])('may not %s', async (sql) => {
    await expect(database.as('verify_continuity').execute(sql)).rejects.toThrow(/permission denied/);
  });
});
