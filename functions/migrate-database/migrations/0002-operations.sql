-- What people do, and the record of it.

-- Every change by a person, as a chain: a document is the entry as canonical JSON, and its hash is the SHA-256 of the
-- hash before it, a line feed and the document. The other columns are read out of the document, for searching.
create table audit_entry (
  entry bigint primary key,
  previous_hash text not null,
  document text not null,
  hash text not null unique,
  at text not null generated always as ((cast(document as jsonb)) ->> 'at') stored,
  who text not null generated always as ((cast(document as jsonb)) ->> 'who') stored,
  action text not null generated always as ((cast(document as jsonb)) ->> 'action') stored,
  subject text not null generated always as ((cast(document as jsonb)) ->> 'subject') stored
);

-- Grants already keep the roles from changing entries; this also stops whoever owns the table.
create function audit_entry_is_final() returns trigger
language plpgsql as $$
begin
  raise exception 'audit entries are never changed or removed: % refused', tg_op;
end
$$;
create trigger audit_entry_is_final before update or delete on audit_entry
  for each row execute function audit_entry_is_final();
create trigger audit_entries_are_final before truncate on audit_entry
  for each statement execute function audit_entry_is_final();

-- A faulty program cannot break the chain either.
create function audit_entry_continues_chain() returns trigger
language plpgsql set search_path = public as $$
declare
  last audit_entry;
begin
  perform pg_advisory_xact_lock(hashtextextended('emissionwatch audit', 0));
  select * into last from audit_entry order by entry desc limit 1;
  if new.entry <> coalesce(last.entry, 0) + 1
    or cast(cast(new.document as jsonb) ->> 'entry' as bigint) is distinct from new.entry
    or new.previous_hash <> coalesce(last.hash, repeat('0', 64))
    or new.hash <> encode(sha256(convert_to(new.previous_hash || chr(10) || new.document, 'UTF8')), 'hex')
  then
    raise exception 'audit entry % does not continue the chain after entry %', new.entry, coalesce(last.entry, 0);
  end if;
  return new;
end
$$;
create trigger audit_entry_continues_chain before insert on audit_entry
  for each row execute function audit_entry_continues_chain();

-- Quarantined records can be put back. `reprocessing` is on its way; a record that fails again is open again.
alter table quarantine
  add column state text not null default 'open' check (state in ('open', 'reprocessing', 'reprocessed')),
  add column attempts integer not null default 0,
  add column reprocessed_at timestamptz,
  add column reprocessed_by text;
create index quarantine_open on quarantine (quarantined_at) where state <> 'reprocessed';

-- Times in which a facility, or one source of it, is known to report nothing. Minutes are counted from 1970;
-- until_minute is the minute after the last. A withdrawn declaration counts no longer and stays on record.
create table declared_outage (
  outage_id integer generated always as identity primary key,
  facility text not null references facility,
  source text,
  from_minute integer not null,
  until_minute integer not null,
  why text not null,
  declared_by text not null,
  declared_at timestamptz not null default now(),
  withdrawn_at timestamptz,
  check (from_minute < until_minute)
);
create index declared_outage_range on declared_outage (facility, until_minute) where withdrawn_at is null;

-- A plan that another one replaces is kept, so that what was computed by it stays explicable. source is null for the
-- facility's own part; replaced_by is the revision of the plan that came into force instead.
create table replaced_plan (
  facility text not null,
  source text,
  replaced_by integer not null,
  plan jsonb not null,
  replaced_at timestamptz not null default now(),
  unique nulls not distinct (facility, source, replaced_by)
);

create function keep_replaced_plan() returns trigger
language plpgsql security definer set search_path = public as $$
begin
  if tg_table_name = 'facility' then
    insert into replaced_plan (facility, replaced_by, plan) values (old.facility, new.plan_revision, old.plan);
  else
    insert into replaced_plan (facility, source, replaced_by, plan)
    select old.facility, old.source, f.plan_revision, old.plan from facility f where f.facility = old.facility;
  end if;
  return new;
end
$$;
create trigger keep_replaced_plan before update on facility
  for each row when (old.plan is distinct from new.plan) execute function keep_replaced_plan();
create trigger keep_replaced_plan before update on source
  for each row when (old.plan is distinct from new.plan) execute function keep_replaced_plan();

grant update (code, reason, object_key, quarantined_at, state) on quarantine to validate_measurements;

grant select on facility, source, facility_clock, replaced_plan, quarantine, declared_outage, audit_entry to operator;
grant insert, update on facility, source to operator;
grant update (state, attempts, reprocessed_at, reprocessed_by) on quarantine to operator;
grant insert on declared_outage, audit_entry to operator;
grant update (withdrawn_at) on declared_outage to operator;
