import { type Database, type Execute, texts } from './data-api.ts';

export interface QuarantineEntry {
  /** SHA-256 of the record as received. */
  readonly recordId: string;
  readonly code: string;
  readonly reason: string;
  readonly facility: string | null;
  readonly thing: string | null;
  /** When the message arrived, ISO 8601 in UTC. */
  readonly received: string | null;
  /** To the microsecond: the list is read on from it. */
  readonly quarantinedAt: string;
  /** Where the record lies whole, in the landing bucket. */
  readonly objectKey: string;
  /** `reprocessing`: on its way back, or the way was interrupted. `reprocessed`: put back and not seen again since. */
  readonly state: 'open' | 'reprocessing' | 'reprocessed';
  /** How often it was put back. */
  readonly attempts: number;
}

export interface QuarantineFilter {
  readonly code: string | null;
  readonly facility: string | null;
  /** Quarantined not before, ISO. */
  readonly since: string | null;
}

const COLUMNS = `record_id, code, reason, facility, thing,
  to_char(received at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  to_char(quarantined_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), object_key, state, attempts`;

const WANTED = `(cast(:code as text) is null or code = :code)
  and (cast(:facility as text) is null or facility = :facility)
  and (cast(:since as text) is null or quarantined_at >= cast(:since as timestamptz))`;

/** Rows an answer: one has 1 KB, and an answer may hold 1 MiB. */
const PAGE = 500;

/** Quarantined records, as whoever puts them back needs them. */
export const dataApiReprocessing = ({ execute }: Pick<Database, 'execute'>) => ({
  /** The latest first; `all` also those that were put back and taken. */
  list: async (filter: QuarantineFilter, all: boolean, limit: number): Promise<readonly QuarantineEntry[]> => {
    const rows = await execute(
      `select ${COLUMNS} from quarantine where ${WANTED} and (:all or state <> 'reprocessed')
      order by quarantined_at desc, record_id limit :limit`,
      { ...filter, all, limit: Math.min(limit, PAGE) },
    );
    return rows.map(entryOf);
  },

  /** Those whose id begins so; more than one when it is too short. */
  find: async (prefix: string): Promise<readonly QuarantineEntry[]> => {
    const rows = await execute(
      `select ${COLUMNS} from quarantine where starts_with(record_id, :prefix) order by record_id limit 2`,
      { prefix },
    );
    return rows.map(entryOf);
  },

  /** Those not yet put back, the first that were quarantined first. */
  waiting: async (filter: QuarantineFilter): Promise<readonly QuarantineEntry[]> => {
    const entries: QuarantineEntry[] = [];
    for (;;) {
      const last = entries.at(-1);
      const rows = await execute(
        `select ${COLUMNS} from quarantine where ${WANTED} and state <> 'reprocessed'
          and (quarantined_at, record_id) > (cast(:after as timestamptz), :afterId)
        order by quarantined_at, record_id limit ${PAGE}`,
        { ...filter, after: last?.quarantinedAt ?? '-infinity', afterId: last?.recordId ?? '' },
      );
      entries.push(...rows.map(entryOf));
      if (rows.length < PAGE) return entries;
    }
  },

  /** Says that records are back on the stream; one that has been quarantined again meanwhile stays open. */
  putBack: async (recordIds: readonly string[]): Promise<void> => {
    await execute(
      `update quarantine set state = 'reprocessed'
      where record_id = any(cast(:ids as text[])) and state = 'reprocessing'`,
      { ids: texts(recordIds) },
    );
  },
});

/**
 * Marks records as on their way back, before they are: a record that fails again while the mark is set opens again, and
 * one whose way is interrupted keeps the mark and is not forgotten.
 */
export const markReprocessing = async (execute: Execute, recordIds: readonly string[], by: string): Promise<void> => {
  await execute(
    `update quarantine
    set state = 'reprocessing', attempts = attempts + 1, reprocessed_at = now(), reprocessed_by = :by
    where record_id = any(cast(:ids as text[]))`,
    { ids: texts(recordIds), by },
  );
};

const entryOf = (row: readonly unknown[]): QuarantineEntry => {
  const [recordId, code, reason, facility, thing, received, quarantinedAt, objectKey, state, attempts] = row;
  return {
    recordId,
    code,
    reason,
    facility,
    thing,
    received,
    quarantinedAt,
    objectKey,
    state,
    attempts,
  } as QuarantineEntry;
};
