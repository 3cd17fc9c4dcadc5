-- What people see, and what reaches them.

-- Runs of windows over a limit, as people speak of them. Kept by check-compliance with the records they follow from.
-- Hours are counted as everywhere. A run that a recompute takes back stays on record as retracted.
create table exceedance (
  exceedance_id integer generated always as identity primary key,
  facility text not null references facility,
  source_id integer not null references source,
  rule text not null,
  first_window_end integer not null,
  last_window_end integer not null,
  windows integer not null,
  state text not null check (state in ('lasting', 'ended', 'retracted')),
  parameter text not null,
  unit text not null,
  citation text not null,
  worst_average text not null,
  limit_value text not null,
  found_at timestamptz not null default now(),
  retracted_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text,
  reason text,
  action text,
  note text,
  -- Retracted because another run, found before, has come to contain it.
  merged_into integer references exceedance,
  -- First and last window's end, windows, and the worst of them with its average and limit, as people were last told;
  -- null: nobody has been told. A correction says what was told.
  told jsonb,
  check (first_window_end <= last_window_end)
);
create index exceedance_runs on exceedance (source_id, rule, last_window_end) where state <> 'retracted';
create index exceedance_lasting on exceedance (facility) where state = 'lasting';
create index exceedance_facility on exceedance (facility, exceedance_id);

-- The runs of records that are older than this table; nobody is told of them. Two windows over a limit are of one run
-- unless a window within it lies between, or an hour that operated without any window of it.
with over_limit as (
  select source_id, rule, window_end, document,
    lag(window_end) over (partition by source_id, rule order by window_end) as before
  from compliance_record where state = 'exceedance'
),
numbered as (
  select *, count(*) filter (where before is null
      or exists (select from compliance_record c where c.source_id = o.source_id and c.rule = o.rule
        and c.state = 'within' and c.window_end > o.before and c.window_end < o.window_end)
      or exists (select from hour h where h.source_id = o.source_id and h.operating_time > 0 and h.hour > o.before
        and h.hour < o.window_end and not exists (select from compliance_record c
          where c.source_id = o.source_id and c.window_end = h.hour and c.rule = o.rule)))
    over (partition by source_id, rule order by window_end) as run
  from over_limit o
),
ranked as (
  select *, first_value(document) over (partition by source_id, rule, run order by
    cast(document ->> 'average' as numeric) / nullif(cast(document ->> 'limit' as numeric), 0) desc nulls first,
    cast(document ->> 'average' as numeric) desc, window_end) as worst
  from numbered
),
runs as (
  select source_id, rule, run, worst, min(window_end) as first, max(window_end) as last, count(*) as windows
  from ranked group by source_id, rule, run, worst
)
insert into exceedance (facility, source_id, rule, first_window_end, last_window_end, windows, state, parameter, unit,
  citation, worst_average, limit_value)
select s.facility, r.source_id, r.rule, r.first, r.last, r.windows,
  case when exists (select from compliance_record c where c.source_id = r.source_id and c.rule = r.rule
      and c.state = 'within' and c.window_end > r.last)
    or exists (select from hour h where h.source_id = r.source_id and h.operating_time > 0 and h.hour > r.last
      and not exists (select from compliance_record c
        where c.source_id = r.source_id and c.window_end = h.hour and c.rule = r.rule))
    then 'ended' else 'lasting' end,
  worst ->> 'parameter', worst ->> 'unit', worst ->> 'citation', worst ->> 'average', worst ->> 'limit'
from runs r join source s using (source_id)
order by r.first, r.source_id, r.rule;

-- What a person is told of a plant. One open alarm for one matter.
create table alarm (
  alarm_id integer generated always as identity primary key,
  facility text not null references facility,
  source text,
  kind text not null,
  subject text not null,
  -- Of an exceedance, its run: each run has an alarm of its own.
  exceedance_id integer references exceedance,
  text text not null,
  minute integer not null,
  -- Of a warning: the share of the limit at which it was raised, so that only a higher one is told again.
  level double precision not null default 0,
  raised_at timestamptz not null default now(),
  cleared_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text,
  escalated_at timestamptz
);
create unique index alarm_open on alarm (facility, coalesce(source, ''), kind, subject, coalesce(exceedance_id, 0))
  where cleared_at is null;
create index alarm_facility on alarm (facility, alarm_id);

create table alarm_setting (
  facility text primary key references facility,
  settings jsonb not null,
  changed_at timestamptz not null default now()
);

-- The outbox: written in the transaction of what it tells of, published after it, at least once. The key says what is
-- told, so that it is told once.
create table notice (
  notice_id bigint generated always as identity primary key,
  notice_key text not null unique,
  topic text not null check (topic in ('notices', 'escalations')),
  facility text,
  kind text not null,
  document jsonb not null,
  created_at timestamptz not null default now(),
  attempts integer not null default 0,
  published_at timestamptz
);
create index notice_waiting on notice (notice_id) where published_at is null;
create index notice_published on notice (published_at) where published_at is not null;

-- Quarterly reports. The files lie in the archive under keys that follow from facility, year, quarter and revision.
create table report (
  facility text not null references facility,
  year smallint not null,
  quarter smallint not null check (quarter between 1 and 4),
  revision integer not null,
  execution_arn text not null unique,
  state text not null check (state in ('running', 'archived', 'failed')),
  started_at timestamptz not null default now(),
  started_by text not null,
  archived_at timestamptz,
  sha256 text,
  retained_until timestamptz,
  failure text,
  primary key (facility, year, quarter, revision)
);

grant select, insert, update on exceedance to check_compliance;
grant insert on notice to check_compliance;
grant select on notice to check_compliance;

grant select on facility, source, facility_clock, minute, compliance_record, exceedance, alarm_setting, declared_outage
  to raise_alarms;
grant select, insert, update on alarm, notice to raise_alarms;
grant update (told) on exceedance to raise_alarms;

grant select on facility, source, facility_clock, minute, hour, dirty_hour, compliance_record, quarantine,
  declared_outage, continuity_checked, continuity_gap, exceedance, alarm, alarm_setting, notice, report, audit_entry,
  replaced_plan to serve_api;
grant update (acknowledged_at, acknowledged_by, reason, action, note) on exceedance to serve_api;
grant update (acknowledged_at, acknowledged_by) on alarm to serve_api;
grant insert, update on alarm_setting to serve_api;
grant insert on audit_entry, report to serve_api;

grant select on facility, source, facility_clock, minute, hour, compliance_record, exceedance, continuity_gap,
  continuity_checked, declared_outage, replaced_plan to report_quarter;
grant select, insert, update on report to report_quarter;

grant select on exceedance, alarm, alarm_setting, notice, report to operator;
-- Whether there is an hour, not what is in it.
grant select (hour, source_id) on hour to operator;
grant update (acknowledged_at, acknowledged_by) on alarm to operator;
grant insert, update on alarm_setting to operator;
