import { afterAll, beforeAll, expect, it } from 'vitest';
import { dataApiCompliance } from '#adapters/data-api-compliance';
import { applyPlan, dataApiPlans } from '#adapters/data-api-plans';
import { exceedanceRuns } from '#core/compliance/exceedance-runs';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import { textOfHour } from '#core/time';
import { migrate } from '../../functions/migrate-database/migrate.ts';
import { MIGRATIONS, ROLES, testDatabase } from './database.ts';
import { plant } from './plant.ts';

const OLD = MIGRATIONS.filter(({ name }) => name < '0005');
const START = 490_000;
const HOURS = 400;

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase(OLD);
});
afterAll(() => database.stop());

/** From a fixed sequence, so that a failure comes again: mostly over the limit, within it, without data, no window. */
const recordsOf = (source: string, rule: string, seed: number): ComplianceRecord[] => {
  let state = seed;
  return Array.from({ length: HOURS }, (_, i) => i).flatMap((i): ComplianceRecord[] => {
    state = (state * 48_271) % 2_147_483_647;
    const kind = (['exceedance', 'exceedance', 'within', 'no-data', undefined] as const)[state % 5];
    if (kind === undefined) return [];
    const average = kind === 'no-data' ? null : kind === 'within' ? '0.05' : `0.1${1 + (state % 7)}`;
    return [
      {
        v: 1,
        facility: 'P1',
        source,
        rule,
        parameter: 'noxRate',
        unit: 'lb/mmBtu',
        windowStart: textOfHour(START + i - 2),
        windowEnd: textOfHour(START + i),
        operatingHours: 3,
        validHours: average === null ? 0 : 3,
        average,
        limit: state % 2 === 0 ? '0.1' : '0.09',
        citation: 'fictional',
        state: kind,
        headroom: null,
      },
    ];
  });
};

it('an upgrade finds the runs of the records that are there already, and tells nobody of them', async () => {
  const owner = database.as('owner');
  await applyPlan(owner, plant('P1', ['A', 'B']));
  const { sourceIds } = (await dataApiPlans(owner).planOf('P1'))!;
  const given = [...sourceIds].flatMap(([source, sourceId]) =>
    ['nox-3h', 'nox-1h'].map((rule, i) => ({ sourceId, rule, records: recordsOf(source, rule, 17 * sourceId + i) })),
  );
  for (const { sourceId, records } of given)
    for (const { rule, windowEnd, state, ...rest } of records)
      await owner.execute(
        `insert into compliance_record (window_end, source_id, rule, state, document)
        values (:end, :sourceId, :rule, :state, cast(:document as jsonb))`,
        {
          end: Date.parse(windowEnd) / 3_600_000,
          sourceId,
          rule,
          state,
          document: JSON.stringify({ ...rest, rule, windowEnd, state }),
        },
      );
  expect(await migrate(owner, MIGRATIONS, ROLES.map(database.login))).toEqual(['0005-people.sql']);
  const expected = given.flatMap(({ sourceId, rule, records }) =>
    exceedanceRuns({ records, unlimited: [], before: undefined, after: { stretch: undefined, ends: false } }).map(
      ({ first, last, windows, state, worst }) => [
        sourceId,
        rule,
        first,
        last,
        windows,
        state,
        worst.average,
        worst.limit,
      ],
    ),
  );
  const found = await owner.execute(
    `select source_id, rule, first_window_end, last_window_end, windows, state, worst_average, limit_value from exceedance
    order by source_id, rule desc, first_window_end`,
  );
  expect(expected.length).toBeGreaterThan(100);
  expect(found).toEqual(expected);
  expect(await owner.execute('select 1 from notice')).toEqual([]);
  expect(await owner.execute('select 1 from exceedance where told is not null')).toEqual([]);

  // From then on they are kept: the newest of them that lasts ends with a window within its limit.
  const [last] = await owner.execute(
    "select source_id, rule from exceedance where state = 'lasting' order by exceedance_id limit 1",
  );
  const [sourceId] = last as [number];
  const change = await dataApiCompliance(database.as('check_compliance')).withFacilities(['P1'], ({ replaceRecords }) =>
    replaceRecords([{ sourceId, from: START + HOURS, to: START + HOURS, records: [] }]),
  );
  expect(change).toBe(true);
});
