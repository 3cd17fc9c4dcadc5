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
      .uniqueArray(fc.double({ min: 0.1, max: 0.99, noNaN: true }), { maxLength: 5 })
      .map((shares) => shares.sort((a, b) => a - b)),
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
