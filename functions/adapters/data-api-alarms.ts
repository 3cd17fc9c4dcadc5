import type { AlarmDecisions } from '#core/alarms/decide-alarms';
import { SHARE_HYSTERESIS } from '#core/alarms/limit-matters';
import type { NoticeTopic } from '#core/alarms/notice-message';
import { type OpenAlarm, type PlantState, QUIET_STATUSES, type RunStanding } from '#core/alarms/plant-state';
import { type AlarmSettings, alarmSettings } from '#core/contracts/alarm';
import type { Notice } from '#core/contracts/notice';
import type { AlarmStore } from '#core/ports';
import { type Database, type Execute, numbers, type Row, texts } from './data-api.ts';
import { stretchList } from './data-api-exceedances.ts';
import { everyPage } from './pages.ts';

/** Rows an answer: with texts of some hundred bytes it stays under the 1 MiB that an answer may hold. */
const ROWS = 1000;
/** Decisions a write, with their notices; under the limit of the request. */
const WRITE = 500;
/** Quiet minutes that are passed over when minutes without a valid reading are counted: longer than any test of an analyser. */
const QUIET_MINUTES = 240;

/** Alarms and the outbox in Aurora, by way of the Data API. */
export const dataApiAlarms = ({ execute, transaction }: Database): AlarmStore => ({
  decideOver: ({ after, limit, now }, decide) =>
    transaction(async (inTransaction) => {
      await inTransaction(LOCK);
      const minute = Math.floor(now / 60_000);
      const heads = (await inTransaction(FACILITIES, { after, limit, minute })).map(headOf);
      const last = heads.at(-1);
      if (!last) return undefined;
      const decisions = (await statesOf(inTransaction, heads)).map(decide);
      await carryOut(inTransaction, decisions, now);
      return last.facility;
    }),

  tellOnce: async (key, notice) => {
    await execute(TELL_ONCE, { key, kind: notice.kind, document: JSON.stringify(notice) });
  },

  waitingNotices: async (after, limit) => {
    const rows = await execute(WAITING, { after, limit });
    return rows.map(([id, topic, document]) => ({
      id: id as number,
      topic: topic as NoticeTopic,
      notice: JSON.parse(document as string) as Notice,
    }));
  },

  noteAttempt: async (ids, published) => {
    await execute(
      `update notice set attempts = attempts + 1, published_at = case when :published then now() end
      where notice_id = any(cast(:ids as bigint[])) and published_at is null`,
      { ids: numbers(ids), published },
    );
  },
});

type Head = Omit<PlantState, 'limits' | 'faults' | 'runs' | 'open'>;

const LOCK = "select cast(pg_advisory_xact_lock(hashtextextended('emissionwatch raise-alarms', 0)) as text)";

/** Facilities with what is known of each as a whole. An outage of a source counts at the newest minute of its data. */
const FACILITIES = `
select f.facility, cast(f.plan ->> 'utcOffsetMinutes' as integer), cast(s.settings as text),
  cast(extract(epoch from c.arrived_at) * 1000 as bigint), c.watermark - 1,
  exists (select from declared_outage o where o.facility = f.facility and o.withdrawn_at is null and o.source is null
    and o.from_minute <= :minute and o.until_minute > :minute),
  (select cast(json_agg(distinct o.source) as text) from declared_outage o
    where o.facility = f.facility and o.withdrawn_at is null
      and o.from_minute < c.watermark and o.until_minute >= c.watermark)
from facility f left join facility_clock c using (facility) left join alarm_setting s using (facility)
where f.facility collate "C" > :after order by f.facility collate "C" limit :limit`;

const headOf = ([facility, offset, settings, arrivedAt, newest, outage, sources]: Row): Head => ({
  facility: facility as string,
  utcOffsetMinutes: offset as number,
  settings: alarmSettings.parse(settings === null ? {} : JSON.parse(settings as string)),
  arrivedAt: arrivedAt as number | null,
  newestMinute: newest as number | null,
  facilityOutage: outage as boolean,
  sourceOutages: sources === null ? [] : JSON.parse(sources as string),
});

const statesOf = async (execute: Execute, heads: readonly Head[]): Promise<PlantState[]> => {
  const facilities = texts(heads.map(({ facility }) => facility));
  const shares = numbers(heads.map(({ settings }) => lowestShare(settings)));
  const hours = numbers(heads.map(({ settings }) => settings.headroomHours ?? 0));
  const faultMinutes = numbers(heads.map(({ settings }) => settings.analyserFaultMinutes));
  const each = <T>(sql: string, more: Readonly<Record<string, string>>, toItem: (row: Row) => T) => {
    let last: Row | undefined;
    return everyPage(
      async () => {
        const rows = await execute(sql, { facilities, ...more, ...keyOf(last), limit: ROWS });
        last = rows.at(-1);
        return rows;
      },
      (row) => ({ facility: row[0] as string, item: toItem(row) }),
      ROWS,
    );
  };
  const limits = byFacility(await each(LIMITS, { shares, hours }, limitOf));
  const faults = byFacility(await each(FAULTS, { faultMinutes, quiet: QUIET_STATUSES }, faultOf));
  const runs = byFacility(await each(RUNS, {}, runOf));
  const open = byFacility(await each(OPEN, {}, alarmOf));
  return heads.map((head) => ({
    ...head,
    limits: limits(head.facility),
    faults: faults(head.facility),
    runs: runs(head.facility),
    open: open(head.facility),
  }));
};

/** From where on a window is looked at; without warnings none is. */
const lowestShare = ({ warningShares }: AlarmSettings): number | null =>
  warningShares.length === 0 ? null : Math.min(...warningShares) - SHARE_HYSTERESIS;

/** Every statement has its facility first, and orders by its first three columns. */
const keyOf = (last: Row | undefined) => ({
  afterFacility: last?.[0] ?? '',
  afterSource: last?.[1] ?? '',
  afterSubject: String(last?.[2] ?? ''),
});
const PAGED = (facility: string, source: string, subject: string) => {
  const key = `${facility} collate "C", ${source} collate "C", ${subject} collate "C"`;
  return `(${key}) > (:afterFacility, :afterSource, :afterSubject) order by ${key} limit :limit`;
};

const byFacility = <T>(items: readonly { readonly facility: string; readonly item: T }[]) => {
  const groups = Map.groupBy(items, ({ facility }) => facility);
  return (facility: string): readonly T[] => (groups.get(facility) ?? []).map(({ item }) => item);
};

/** An index leads to the newest window of a source; few of these come near a threshold. */
const LIMITS = `
select s.facility, s.source, c.rule, c.window_end, c.state, cast(c.document ->> 'operatingHours' as integer),
  c.document ->> 'average', c.document ->> 'limit', c.document ->> 'unit', c.document #>> '{headroom,nextHour}',
  cast(c.document #>> '{headroom,hoursToLimit}' as integer)
from unnest(cast(:facilities as text[]), cast(:shares as numeric[]), cast(:hours as integer[]))
  as g (facility, share, hours)
join source s using (facility)
cross join lateral (select max(window_end) as window_end from compliance_record where source_id = s.source_id) as newest
join compliance_record c on c.source_id = s.source_id and c.window_end = newest.window_end
where (cast(c.document ->> 'average' as numeric) >= g.share * cast(c.document ->> 'limit' as numeric)
    or cast(c.document #>> '{headroom,hoursToLimit}' as integer) <= g.hours
    or exists (select from alarm a where a.facility = s.facility and a.cleared_at is null and a.source = s.source
      and a.subject = c.rule and a.kind in ('limit-warning', 'headroom')))
  and ${PAGED('s.facility', 's.source', 'c.rule')}`;

const limitOf = (row: Row): PlantState['limits'][number] => {
  const [, source, rule, windowEnd, state, operatingHours, average, limit, unit, nextHour, hoursToLimit] = row;
  return { source, rule, windowEnd, state, operatingHours, average, limit, unit, nextHour, hoursToLimit } as never;
};

/**
 * The newest minute of each source is all that is looked at where its channels are valid. A channel that is not has its
 * minutes counted, back to its last valid reading or to a minute in which the unit did not fire; those that have none
 * for long enough, or have an open alarm, are what is asked for. Its name is that of its place in the plan.
 */
const FAULTS = `
select facility, source, channel, minute, status, cast(minutes as integer)
from (
  select s.facility, s.source, m.minute, substr(m.statuses, place, 1) as status, counted.minutes, g.minutes as allowed,
    cast(jsonb_path_query_first(s.plan, '$.versions[*].channels[*] ? (@.position == $place).channel',
      jsonb_build_object('place', place)) #>> '{}' as text) as channel
  from unnest(cast(:facilities as text[]), cast(:faultMinutes as integer[])) as g (facility, minutes)
  join facility_clock c using (facility)
  join source s using (facility)
  cross join lateral (
    select minute, fired_seconds, statuses from minute
    where source_id = s.source_id and minute < c.watermark and minute >= c.watermark - g.minutes - ${QUIET_MINUTES}
    order by minute desc limit 1
  ) as m
  cross join lateral generate_series(1, length(m.statuses)) as place
  cross join lateral (
    select max(minute) as minute from minute v
    where v.source_id = s.source_id and v.minute <= m.minute and v.minute > m.minute - g.minutes - ${QUIET_MINUTES}
      and (v.fired_seconds = 0 or v.statuses is null or substr(v.statuses, place, 1) in ('V', '.', ''))
  ) as good
  cross join lateral (
    select count(*) as minutes from minute h
    where h.source_id = s.source_id and h.minute <= m.minute and h.minute > m.minute - g.minutes - ${QUIET_MINUTES}
      and h.minute > coalesce(good.minute, -1) and position(substr(h.statuses, place, 1) in :quiet) = 0
  ) as counted
  where m.fired_seconds > 0 and substr(m.statuses, place, 1) not in ('V', '.')
) as found
where channel is not null
  and (minutes >= allowed
    or exists (select from alarm a where a.facility = found.facility and a.cleared_at is null and a.source = found.source
      and a.kind = 'analyser-fault' and a.subject = found.channel))
  and ${PAGED('facility', 'source', 'channel')}`;

const faultOf = ([, source, channel, minute, status, minutes]: Row): PlantState['faults'][number] => ({
  source: source as string,
  channel: channel as string,
  minute: minute as number,
  status: status as string,
  quiet: QUIET_STATUSES.includes(status as string),
  minutes: minutes as number,
});

/** Runs that last, and those that have ended and have an open alarm, or contain one that has. */
const RUNS = `
select e.facility, s.source, cast(e.exceedance_id as text), e.rule, e.first_window_end, e.last_window_end, e.windows,
  e.state, e.worst_average, e.limit_value, e.parameter, e.unit, e.citation
from exceedance e join source s using (source_id)
where e.facility = any(cast(:facilities as text[]))
  and (e.state = 'lasting' or (e.state = 'ended' and exists (
    select from alarm a join exceedance own using (exceedance_id)
    where a.facility = e.facility and a.cleared_at is null and e.exceedance_id in (own.exceedance_id, own.merged_into))))
  and ${PAGED('e.facility', 's.source', 'cast(e.exceedance_id as text)')}`;

const runOf = (row: Row): PlantState['runs'][number] => {
  const [, source, id, rule, first, last, windows, state, average, limit, parameter, unit, citation] = row;
  return {
    id: Number(id),
    source,
    rule,
    first,
    last,
    windows,
    state,
    worst: { average, limit, parameter, unit, citation },
  } as never;
};

const OPEN = `
select a.facility, coalesce(a.source, ''), cast(a.alarm_id as text), a.kind, a.subject, a.text, a.level, a.minute,
  cast(extract(epoch from a.raised_at) * 1000 as bigint), a.acknowledged_at is not null, a.escalated_at is not null,
  e.exceedance_id, e.merged_into
from alarm a left join exceedance e using (exceedance_id)
where a.facility = any(cast(:facilities as text[])) and a.cleared_at is null
  and ${PAGED('a.facility', "coalesce(a.source, '')", 'cast(a.alarm_id as text)')}`;

const alarmOf = (row: Row): OpenAlarm => {
  const [, source, id, kind, subject, text, level, minute, raisedAt, acknowledged, escalated, run, mergedInto] = row;
  const alarm = { kind, subject, text, level, minute, raisedAt, acknowledged, escalated, run, mergedInto } as Omit<
    OpenAlarm,
    'id'
  >;
  return { ...alarm, id: Number(id), source: source === '' ? null : (source as string) };
};

const carryOut = async (execute: Execute, decisions: readonly AlarmDecisions[], now: number): Promise<void> => {
  const at = new Date(now).toISOString();
  const changed = decisions.flatMap(({ facility, cleared, escalated, renewed }) => [
    ...cleared.map(({ id, notice, tells }) => ({
      facility,
      id,
      clear: true,
      notice: notice ?? null,
      ...toldOf(tells),
    })),
    ...escalated.map(({ id, notice, tells }) => ({ facility, id, escalate: true, notice, ...toldOf(tells) })),
    ...renewed.map(({ id, level, text }) => ({ facility, id, level, text, notice: null, run: null, told: null })),
  ]);
  const raised = decisions.flatMap(({ facility, raised }) =>
    raised.map(({ notice, ...alarm }) => ({ facility, ...alarm, notice: notice ?? null })),
  );
  // What is cleared goes first: one matter has one open alarm.
  for (let i = 0; i < changed.length; i += WRITE)
    await execute(CHANGE, { at, alarms: JSON.stringify(changed.slice(i, i + WRITE)) });
  for (let i = 0; i < raised.length; i += WRITE)
    await execute(RAISE, { at, alarms: JSON.stringify(raised.slice(i, i + WRITE)) });
};

/** A run, and its figures as a notice tells them. */
const toldOf = (run: RunStanding | undefined) => ({ run: run?.id ?? null, told: run ? stretchList(run) : null });

/**
 * What is told of a run is noted with it, so that a correction can speak of it. A run that has changed since it was read
 * is not told of: what the figures are then is decided a minute later.
 */
const CHANGE = `
with decided as (
  select * from jsonb_to_recordset(cast(:alarms as jsonb)) as t (facility text, id integer, clear boolean,
    escalate boolean, level double precision, text text, notice jsonb, run integer, told jsonb)
),
locked as (
  select exceedance_id, first_window_end, last_window_end, windows, worst_average from exceedance
  where exceedance_id in (select run from decided) order by exceedance_id for update
),
as_told as (
  select d.run, d.told from decided d join locked l on l.exceedance_id = d.run
  where d.told -> 0 = to_jsonb(l.first_window_end) and d.told -> 1 = to_jsonb(l.last_window_end)
    and d.told -> 2 = to_jsonb(l.windows) and d.told ->> 3 = l.worst_average
),
noted as (
  update exceedance e set told = t.told from as_told t where e.exceedance_id = t.run
),
given as (
  select * from decided where run is null or run in (select run from as_told)
),
combined as (
  select id, bool_or(clear) as clear, bool_or(escalate) as escalate, min(level) as level, max(text) as text
  from given group by id
),
changed as (
  update alarm a set
    cleared_at = case when c.clear then cast(:at as timestamptz) else a.cleared_at end,
    escalated_at = case when c.escalate then cast(:at as timestamptz) else a.escalated_at end,
    level = coalesce(c.level, a.level),
    text = coalesce(c.text, a.text)
  from combined c where a.alarm_id = c.id
)
insert into notice (notice_key, topic, facility, kind, document)
select 'alarm ' || id || ' ' || (notice ->> 'kind'), case when escalate then 'escalations' else 'notices' end,
  facility, notice ->> 'kind', notice
from given where jsonb_typeof(notice) = 'object' order by id
on conflict (notice_key) do nothing`;

const RAISE = `
with given as (
  select * from jsonb_to_recordset(cast(:alarms as jsonb))
    as t (facility text, source text, kind text, subject text, minute integer, level double precision, text text, run integer,
      notice jsonb)
),
raised as (
  insert into alarm (facility, source, kind, subject, exceedance_id, text, minute, level, raised_at)
  select facility, source, kind, subject, run, text, minute, level, cast(:at as timestamptz) from given
  returning alarm_id, facility, source, kind, subject, exceedance_id
)
insert into notice (notice_key, topic, facility, kind, document)
select 'alarm ' || r.alarm_id || ' raised', 'notices', r.facility, 'raised',
  g.notice || jsonb_build_object('alarmId', r.alarm_id)
from raised r join given g on g.facility = r.facility and g.source is not distinct from r.source and g.kind = r.kind
  and g.subject = r.subject and g.run is not distinct from r.exceedance_id
where jsonb_typeof(g.notice) = 'object' order by r.alarm_id
on conflict (notice_key) do nothing`;

const TELL_ONCE = `
insert into notice (notice_key, topic, kind, document) values (:key, 'notices', :kind, cast(:document as jsonb))
on conflict (notice_key) do nothing`;

const WAITING = `
select notice_id, topic, cast(document as text) from notice
where published_at is null and notice_id > :after order by notice_id limit :limit`;
