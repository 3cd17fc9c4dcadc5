import type { EmissionHour } from '#core/contracts/emission-hour';
import type { HourInput, HourStore, LockedHours, SourceHour, SourceMinute, StoredHour } from '#core/ports';
import type { LookBack } from '#core/quality/look-back';
import { type Database, type Execute, numbers, type Row, texts } from './data-api.ts';

/** Hours a read: of 64 channels, sixty minutes, the document and two states are up to 60 KB, and an answer may hold 1 MiB. */
const LOAD_HOURS = 16;

/** Hours, their marks and what is still to be published, in Aurora by way of the Data API. */
export const dataApiHours = ({ execute, transaction }: Database): HourStore => ({
  withDueHours: ({ among, except, idleMinutes, limit }, work) =>
    transaction(async (inTransaction) => {
      const rows = await inTransaction(DUE, {
        all: among === 'all',
        among: texts(among === 'all' ? [] : among),
        except: texts(except),
        idle: idleMinutes,
        limit,
      });
      const due = rows.map(([facility, sourceId, hour]) => ({
        facility: facility as string,
        sourceId: sourceId as number,
        hour: hour as number,
      }));
      if (due.length > 0) await work(due, lockedHours(inTransaction));
    }),

  unpublishedHours: async (among, limit) => {
    const rows = await execute(
      `select u.source_id, u.hour, u.version, cast(h.document as text)
      from unpublished_hour u join hour h using (source_id, hour)
      where :all or u.facility = any(cast(:among as text[])) order by u.hour, u.source_id limit :limit`,
      { all: among === 'all', among: texts(among === 'all' ? [] : among), limit },
    );
    return rows.map(([sourceId, hour, version, document]) => ({
      sourceId: sourceId as number,
      hour: hour as number,
      version: version as number,
      document: JSON.parse(document as string) as EmissionHour,
    }));
  },

  markPublished: async (hours) => {
    if (hours.length === 0) return;
    await execute(
      `delete from unpublished_hour u
      using unnest(cast(:sources as integer[]), cast(:hours as integer[]), cast(:versions as bigint[]))
        as done (source_id, hour, version)
      where u.source_id = done.source_id and u.hour = done.hour and u.version = done.version`,
      { ...keys(hours), versions: numbers(hours.map(({ version }) => version)) },
    );
  },
});

const lockedHours = (execute: Execute): LockedHours => ({
  load: async (hours) => {
    const inputs: HourInput[] = [];
    for (let i = 0; i < hours.length; i += LOAD_HOURS) {
      const rows = await execute(LOAD, keys(hours.slice(i, i + LOAD_HOURS)));
      inputs.push(...rows.map(hourInput));
    }
    return inputs;
  },

  put: async ({ changed, done, walkOn }) => {
    await execute(PUT, {
      ...keys(changed),
      facilities: texts(changed.map(({ document }) => document.facility)),
      times: numbers(changed.map(({ document }) => Number(document.operatingTime))),
      documents: JSON.stringify(changed.map(({ document }) => document)),
      lookBacks: JSON.stringify(changed.map(({ lookBack }) => lookBack)),
      doneSources: numbers(done.map(({ sourceId }) => sourceId)),
      doneHours: numbers(done.map(({ hour }) => hour)),
      walkSources: numbers(walkOn.map(({ sourceId }) => sourceId)),
      walkHours: numbers(walkOn.map(({ hour }) => hour)),
      walkFacilities: texts(walkOn.map(({ facility }) => facility)),
    });
  },
});

/**
 * An hour is due when its facility has spoken for the 15 minutes after it, or has been silent for long enough. The
 * facilities of what is found are locked, in the order in which storing locks them. A mark that was set while this
 * waited for a lock may be missed, and stays for the next time; a mark that is seen belongs to minutes that every later
 * statement of the transaction sees.
 */
const DUE = `
with due as (
  select d.facility, d.source_id, d.hour
  from dirty_hour d join facility_clock c using (facility)
  where (:all or d.facility = any(cast(:among as text[]))) and d.facility <> all(cast(:except as text[]))
    and (c.watermark >= d.hour * 60 + 75 or c.arrived_at <= clock_timestamp() - :idle * interval '1 minute')
  order by d.facility, d.source_id, d.hour limit :limit
),
locked as (
  select facility from facility_clock where facility in (select facility from due) order by facility for update
)
select facility, source_id, hour from due join locked using (facility)
order by facility, source_id, hour`;

/** real prints as the shortest decimal that reads back the same, so 14992.3 comes out as it went in. */
const LOAD = `
select w.source_id, w.hour, m.minutes, cast(s.document as text), cast(s.look_back as text),
  b.hour, cast(b.look_back as text), n.hour
from unnest(cast(:sources as integer[]), cast(:hours as integer[])) as w (source_id, hour)
cross join lateral (
  select cast(json_agg(json_build_array(minute, revision, fired_seconds, gross_load, readings,
    coalesce(statuses, repeat('V', cardinality(readings)))) order by minute) as text) as minutes
  from minute where source_id = w.source_id and minute >= w.hour * 60 and minute < w.hour * 60 + 60
) as m
left join hour s on s.source_id = w.source_id and s.hour = w.hour
left join lateral (
  select hour, look_back from hour where source_id = w.source_id and hour < w.hour order by hour desc limit 1
) as b on true
left join lateral (
  select hour from hour where source_id = w.source_id and hour > w.hour order by hour limit 1
) as n on true
order by w.source_id, w.hour`;

const PUT = `
with given as (
  select source_id, hour, facility, operating_time, documents.value as document,
    look_backs.value as look_back
  from unnest(cast(:sources as integer[]), cast(:hours as integer[]), cast(:facilities as text[]), cast(:times as numeric[]))
    with ordinality as t (source_id, hour, facility, operating_time, n)
  join jsonb_array_elements(cast(:documents as jsonb)) with ordinality as documents (value, n) using (n)
  join jsonb_array_elements(cast(:lookBacks as jsonb)) with ordinality as look_backs (value, n) using (n)
),
written as (
  insert into hour (hour, source_id, operating_time, document, look_back)
  select hour, source_id, operating_time, document, look_back from given
  on conflict (source_id, hour) do update
    set operating_time = excluded.operating_time, document = excluded.document, look_back = excluded.look_back
),
unpublished as (
  insert into unpublished_hour as u (source_id, hour, facility)
  select source_id, hour, facility from given
  on conflict (source_id, hour) do update set version = excluded.version
),
done as (
  delete from dirty_hour d
  using unnest(cast(:doneSources as integer[]), cast(:doneHours as integer[])) as t (source_id, hour)
  where d.source_id = t.source_id and d.hour = t.hour
)
insert into dirty_hour (source_id, hour, facility)
select source_id, hour, facility
from unnest(cast(:walkSources as integer[]), cast(:walkHours as integer[]), cast(:walkFacilities as text[]))
  as walk (source_id, hour, facility)
on conflict do nothing`;

const hourInput = (row: Row): HourInput => {
  const [sourceId, hour, minutes, document, lookBack, beforeHour, beforeLookBack, nextHour] = row;
  const key = { sourceId: sourceId as number, hour: hour as number };
  return {
    ...key,
    minutes: (JSON.parse((minutes ?? '[]') as string) as StoredMinuteText[]).map(
      ([minute, revision, firedSeconds, grossLoad, readings, statuses]): SourceMinute => ({
        sourceId: key.sourceId,
        minute,
        revision,
        firedSeconds,
        grossLoad,
        readings,
        statuses,
      }),
    ),
    stored:
      typeof document === 'string'
        ? ({ ...key, document: JSON.parse(document), lookBack: JSON.parse(lookBack as string) } as StoredHour)
        : undefined,
    before:
      typeof beforeHour === 'number'
        ? { sourceId: key.sourceId, hour: beforeHour, lookBack: JSON.parse(beforeLookBack as string) as LookBack }
        : undefined,
    nextHour: typeof nextHour === 'number' ? nextHour : undefined,
  };
};

type StoredMinuteText = [number, number, number, number | null, (number | null)[], string];

const keys = (hours: readonly SourceHour[]) => ({
  sources: numbers(hours.map(({ sourceId }) => sourceId)),
  hours: numbers(hours.map(({ hour }) => hour)),
});
