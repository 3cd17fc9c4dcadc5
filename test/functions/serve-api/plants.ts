import type { Database } from '#adapters/data-api';
import { dataApiMinutes } from '#adapters/data-api-minutes';
import { applyPlan } from '#adapters/data-api-plans';
import type { EmissionHour } from '#core/contracts/emission-hour';
import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import { computeHour } from '#core/hour/compute-hour';
import type { SourceMinute } from '#core/ports';
import { minuteOfText, textOfHour } from '#core/time';
import type { testDatabase } from '../database.ts';
import { plant } from '../plant.ts';
import { NOW } from './api.ts';

type TestDatabase = Awaited<ReturnType<typeof testDatabase>>;

/** The minute after the newest one stored. */
export const UNTIL = minuteOfText('2026-03-01T12:00Z');
export const NEWEST_HOUR = UNTIL / 60 - 1;

/**
 * HAY, a plant of two units with three hours of minutes and hours, a limit nearly reached, an exceedance and an alarm,
 * and BEECH, of which nobody has heard.
 */
export const twoPlants = async (db: TestDatabase): Promise<MonitoringPlan> => {
  const operator = db.as('operator');
  const hay = plant('HAY', ['U1', '**GT2']);
  await applyPlan(operator, hay);
  await applyPlan(operator, plant('BEECH', ['B1']));
  const owner = db.as('owner');
  const ids = new Map(
    (await owner.execute("select source, source_id from source where facility = 'HAY'")).map(([source, id]) => [
      source,
      id,
    ]),
  );
  for (const { source } of hay.sources) await storeHours(owner, hay, source, ids.get(source) as number);
  await owner.execute("update facility_clock set arrived_at = to_timestamp(:at / 1000.0) where facility = 'HAY'", {
    at: NOW - 20_000,
  });
  await owner.execute("insert into continuity_checked (facility, until_minute, swept_hour) values ('HAY', :until, 0)", {
    until: UNTIL - 10,
  });
  await people(owner, ids.get('U1') as number);
  return hay;
};

/** Fuel flow, NOx and oxygen; the oxygen analyser is calibrated in the last minute. */
export const readingsAt = (minute: number): (number | null)[] => [
  14_000 + (minute % 7),
  21.4 + (minute % 2),
  minute === UNTIL - 1 ? null : 15.5 + (minute % 2),
];

const minuteOf = (sourceId: number, minute: number): SourceMinute => ({
  sourceId,
  minute,
  revision: 0,
  firedSeconds: 60,
  grossLoad: 120.5,
  // Never the same twice: an analyser that stands still counts as stuck.
  readings: readingsAt(minute),
  statuses: minute === UNTIL - 1 ? 'VVC' : 'VVV',
});

const storeHours = async (owner: Database, plan: MonitoringPlan, name: string, sourceId: number) => {
  const minutes = Array.from({ length: 180 }, (_, i) => minuteOf(sourceId, UNTIL - 180 + i));
  await dataApiMinutes(owner).storeMinutes([{ facility: plan.facility, watermark: UNTIL, minutes }]);
  const source = plan.sources.find((each) => each.source === name)!;
  let before: ReturnType<typeof computeHour>['lookBack'] | undefined;
  for (let hour = NEWEST_HOUR - 2; hour <= NEWEST_HOUR; hour++) {
    const ofHour = minutes.filter(({ minute }) => Math.floor(minute / 60) === hour);
    const { document, lookBack } = computeHour({ plan, source, hour, minutes: ofHour, before });
    before = lookBack;
    await storeHour(owner, sourceId, hour, document);
  }
  await owner.execute('delete from dirty_hour');
  await owner.execute(
    `insert into compliance_record (window_end, source_id, rule, state, document)
    values (:hour, :sourceId, 'nox-3h', 'within', cast(:document as jsonb))`,
    { hour: NEWEST_HOUR, sourceId, document: JSON.stringify(recordOf(plan.facility, name)) },
  );
};

export const storeHour = (owner: Database, sourceId: number, hour: number, document: EmissionHour) =>
  owner.execute(
    `insert into hour (hour, source_id, operating_time, document, look_back)
    values (:hour, :sourceId, cast(:time as numeric), cast(:document as jsonb), '{"channels": []}')
    on conflict (source_id, hour) do update set document = excluded.document`,
    { hour, sourceId, time: document.operatingTime, document: JSON.stringify(document) },
  );

const recordOf = (facility: string, source: string) => ({
  v: 1,
  facility,
  source,
  rule: 'nox-3h',
  parameter: 'noxRate',
  unit: 'lb/mmBtu',
  windowStart: textOfHour(NEWEST_HOUR - 2),
  windowEnd: textOfHour(NEWEST_HOUR),
  operatingHours: 3,
  validHours: 3,
  average: source === 'U1' ? '0.084' : '0.05',
  limit: '0.1',
  citation: 'fictional, for tests',
  state: 'within',
  headroom: { nextHour: '0.12', hoursToLimit: null },
});

const people = async (owner: Database, sourceId: number) => {
  await owner.execute(
    `insert into exceedance (facility, source_id, rule, first_window_end, last_window_end, windows, state, parameter, unit,
      citation, worst_average, limit_value)
    select 'HAY', :sourceId, 'nox-3h', :hour - n * 10, :hour - n * 10 + 2, 3, 'ended', 'noxRate', 'lb/mmBtu',
      'fictional, for tests', '0.12', '0.1' from generate_series(5, 1, -1) as n`,
    { sourceId, hour: NEWEST_HOUR },
  );
  await owner.execute(
    `insert into alarm (facility, source, kind, subject, text, minute, cleared_at) values
      ('HAY', 'U1', 'limit-warning', 'nox-3h', 'nox-3h stands at 84 % of its limit', :minute, null),
      ('HAY', null, 'data-stopped', '', 'nothing has come for 10 minutes', :minute - 1000, now())`,
    { minute: UNTIL },
  );
  await owner.execute(
    `insert into quarantine (record_id, code, reason, facility, thing, received, object_key, quarantined_at)
    select 'record ' || n, 'NOT_JSON', 'expected JSON', case when n = 3 then null else 'HAY' end, 'edge-HAY', now(), 'key',
      to_timestamp(1772366400 + n / 2) from generate_series(1, 3) as n`,
  );
};
