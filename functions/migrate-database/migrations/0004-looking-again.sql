-- A withdrawn outage is looked at again: whoever withdraws it sets the check back to where it began.
grant select on continuity_checked to operator;
grant update (until_minute) on continuity_checked to operator;

-- Minutes that are not at the edge may lie in quarantine. Only when the last of them came, not what is in them.
grant select (facility, received, state) on quarantine to verify_continuity;
create index quarantine_facility on quarantine (facility, received) where state <> 'reprocessed';
