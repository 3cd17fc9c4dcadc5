import type { QuarantineStore } from '#core/ports';
import { type Database, numbers, texts } from './data-api.ts';

/**
 * The list of quarantined records in Aurora; the records themselves lie in the landing bucket. A record that was put back
 * and fails again is open again, with its new reason.
 */
export const dataApiQuarantine = ({ execute }: Database): QuarantineStore => ({
  add: async (records) => {
    if (records.length === 0) return;
    await execute(
      `insert into quarantine as q (record_id, code, reason, facility, thing, received, object_key)
      select distinct on (record_id) record_id, code, reason, nullif(facility, ''), nullif(thing, ''),
        to_timestamp(received / 1000.0), object_key
      from unnest(cast(:ids as text[]), cast(:codes as text[]), cast(:reasons as text[]), cast(:facilities as text[]),
        cast(:things as text[]), cast(:received as bigint[]), cast(:keys as text[]))
        as t (record_id, code, reason, facility, thing, received, object_key)
      on conflict (record_id) do update
        set code = excluded.code, reason = excluded.reason, object_key = excluded.object_key, quarantined_at = now(),
          state = 'open'
        where q.state <> 'open'`,
      {
        ids: texts(records.map(({ recordId }) => recordId)),
        codes: texts(records.map(({ code }) => code)),
        // PostgreSQL text has no NUL, and a reason may quote what was wrong with a name.
        reasons: texts(records.map(({ reason }) => reason.replaceAll('\0', '\uFFFD'))),
        facilities: texts(records.map(({ facility }) => facility ?? '')),
        things: texts(records.map(({ thing }) => thing ?? '')),
        received: numbers(records.map(({ received }) => received)),
        keys: texts(records.map(({ objectKey }) => objectKey)),
      },
    );
  },
});
