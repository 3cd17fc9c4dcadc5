-- Continuity: which expected minutes are not there, and what was done about it. Minutes are counted as everywhere;
-- until_minute is the minute after the last.

-- Up to where each facility's minutes have been looked at: what has been found stored once stays stored, so later runs
-- look at new minutes and at open gaps only. swept_hour is the hour in which the last whole day was looked at again.
create table continuity_checked (
  facility text primary key,
  until_minute integer not null,
  swept_hour integer not null
) with (fillfactor = 50);

-- Gaps of one source. A gap that is filled, or declared as an outage, is closed and stays on record.
create table continuity_gap (
  source_id integer not null,
  first_minute integer not null,
  until_minute integer not null,
  facility text not null,
  reason text not null,
  found_at timestamptz not null default now(),
  closed_at timestamptz,
  primary key (source_id, first_minute)
);
create index continuity_gap_open on continuity_gap (facility) where closed_at is null;

-- What edge agents were asked to send again. The id is the command's, and stands in the agent's answer.
create table resend_request (
  request_id text primary key,
  facility text not null,
  thing text not null,
  first_minute integer not null,
  until_minute integer not null,
  requested_minute integer not null,
  sent_minute integer not null,
  attempts integer not null,
  answered_minute integer,
  answered_minutes integer,
  expired_minute integer
);
-- Two runs at a time must not ask for the same twice.
create unique index resend_request_open on resend_request (thing, first_minute)
  where answered_minute is null and expired_minute is null;
create index resend_request_range on resend_request (facility, until_minute);

grant select on facility, source, facility_clock, minute, declared_outage to verify_continuity;
-- Only the keys: the first hour of a source leads to its first minute.
grant select (source_id, hour) on hour, dirty_hour to verify_continuity;
grant select, insert, update on continuity_checked, continuity_gap, resend_request to verify_continuity;
