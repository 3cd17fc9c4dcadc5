import type { DeclaredOutage, ReportingSource } from '#core/continuity/expected';
import type { Hole } from '#core/continuity/find-gaps';
import type { Range } from '#core/continuity/ranges';
import type { DayDigest } from '#core/evidence/minute-digest';
import { type Database, numbers, texts } from './data-api.ts';
import { dataApiGaps } from './data-api-gaps.ts';
import { everyPage, PAGE } from './pages.ts';

export interface FacilityRange extends Range {
  readonly facility: string;
}

/** A facility, how large it is, and up to where its minutes have been looked at. */
export interface WatchedFacility {
  readonly facility: string;
  readonly sources: number;
  readonly checkedUntil: number | null;
  readonly sweptHour: number | null;
}

export interface FacilityState {
  readonly sources: readonly ReportingSource[];
  readonly planRevision: number;
  readonly watermark: number | undefined;
  readonly heardMinute: number | undefined;
  /** When the last message arrived that is in quarantine now. */
  readonly quarantinedMinute: number | undefined;
}

export type ContinuityStore = ReturnType<typeof dataApiContinuity>;

/** What is stored and what is not, and what is remembered of it, in Aurora by way of the Data API. */
export const dataApiContinuity = (database: Database) => ({ ...storedMinutes(database), ...dataApiGaps(database) });

const storedMinutes = ({ execute }: Database) => ({
  /** Every facility, in order. */
  facilities: (): Promise<WatchedFacility[]> =>
    everyPage(
      (after) => execute(FACILITIES, { after: after?.facility ?? '', limit: PAGE }),
      ([facility, sources, checkedUntil, sweptHour]) => ({
        facility: facility as string,
        sources: sources as number,
        checkedUntil: checkedUntil as number | null,
        sweptHour: sweptHour as number | null,
      }),
    ),

  /** What lacks in the ranges, of every source that has begun. No rows when nothing does. */
  holes: (ranges: readonly FacilityRange[]): Promise<(Hole & { readonly facility: string })[]> => {
    if (ranges.length === 0) return Promise.resolve([]);
    const given = {
      facilities: texts(ranges.map(({ facility }) => facility)),
      from: numbers(ranges.map(({ from }) => from)),
      until: numbers(ranges.map(({ until }) => until)),
      low: Math.min(...ranges.map(({ from }) => from)),
      high: Math.max(...ranges.map(({ until }) => until)),
      limit: PAGE,
    };
    return everyPage(
      (after) =>
        execute(HOLES, {
          ...given,
          afterFacility: after?.facility ?? '',
          afterSource: after?.source ?? '',
          afterKind: after?.kind ?? '',
          afterFrom: after?.from ?? 0,
        }),
      ([facility, source, kind, from, until]) => ({
        facility: facility as string,
        source: source as string,
        kind: kind as Hole['kind'],
        from: from as number,
        until: until as number,
      }),
    );
  },

  /** Undefined when there is no such facility. */
  stateOf: async (facility: string): Promise<FacilityState | undefined> => {
    const rows = await execute(STATE, { facility });
    const [first] = rows;
    if (!first) return undefined;
    const [planRevision, watermark, heardMinute, quarantinedMinute] = first;
    return {
      planRevision: planRevision as number,
      watermark: (watermark as number | null) ?? undefined,
      heardMinute: (heardMinute as number | null) ?? undefined,
      quarantinedMinute: (quarantinedMinute as number | null) ?? undefined,
      sources: rows.flatMap(([, , , , source, begins]) =>
        source === null ? [] : [{ source: source as string, begins: begins as number | null }],
      ),
    };
  },

  outagesOf: async (facility: string, { from, until }: Range): Promise<DeclaredOutage[]> => {
    const rows = await execute(OUTAGES, { facility, from, until });
    return rows.map(([source, first, end]) => ({
      source: source as string | null,
      from: first as number,
      until: end as number,
    }));
  },

  /** The digest of each day of each source, over the stored minutes of the range; days without any are left out. */
  dayDigests: async (facility: string, { from, until }: Range): Promise<DayDigest[]> => {
    const rows = await execute(DIGESTS, { facility, from, until });
    return rows.map(([source, day, minutes, digest]) => ({
      source: source as string,
      day: day as number,
      minutes: minutes as number,
      digest: digest as string,
    }));
  },
});

const FACILITIES = `
select f.facility, count(s.source_id), c.until_minute, c.swept_hour
from facility f left join source s using (facility) left join continuity_checked c using (facility)
where f.facility > :after
group by f.facility, c.until_minute, c.swept_hour order by f.facility limit :limit`;

/**
 * Since when minutes of source `s` are expected: its first minute, whatever its plan says now. Its hours and the marks of
 * those not yet computed lead there through two look-ups, whatever the number of months.
 */
const BEGINS = `
  select stored.minute as begins
  from (select least(
      (select hour from hour where source_id = s.source_id order by hour limit 1),
      (select hour from dirty_hour where source_id = s.source_id order by hour limit 1)) as hour) as first
  cross join lateral (
    select coalesce((select min(minute) from minute
      where source_id = s.source_id and minute >= first.hour * 60 and minute < first.hour * 60 + 60),
      first.hour * 60) as minute) as stored
  where first.hour is not null`;

/**
 * Between two minutes with a reading that do not follow each other lies a hole (a unit that is not fired owes none); a minute that is none stands behind the
 * range, so that a hole at its end is found too. What is looked at closer is only what was found: complete minutes cost
 * one walk over the index and give no row. `offset 0` keeps that walk within each source.
 */
const HOLES = `
with span as (
  select * from unnest(cast(:facilities as text[]), cast(:from as integer[]), cast(:until as integer[]))
    as t (facility, "from", until)
),
hole as materialized (
  select s.facility, s.source, s.source_id, found.after + 1 as "from", found.minute as until
  from span join source s using (facility)
  cross join lateral (
    select minute, lag(minute, 1, span."from" - 1) over (order by minute) as after
    from (
      select minute from minute
      where source_id = s.source_id and minute >= span."from" and minute < span.until
        and minute >= cast(:low as integer) and minute < cast(:high as integer)
        and (fired_seconds = 0 or num_nonnulls(variadic readings) > 0)
      union all select span.until) as reported
    offset 0) as found
  where found.minute > found.after + 1
),
begun as (
  select s.source_id, since.begins
  from source s cross join lateral (${BEGINS}) as since
  where s.source_id in (select source_id from hole)
),
lacking as (select hole.* from hole join begun using (source_id) where until > begins),
blank as (
  select l.facility, l.source, l.source_id, l."from", stored.minute,
    stored.minute - row_number() over (partition by l.source_id, l."from" order by stored.minute) as island
  from lacking l cross join lateral (
    select minute from minute where source_id = l.source_id and minute >= l."from" and minute < l.until
      and minute >= cast(:low as integer) and minute < cast(:high as integer) offset 0) as stored
),
answer as (
  select facility, source, 'absent' as kind, "from", until from lacking
  union all
  select facility, source, 'blank', min(minute), max(minute) + 1 from blank
  group by facility, source, source_id, "from", island
)
select facility, source, kind, "from", until from answer
where (facility, source, kind, "from") > (:afterFacility, :afterSource, :afterKind, :afterFrom)
order by facility, source, kind, "from" limit :limit`;

const STATE = `
select f.plan_revision, c.watermark, cast(floor(extract(epoch from c.arrived_at) / 60) as integer),
  (select cast(floor(extract(epoch from max(q.received)) / 60) as integer) from quarantine q
    where q.facility = f.facility and q.state <> 'reprocessed'),
  s.source, since.begins
from facility f
left join facility_clock c using (facility)
left join source s using (facility)
left join lateral (${BEGINS}) as since on true
where f.facility = :facility order by s.source collate "C"`;

const OUTAGES = `
select source, from_minute, until_minute from declared_outage
where facility = :facility and from_minute < :until and until_minute > :from and withdrawn_at is null
order by from_minute`;

/** The line of a minute as core/evidence/minute-digest.ts lays it down: jsonb writes numbers without exponent. */
const DIGESTS = `
select s.source, stored.day, count(*),
  encode(sha256(convert_to(string_agg(stored.line, '' order by stored.minute), 'UTF8')), 'hex')
from source s cross join lateral (
  select minute, minute / 1440 as day,
    '[' || minute || ',' || revision || ',' || fired_seconds || ',' || coalesce(cast(to_jsonb(gross_load) as text), 'null')
    || ',' || replace(cast(to_jsonb(readings) as text), ' ', '')
    || ',"' || coalesce(statuses, repeat('V', cardinality(readings))) || '"]' || chr(10) as line
  from minute
  where source_id = s.source_id and minute >= cast(:from as integer) and minute < cast(:until as integer)
  offset 0) as stored
where s.facility = :facility
group by s.source, stored.day order by s.source collate "C", stored.day`;
