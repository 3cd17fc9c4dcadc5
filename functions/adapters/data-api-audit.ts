import { createHash } from 'node:crypto';
import { type AuditEntry, documentOf, hashedText, NO_HASH, type StoredEntry } from '#core/audit/entry';
import type { Database, Execute } from './data-api.ts';
import { jsonPage, type Page } from './json-page.ts';

/** An answer may hold 1 MiB. */
const READ_BYTES = 900_000;
const READ_ENTRIES = 1000;

export type Change = Omit<AuditEntry, 'v' | 'entry' | 'at'>;

/**
 * Adds an entry at the end of the audit trail, inside the caller's transaction: where it fails, nothing was recorded
 * because nothing was done. Others that add entries wait until that transaction ends.
 * @throws RangeError when the entry is too long to be read back
 */
export const appendAudit = async (execute: Execute, change: Change, now: () => number = Date.now): Promise<number> => {
  await execute(LOCK);
  const [last] = await execute('select entry, hash from audit_entry order by entry desc limit 1');
  const [lastEntry, previousHash] = (last ?? [0, NO_HASH]) as [number, string];
  const entry = lastEntry + 1;
  const document = documentOf({ v: 1, entry, at: new Date(now()).toISOString(), ...change });
  await execute(
    'insert into audit_entry (entry, previous_hash, document, hash) values (:entry, :previousHash, :document, :hash)',
    { entry, previousHash, document, hash: sha256(hashedText(previousHash, document)) },
  );
  return entry;
};

export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** The same lock as that of the table's trigger. */
const LOCK = "select cast(pg_advisory_xact_lock(hashtextextended('emissionwatch audit', 0)) as text)";

export interface AuditFilter {
  /** Not before, ISO. */
  readonly since: string | null;
  readonly subject: string | null;
  readonly limit: number;
}

/** The audit trail in Aurora. */
export const dataApiAudit = ({ execute }: Pick<Database, 'execute'>) => ({
  /** Every entry, in order. */
  entries: async function* (): AsyncGenerator<StoredEntry> {
    for (let after = 0; ; ) {
      const rows = await execute(PAGE, { after, limit: READ_ENTRIES });
      for (const [entry, previousHash, document, hash] of rows as readonly [number, string, string, string][]) {
        yield { entry, previousHash, document, hash };
        after = entry;
      }
      if (rows.length === 0) return;
    }
  },

  /** The newest entries that fit, the newest first. */
  newest: async ({ since, subject, limit }: AuditFilter): Promise<readonly AuditEntry[]> => {
    const rows = await execute(NEWEST, { since, subject, limit });
    return rows.map(([document]) => JSON.parse(document as string) as AuditEntry);
  },

  /** Entries before that number, the newest first, each with its hash. */
  before: (entry: number, limit: number): Promise<Page<NumberedEntry>> =>
    jsonPage(
      execute,
      `select json_build_object('entry', entry, 'hash', hash, 'document', cast(document as json)) as document
      from audit_entry where entry < :entry order by entry desc`,
      { entry },
      limit,
    ),
});

export interface NumberedEntry {
  readonly entry: number;
  readonly hash: string;
  readonly document: AuditEntry;
}

const PAGE = `
select entry, previous_hash, document, hash
from (
  select *, sum(octet_length(document) + 300) over (order by entry) as bytes
  from (select * from audit_entry where entry > :after order by entry limit :limit) as next
) as sized
where bytes <= ${READ_BYTES} order by entry`;

const NEWEST = `
select document
from (
  select entry, document, sum(octet_length(document) + 50) over (order by entry desc) as bytes
  from (
    select entry, document from audit_entry
    where (cast(:since as text) is null or at >= :since) and (cast(:subject as text) is null or subject = :subject)
    order by entry desc limit :limit
  ) as found
) as sized
where bytes <= ${READ_BYTES} order by entry desc`;
