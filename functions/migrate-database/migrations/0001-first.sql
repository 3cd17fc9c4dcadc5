-- Minutes and hours are whole numbers counted from 1970-01-01T00:00Z, as everywhere in the code: four bytes, no time
-- zones. to_timestamp(minute * 60) and to_timestamp(hour * 3600) show them as times.

-- Facilities, their sources and monitoring plans. A plan is stored in parts, a source a row: the Data API gives back
-- rows of at most 64 KB. The facility's part is the plan with an empty list of sources.
create table facility (
  facility text primary key,
  plan jsonb not null,
  plan_revision integer not null default 1,
  changed_at timestamptz not null default now()
);

create table source (
  source_id integer generated always as identity primary key,
  facility text not null references facility,
  source text not null,
  plan jsonb not null,
  unique (facility, source)
);

-- How far each facility has spoken, and when it was last heard. Its row is the facility's lock.
create table facility_clock (
  facility text primary key references facility,
  watermark integer not null,
  arrived_at timestamptz not null
) with (fillfactor = 50);

-- One row a source-minute; readings and statuses by the plan's positions, which are never reused. real holds six
-- significant digits exactly and seven nearly: finer than any analyser; the message as received lies in S3.
-- Most minutes are valid in every channel: their statuses are null, which is a byte for each channel less.
-- No foreign key on source_id: it would cost a look-up a row, and ids only come from source.
create table minute (
  minute integer not null,
  source_id integer not null,
  revision integer not null,
  gross_load real,
  fired_seconds smallint not null,
  statuses text,
  readings real[] not null,
  primary key (source_id, minute)
) partition by range (minute);

-- Hours whose minutes changed since they were computed.
create table dirty_hour (
  source_id integer not null,
  hour integer not null,
  facility text not null,
  primary key (source_id, hour)
);
create index dirty_hour_facility on dirty_hour (facility, hour);

-- One row a source-hour: the emission hour as published, and what the look-back checks carry on from it.
-- Storage main and the low target keep the documents compressed inside the row.
create table hour (
  hour integer not null,
  source_id integer not null references source,
  operating_time numeric(3, 2) not null,
  document jsonb not null,
  look_back jsonb not null,
  primary key (source_id, hour)
) with (toast_tuple_target = 256);
alter table hour alter column document set storage main;
alter table hour alter column look_back set storage main;
create index hour_operating on hour (source_id, hour) where operating_time > 0;

-- Hours computed and not yet on the emissions stream. Each change has a number of its own, never given twice, so that a
-- change during or after a publication is not taken for the one that was published.
create sequence hour_change;
create table unpublished_hour (
  source_id integer not null,
  hour integer not null,
  facility text not null,
  version bigint not null default nextval('hour_change'),
  primary key (source_id, hour)
);
create index unpublished_hour_facility on unpublished_hour (facility, hour);

-- window_end is the hour in which the window ends.
create table compliance_record (
  window_end integer not null,
  source_id integer not null references source,
  rule text not null,
  state text not null,
  document jsonb not null,
  primary key (source_id, window_end, rule)
) with (toast_tuple_target = 256);
alter table compliance_record alter column document set storage main;
create index compliance_exceedance on compliance_record (window_end) where state = 'exceedance';

create table quarantine (
  record_id text primary key,
  code text not null,
  reason text not null,
  facility text,
  thing text,
  received timestamptz,
  object_key text not null,
  quarantined_at timestamptz not null default now()
);
create index quarantine_time on quarantine (quarantined_at);

-- Monthly partitions on demand, by whoever needs one; runs as the owner so that no function may create tables at will.
create function ensure_minute_partition(month date) returns void
language plpgsql security definer set search_path = public as $$
declare
  first date := date_trunc('month', month);
  name text := 'minute_' || to_char(first, 'YYYY_MM');
begin
  perform pg_advisory_xact_lock(hashtext('ensure_minute_partition'));
  if to_regclass(name) is null then
    execute format('create table %I partition of minute for values from (%s) to (%s)',
      name, (first - date '1970-01-01') * 1440, ((first + interval '1 month')::date - date '1970-01-01') * 1440);
  end if;
end
$$;
revoke all on function ensure_minute_partition(date) from public;

grant select on facility, source to validate_measurements, calculate_emissions, check_compliance;
grant select, insert on quarantine to validate_measurements;
grant select, insert, update on facility_clock, minute, hour, unpublished_hour to calculate_emissions;
grant select, insert, delete on dirty_hour to calculate_emissions;
grant delete on unpublished_hour to calculate_emissions;
grant usage on sequence hour_change to calculate_emissions;
grant execute on function ensure_minute_partition(date) to calculate_emissions;
grant select on hour to check_compliance;
grant select, insert, update, delete on compliance_record to check_compliance;
