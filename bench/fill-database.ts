import type { Database } from '#adapters/data-api';

/** What is stored of each source of a facility whose plan is in force. */
export interface Filling {
  readonly facility: string;
  /** The minute after the last one stored, counted from 1970. */
  readonly until: number;
  readonly hours: number;
  readonly days: number;
}

/**
 * Fills the store as months of operation would have: hours with their documents, a compliance record for each of them
 * and limit, some days of minutes, with partitions for all months. Made by the database itself: through the pipeline it
 * would take hours.
 */
export const fillDatabase = async (owner: Database, { facility, until, hours, days }: Filling): Promise<void> => {
  await owner.execute(PARTITIONS, { until, hours });
  await owner.execute(CLOCK, { facility, until });
  const last = Math.floor(until / 60);
  // By portions: a statement may take 45 seconds.
  for (let first = last - hours; first < last; first += PORTION_HOURS) {
    const portion = { facility, first, last: Math.min(first + PORTION_HOURS, last) - 1 };
    await owner.execute(HOURS, portion);
    await owner.execute(RECORDS, portion);
  }
  for (let day = 0; day < days; day++)
    await owner.execute(MINUTES, { facility, from: until - (day + 1) * 1440, until: until - day * 1440 });
  await owner.execute('analyze');
};

const PORTION_HOURS = 500;

const PARTITIONS = `
select count(cast(ensure_minute_partition(cast(month as date)) as text))
from generate_series(date_trunc('month', to_timestamp((:until - :hours * 60) * 60)), to_timestamp(:until * 60),
  interval '1 month') as month`;

const CLOCK = `
with heard as (
  insert into facility_clock (facility, watermark, arrived_at) values (:facility, :until, now())
  on conflict (facility) do update set watermark = excluded.watermark, arrived_at = excluded.arrived_at
)
insert into continuity_checked (facility, until_minute, swept_hour) values (:facility, :until - 15, :until / 60)
on conflict (facility) do nothing`;

const hourAsText = (hour: string) =>
  `to_char(to_timestamp(cast(${hour} as bigint) * 3600) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI"Z"')`;

/** One hour in ten is without operation, one in fifty waits for a substitute. */
const HOURS = `
insert into hour (hour, source_id, operating_time, document, look_back)
select n, s.source_id, case when n % 10 = 0 then 0 else 1 end, jsonb_build_object(
  'v', 1, 'facility', s.facility, 'source', s.source, 'hour', ${hourAsText('n')},
  'date', to_char(to_timestamp(cast(n as bigint) * 3600) at time zone 'utc', 'YYYY-MM-DD'), 'clockHour', n % 24, 'minutes', 60,
  'operatingTime', case when n % 10 = 0 then '0' else '1' end, 'grossLoad', 100 + n % 50,
  'channels', (
    select jsonb_object_agg(c ->> 'channel', jsonb_build_object('average', cast(10 + (n * 7 % 1000) / 100.0 as text),
      'validMinutes', 60, 'leftOut', cast('{}' as jsonb)))
    from jsonb_array_elements(s.plan -> 'versions' -> 0 -> 'channels') as c),
  'values', case when n % 10 = 0 then cast('{}' as jsonb) else jsonb_build_object(
    'heatInputRate', jsonb_build_object('value', cast(1400 + n % 100 as text), 'unit', 'mmBtu/h', 'equation', 'D-15A', 'modc', null),
    'heatInput', jsonb_build_object('value', cast(1400 + n % 100 as text), 'unit', 'mmBtu', 'equation', 'rate x operatingTime', 'modc', null),
    'noxRate', jsonb_build_object('value', case when n % 50 = 1 then null else '0.0' || (50 + n % 40) end, 'unit', 'lb/mmBtu',
      'equation', '19-1', 'modc', case when n % 50 = 1 then null else '01' end),
    'noxMassRate', jsonb_build_object('value', cast(100 + n % 40 as text), 'unit', 'lb/h', 'equation', 'F-24A', 'modc', null),
    'co2MassRate', jsonb_build_object('value', cast(80 + n % 10 as text), 'unit', 'short ton/h', 'equation', 'G-4', 'modc', null)) end),
  jsonb_build_object('channels', cast('[]' as jsonb))
from source s cross join generate_series(:first, :last) as n
where s.facility = :facility
on conflict do nothing`;

const RECORDS = `
insert into compliance_record (window_end, source_id, rule, state, document)
select n, s.source_id, l ->> 'rule', case when n % 200 = 3 then 'exceedance' else 'within' end, jsonb_build_object(
  'v', 1, 'facility', s.facility, 'source', s.source, 'rule', l ->> 'rule', 'parameter', l ->> 'parameter',
  'unit', l ->> 'unit', 'windowStart', ${hourAsText('n - 30')}, 'windowEnd', ${hourAsText('n')},
  'operatingHours', l -> 'operatingHours', 'validHours', l -> 'operatingHours',
  'average', '0.0' || (50 + n % 40), 'limit', l -> 'versions' -> 0 ->> 'value',
  'citation', l -> 'versions' -> 0 ->> 'citation',
  'state', case when n % 200 = 3 then 'exceedance' else 'within' end,
  'headroom', jsonb_build_object('nextHour', '0.12', 'hoursToLimit', null))
from source s
cross join jsonb_array_elements(s.plan -> 'versions' -> 0 -> 'limits') as l
cross join generate_series(:first, :last) as n
where s.facility = :facility and n % 10 <> 0
on conflict do nothing`;

const MINUTES = `
insert into minute (minute, source_id, revision, gross_load, fired_seconds, statuses, readings)
select n, s.source_id, 0, 100, 60, null, (
  select array_agg(cast(10 + (n * 7 + i) % 1000 / 100.0 as real))
  from generate_series(1, jsonb_array_length(s.plan -> 'versions' -> 0 -> 'channels')) as i)
from source s cross join generate_series(:from, :until - 1) as n
where s.facility = :facility
on conflict do nothing`;
