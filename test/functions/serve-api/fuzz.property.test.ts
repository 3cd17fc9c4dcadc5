import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Operation } from '#core/contracts/api/operation';
import { OPERATIONS, type OperationName } from '#core/contracts/api/operations';
import { testDatabase } from '../database.ts';
import { apiOn, token } from './api.ts';
import { twoPlants } from './plants.ts';

let db: Awaited<ReturnType<typeof testDatabase>>;
let api: ReturnType<typeof apiOn>;

beforeAll(async () => {
  db = await testDatabase();
  await twoPlants(db);
  api = apiOn(db);
});
afterAll(() => db.stop());

const anyText = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('', 'all', '1', "'", '2026-02-30T00:00Z', '1970-01-01T00:00Z'),
    fc.integer().map(String),
    fc.double().map(String),
  )
  .map((text) => text.toWellFormed());

const note = fc.string({ unit: 'grapheme', minLength: 3, maxLength: 100 });
const minutes = (around: string[]) =>
  fc.oneof(fc.constantFrom(...around), fc.constantFrom('1970-01-01T00:00Z', '2099-12-31T23:59Z'));

/** What each parameter or field takes, so that most requests come as far as the database. */
const TAKEN: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  facility: fc.constantFrom('HAY', 'HAY', 'BEECH', 'NOWHERE'),
  source: fc.constantFrom('U1', 'U1', '**GT2', 'B1'),
  hour: fc.constantFrom('2026-03-01T11:00Z', '2026-03-01T10:00Z', '2026-03-01T10:30Z'),
  id: fc.integer({ min: 1, max: 7 }),
  year: fc.constant(2026),
  quarter: fc.integer({ min: 1, max: 2 }),
  revision: fc.integer({ min: 1, max: 2 }),
  from: minutes(['2026-03-01T08:00Z', '2026-02-20T00:00Z', '2026-03-01T11:59Z']),
  until: minutes(['2026-03-01T12:00Z', '2026-03-01T12:01Z']),
  limit: fc.integer({ min: 1, max: 1000 }),
  state: fc.constantFrom('open', 'all'),
  rule: fc.constantFrom('nox-3h', '*'),
  parameter: fc.constantFrom('noxRate', 'so2Mass'),
  format: fc.constantFrom('json', 'html'),
  why: note,
  note: fc.oneof(note, fc.constant(null)),
  reason: fc.constantFrom('process', 'unknown'),
  action: fc.constantFrom('repaired', 'none'),
  settings: fc.record({
    warningShares: fc
      .uniqueArray(fc.integer({ min: 5, max: 99 }), { maxLength: 5 })
      .map((percents) => percents.sort((a, b) => a - b).map((percent) => percent / 100)),
    headroomHours: fc.oneof(fc.integer({ min: 1, max: 720 }), fc.constant(null)),
    analyserFaultMinutes: fc.integer({ min: 2, max: 1440 }),
    dataStoppedMinutes: fc.integer({ min: 2, max: 1440 }),
    escalateAfterMinutes: fc.integer({ min: 5, max: 10_080 }),
  }),
};

const given = (schema: z.ZodObject, wild: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> => {
  const keys = Object.keys(schema.shape);
  const required = keys.filter((key) => !schema.shape[key]!.safeParse(undefined).success);
  const fields = keys.map((key) => {
    // A cursor is seldom there: one that no list has given is always refused.
    const taken = TAKEN[key] ?? fc.constant(undefined);
    return [key, fc.oneof({ weight: 30, arbitrary: taken }, { weight: 1, arbitrary: wild })] as const;
  });
  return fc
    .record(Object.fromEntries(fields), { requiredKeys: required })
    .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
};

const odd = fc.dictionary(anyText, anyText, { maxKeys: 1 });
const mostly = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: other });

const requestsOf = ({ params, query, body }: Operation) =>
  fc.record({
    params: given(params, anyText).map((each) =>
      Object.fromEntries(Object.entries(each).map(([k, v]) => [k, String(v)])),
    ),
    query: fc
      .tuple(given(query, anyText), mostly(fc.constant({}), odd))
      .map(([known, unknown]) =>
        new URLSearchParams(
          Object.entries({ ...known, ...unknown }).map(([k, v]): [string, string] => [k, String(v)]),
        ).toString(),
      ),
    body: mostly(
      body instanceof z.ZodObject
        ? given(body, fc.jsonValue({ maxDepth: 2 })).map((each) => JSON.stringify(each))
        : fc.constant(''),
      fc.oneof(fc.json({ maxDepth: 3 }), anyText),
    ),
    headers: fc.record(
      { 'content-type': mostly(fc.constant('application/json'), anyText), 'if-none-match': anyText, accept: anyText },
      { requiredKeys: ['content-type'] },
    ),
    token: mostly(
      fc.constantFrom<Record<string, unknown> | undefined>(
        token('admin'),
        token('admin'),
        token('engineer', 'HAY'),
        token('viewer', 'HAY BEECH'),
      ),
      fc.oneof(
        fc.constant(undefined),
        fc.dictionary(
          fc.constantFrom('token_use', 'sub', 'email', 'cognito:groups', 'custom:facilities'),
          fc.oneof(fc.constantFrom('id', '[admin]', '*', 'HAY'), fc.jsonValue({ maxDepth: 1 })),
        ),
      ),
    ),
  });

describe('whatever is asked', () => {
  it.each(Object.keys(OPERATIONS) as OperationName[])(
    '%s answers by its contract or with a problem, and never with a failure of its own',
    async (name) => {
      const statuses = new Set<number>();
      await fc.assert(
        fc.asyncProperty(requestsOf(OPERATIONS[name]), async ({ params, ...call }) => {
          // `ask` holds the answer to its contract.
          const { status } = await api.ask(name, params, call);
          statuses.add(status);
          expect(status).toBeLessThan(500);
        }),
        { numRuns: 80 },
      );
      // A fuzz that nothing comes through would prove nothing. No report is archived here: none has files.
      expect([...statuses]).toContain(name === 'downloadReport' || name === 'report' ? 404 : 200);
    },
  );

  it('at whatever path and by whatever method', () =>
    fc.assert(
      fc.asyncProperty(
        fc.webPath(),
        anyText,
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'TRACE'),
        async (path, tail, method) => {
          for (const each of [path, `/api/v1${path}`, `/api/v1/${tail}`, `/api/v1/facilities/${tail}`])
            expect([400, 404, 405, 200]).toContain((await api.call(each, { method, token: token('admin') })).status);
        },
      ),
      { numRuns: 200 },
    ));
});

/** Lists and what their cursors are summed up with. */
const LISTS = [
  'facilities',
  'minutes',
  'hours',
  'compliance',
  'exceedances',
  'alarms',
  'quarantine',
  'continuity',
  'reports',
  'audit',
] as const satisfies readonly OperationName[];

/** The sum has no key: whoever reads the source can write a cursor with any content. */
const forged = (list: string, content: string): string => {
  const sum = createHash('sha256').update(`${list}\n${content}`).digest('hex').slice(0, 8);
  return Buffer.from(`${sum}${content}`).toString('base64url');
};

const ODD_PARTS: readonly unknown[] = [
  '\u0000',
  'HAY\u0000',
  "HAY'",
  '\ud800',
  '0000-01-01T00:00:00Z',
  '-000001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '1969-12-31T23:59:59Z',
  '2026-02-30T00:00:00+00:00',
  '2026-03-01T00:00:00+23:59',
  `2026-03-01T00:00:00.${'1'.repeat(60)}Z`,
  '2026-03-01T12:00:00.123456+00:00',
  'infinity',
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  2_147_483_647,
  2_147_483_648,
  -1,
  0,
  32_768,
  1.5,
  1e308,
  null,
  'HAY',
  'nox-3h',
  'a'.repeat(64),
  2026,
  1,
];
const part = fc.oneof(fc.constantFrom(...ODD_PARTS), fc.integer(), fc.string({ unit: 'binary', maxLength: 20 }));
const content = fc.oneof(
  { weight: 4, arbitrary: part.map((value) => JSON.stringify(value)) },
  { weight: 4, arbitrary: fc.array(part, { minLength: 1, maxLength: 4 }).map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 2 }) },
  { weight: 1, arbitrary: anyText },
);

describe('a cursor that somebody has made', () => {
  const withCursor = (name: OperationName, cursor: string) => {
    const span = 'from' in OPERATIONS[name].query.shape ? 'from=2026-03-01T08:00Z&until=2026-03-01T12:00Z&' : '';
    return api.ask(name, { facility: 'HAY', source: 'U1' }, { query: `${span}cursor=${cursor}` });
  };

  it.each(LISTS)('for %s, whatever stands in it, is refused or works', async (name) => {
    for (const text of [
      ...['', '{', 'nope', '[', '"', 'undefined', '{"__proto__":1}', '[]', 'null', '-0', '1e999', '[1,2,3,4,5]'],
      ...ODD_PARTS.flatMap((odd) => [
        JSON.stringify(odd),
        JSON.stringify([odd, odd]),
        JSON.stringify([2026, 1, odd, 1]),
      ]),
      ...ODD_PARTS.flatMap((odd) => [JSON.stringify([odd, 'HAY']), JSON.stringify([1, odd])]),
      ...ODD_PARTS.map((odd) => JSON.stringify(['2026-03-01T12:00:00+00:00', odd])),
      ...ODD_PARTS.flatMap((odd) => [JSON.stringify([odd, 1, 'HAY', 1]), JSON.stringify([2026, odd, 'HAY', odd])]),
    ]) {
      const { status } = await withCursor(name, forged(name, text));
      expect([200, 400], text).toContain(status);
    }
    await fc.assert(
      fc.asyncProperty(content, async (text) => {
        const { status } = await withCursor(name, forged(name, text));
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['facilities', '"HAY"'],
    ['minutes', '29539440'],
    ['hours', '492324'],
    ['compliance', '[492324,"nox-3h"]'],
    ['exceedances', '2147483647'],
    ['alarms', '1'],
    ['quarantine', '["2026-03-01T12:00:00.123456+00:00","record 1"]'],
    ['continuity', '"HAY"'],
    ['reports', '[2026,1,"HAY",1]'],
    ['audit', '7'],
  ] as const)(
    'as the list of %s gives them works, so that the one before tests more than refusals',
    async (name, text) => expect((await withCursor(name, forged(name, text))).status).toBe(200),
  );
});
