import type { Range } from '#core/continuity/ranges';
import type { ResendRequest } from '#core/continuity/resend';
import type { Gap } from '#core/contracts/continuity-report';
import { type Database, numbers, type Row, texts } from './data-api.ts';
import { everyPage, PAGE } from './pages.ts';

/** Gaps that were found, how far was looked, and what agents were asked for, in Aurora by way of the Data API. */
export const dataApiGaps = ({ execute }: Database) => ({
  /** Gaps that are remembered and not closed, by facility. */
  openGaps: async (): Promise<ReadonlyMap<string, readonly Gap[]>> => {
    const gaps = await everyPage<Gap & { readonly facility: string }>(
      (after) =>
        execute(OPEN_GAPS, {
          facility: after?.facility ?? '',
          source: after?.source ?? '',
          from: after?.from ?? 0,
          limit: PAGE,
        }),
      ([facility, source, from, until, reason]) => ({
        facility: facility as string,
        source: source as string,
        from: from as number,
        until: until as number,
        reason: reason as Gap['reason'],
      }),
    );
    return Map.groupBy(gaps, ({ facility }) => facility);
  },

  /** Makes `gaps` the open gaps of a facility: others are closed. */
  rememberGaps: async (facility: string, gaps: readonly Gap[]): Promise<void> => {
    await execute(REMEMBER, {
      facility,
      sources: texts(gaps.map(({ source }) => source)),
      from: numbers(gaps.map(({ from }) => from)),
      until: numbers(gaps.map(({ until }) => until)),
      reasons: texts(gaps.map(({ reason }) => reason)),
    });
  },

  /** Minutes before `until` have been looked at, unless a facility went back behind `checkedUntil` meanwhile. */
  markChecked: async (
    facilities: readonly { readonly facility: string; readonly checkedUntil: number | null }[],
    until: number,
    sweptHour: number,
  ): Promise<void> => {
    if (facilities.length === 0) return;
    await execute(CHECKED, {
      facilities: texts(facilities.map(({ facility }) => facility)),
      before: numbers(facilities.map(({ checkedUntil }) => checkedUntil)),
      until,
      sweptHour,
    });
  },

  /** Requests of a facility that are open or overlap the range. */
  requestsOf: async (facility: string, { from, until }: Range): Promise<ResendRequest[]> => {
    const rows = await execute(REQUESTS, { facility, from, until });
    return rows.map(resendRequest);
  },

  /** False when the same is asked of the same agent already, by another run. */
  openRequest: async (request: ResendRequest): Promise<boolean> => {
    const rows = await execute(OPEN_REQUEST, {
      id: request.id,
      facility: request.facility,
      thing: request.thing,
      from: request.from,
      until: request.until,
      minute: request.requestedMinute,
    });
    return rows.length > 0;
  },

  /** What became of a request. */
  rememberRequest: async (request: ResendRequest): Promise<void> => {
    await execute(REMEMBER_REQUEST, {
      id: request.id,
      sent: request.sentMinute,
      attempts: request.attempts,
      answered: request.answeredMinute,
      found: request.answeredMinutes,
      expired: request.expiredMinute,
    });
  },
});

const resendRequest = (row: Row): ResendRequest => {
  const [id, facility, thing, from, until, requested, sent, attempts, answered, found, expired] = row;
  return {
    id: id as string,
    facility: facility as string,
    thing: thing as string,
    from: from as number,
    until: until as number,
    requestedMinute: requested as number,
    sentMinute: sent as number,
    attempts: attempts as number,
    answeredMinute: answered as number | null,
    answeredMinutes: found as number | null,
    expiredMinute: expired as number | null,
  };
};

const OPEN_GAPS = `
select g.facility, s.source, g.first_minute, g.until_minute, g.reason
from continuity_gap g join source s using (source_id)
where g.closed_at is null and (g.facility, s.source, g.first_minute) > (:facility, :source, :from)
order by g.facility, s.source, g.first_minute limit :limit`;

/** A gap that shrank or fell apart was found when the gap was that it was a part of. */
const REMEMBER = `
with given as (
  select s.source_id, t.first_minute, t.until_minute, t.reason
  from unnest(cast(:sources as text[]), cast(:from as integer[]), cast(:until as integer[]), cast(:reasons as text[]))
    as t (source, first_minute, until_minute, reason)
  join source s on s.facility = :facility and s.source = t.source
),
closed as (
  update continuity_gap g set closed_at = now()
  where g.facility = :facility and g.closed_at is null
    and not exists (select from given where given.source_id = g.source_id and given.first_minute = g.first_minute)
)
insert into continuity_gap as g (source_id, first_minute, until_minute, facility, reason, found_at)
select source_id, first_minute, until_minute, :facility, reason, coalesce(
  (select min(o.found_at) from continuity_gap o where o.source_id = given.source_id and o.closed_at is null
    and o.first_minute < given.until_minute and o.until_minute > given.first_minute), now())
from given
on conflict (source_id, first_minute) do update
  set until_minute = excluded.until_minute, reason = excluded.reason, closed_at = null,
    found_at = case when g.closed_at is null then g.found_at else excluded.found_at end`;

const CHECKED = `
with looked as (
  select * from unnest(cast(:facilities as text[]), cast(:before as integer[])) as t (facility, before)
),
forward as (
  update continuity_checked c set until_minute = greatest(c.until_minute, :until),
    swept_hour = greatest(c.swept_hour, :sweptHour)
  from looked where looked.facility = c.facility and c.until_minute >= coalesce(looked.before, c.until_minute)
)
insert into continuity_checked (facility, until_minute, swept_hour)
select facility, :until, :sweptHour from looked on conflict do nothing`;

const REQUESTS = `
select request_id, facility, thing, first_minute, until_minute, requested_minute, sent_minute, attempts,
  answered_minute, answered_minutes, expired_minute
from resend_request
where facility = :facility and until_minute > :from and first_minute < :until
order by requested_minute desc, first_minute limit 2000`;

const OPEN_REQUEST = `
insert into resend_request (request_id, facility, thing, first_minute, until_minute, requested_minute, sent_minute, attempts)
values (:id, :facility, :thing, :from, :until, :minute, :minute, 1)
on conflict do nothing returning request_id`;

const REMEMBER_REQUEST = `
update resend_request set sent_minute = :sent, attempts = :attempts, answered_minute = :answered,
  answered_minutes = :found, expired_minute = :expired
where request_id = :id`;
