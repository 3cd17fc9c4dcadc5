import type { ComplianceStore, FacilityCompliance, OperatingHour } from '#core/ports';
import { type Database, type Execute, texts } from './data-api.ts';

/** Hours a read: without its channels an hour is about 1 KB, and an answer may hold 1 MiB. */
const READ_HOURS = 500;

/** Compliance records in Aurora, by way of the Data API. */
export const dataApiCompliance = ({ transaction }: Database): ComplianceStore => ({
  withFacility: (facility, work) =>
    transaction(async (execute) => {
      await execute(`select cast(pg_advisory_xact_lock(hashtextextended('compliance ' || :facility, 0)) as text)`, {
        facility,
      });
      return work(facilityCompliance(execute));
    }),
});

const facilityCompliance = (execute: Execute): FacilityCompliance => ({
  operatingHours: async ({ sourceId, from, to, around }) => {
    const hours: OperatingHour[] = [];
    const [bounds] = await execute(BOUNDS, { sourceId, from, to, around });
    const [first, last] = bounds as [number, number];
    for (let next = first; ; next = hours.at(-1)!.hour + 1) {
      const rows = await execute(READ, { sourceId, from: next, to: last, limit: READ_HOURS });
      for (const [hour, document] of rows)
        hours.push({ sourceId, hour: hour as number, document: JSON.parse(document as string) });
      if (rows.length < READ_HOURS) return hours;
    }
  },

  replaceRecords: async ({ sourceId, from, to, records }) => {
    await execute(REPLACE, {
      sourceId,
      from,
      to,
      rules: texts(records.map(({ rule }) => rule)),
      ends: texts(records.map(({ windowEnd }) => windowEnd)),
      states: texts(records.map(({ state }) => state)),
      documents: JSON.stringify(records),
    });
  },
});

/** The first and last hour to read: `around` operating hours before and after the range, as far as there are any. */
const BOUNDS = `
select
  cast(extract(epoch from coalesce((select min(hour) from (select hour from hour where source_id = :sourceId
    and operating_time > 0 and hour < to_timestamp(:from * 3600.0) order by hour desc limit :around) as earlier),
    to_timestamp(:from * 3600.0))) / 3600 as integer),
  cast(extract(epoch from coalesce((select max(hour) from (select hour from hour where source_id = :sourceId
    and operating_time > 0 and hour > to_timestamp(:to * 3600.0) order by hour limit :around) as later),
    to_timestamp(:to * 3600.0))) / 3600 as integer)`;

const READ = `
select cast(extract(epoch from hour) / 3600 as integer), cast(document - 'channels' as text)
from hour
where source_id = :sourceId and operating_time > 0
  and hour between to_timestamp(:from * 3600.0) and to_timestamp(:to * 3600.0)
order by hour limit :limit`;

const REPLACE = `
with given as (
  select rule, cast(window_end as timestamptz) as window_end, state, documents.value as document
  from unnest(cast(:rules as text[]), cast(:ends as text[]), cast(:states as text[]))
    with ordinality as t (rule, window_end, state, n)
  join jsonb_array_elements(cast(:documents as jsonb)) with ordinality as documents (value, n) using (n)
),
gone as (
  delete from compliance_record c
  where source_id = :sourceId and window_end between to_timestamp(:from * 3600.0) and to_timestamp(:to * 3600.0)
    and not exists (select from given g where g.rule = c.rule and g.window_end = c.window_end)
)
insert into compliance_record as c (window_end, source_id, rule, state, document)
select window_end, :sourceId, rule, state, document from given
on conflict (source_id, rule, window_end) do update set state = excluded.state, document = excluded.document
  where c.document <> excluded.document`;
