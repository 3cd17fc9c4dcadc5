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
  check (first_window_end <= last_window_end)
);
create index exceedance_runs on exceedance (source_id, rule, last_window_end) where state <> 'retracted';
create index exceedance_lasting on exceedance (facility) where state = 'lasting';
create index exceedance_facility on exceedance (facility, exceedance_id);

-- What a person is told of a plant. One open alarm for one matter.
create table alarm (
  alarm_id integer generated always as identity primary key,
  facility text not null references facility,
  source text,
  kind text not null,
  subject text not null,
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
create unique index alarm_open on alarm (facility, coalesce(source, ''), kind, subject) where cleared_at is null;
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
grant update (acknowledged_at, acknowledged_by) on alarm to operator;
grant insert, update on alarm_setting to operator;
