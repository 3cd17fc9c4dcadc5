/*
 * Look-ups on a source `s`, as lateral parts of a statement: each a walk of one step over a primary key, whatever the
 * number of months stored.
 */

/** The newest minute. Partitions are walked from the newest back, and not beyond the first that has one. */
export const NEWEST_MINUTE = `
  select minute, fired_seconds, gross_load from minute
  where source_id = s.source_id order by minute desc limit 1`;

/**
 * Since when minutes of the source are expected: its first stored one. Its first hour, or the mark of one not yet
 * computed, leads there.
 */
export const FIRST_MINUTE = `
  select coalesce((select min(minute) from minute
    where source_id = s.source_id and minute >= first.hour * 60 and minute < first.hour * 60 + 60),
    first.hour * 60) as minute
  from (select least(
      (select hour from hour where source_id = s.source_id order by hour limit 1),
      (select hour from dirty_hour where source_id = s.source_id order by hour limit 1)) as hour) as first
  where first.hour is not null`;

/** The minute after the last open gap whose minutes are missing; null when there is none. */
export const LAST_MISSING = `
  select max(until_minute) as until from continuity_gap
  where facility = s.facility and source_id = s.source_id and closed_at is null
    and reason = any(cast(:missing as text[]))`;
