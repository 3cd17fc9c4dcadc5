import type { Canonical } from '#core/evidence/canonical-json';
import type { Database, Execute } from './data-api.ts';
import { appendAudit, type Change } from './data-api-audit.ts';

/** Who does what to what, and why. */
export interface Deed {
  readonly who: string;
  readonly action: string;
  readonly subject: string;
  readonly why: string | undefined;
}

export interface Changed<T> {
  readonly result: T;
  readonly before: Canonical;
  readonly after: Canonical;
}

const entryOf = ({ who, action, subject, why }: Deed) => ({ who, action, subject, why: why ?? null });

/** Changes the database and records it, both or neither. A change that turns out to be none (`undefined`) is not recorded. */
export const inAuditedTransaction = <T>(
  database: Database,
  deed: Deed,
  work: (execute: Execute) => Promise<Changed<T> | undefined>,
): Promise<T | undefined> =>
  database.transaction(async (execute) => {
    const changed = await work(execute);
    if (!changed) return undefined;
    const { before, after, result } = changed;
    await appendAudit(execute, { ...entryOf(deed), outcome: 'done', begun: null, before, after });
    return result;
  });

const append = (database: Database, change: Change): Promise<number> =>
  database.transaction((execute) => appendAudit(execute, change));

/**
 * Changes something outside of the database: what is intended is on record before it begins, and how it ended after. An
 * interrupted change leaves an entry that has begun and not ended.
 */
export const audited = async <T>(
  database: Database,
  deed: Deed,
  before: Canonical,
  work: () => Promise<{ readonly result: T; readonly after: Canonical }>,
): Promise<T> => {
  const entry = entryOf(deed);
  const begun = await append(database, { ...entry, outcome: 'begun', begun: null, before, after: null });
  const end = (outcome: 'done' | 'failed', after: Canonical) =>
    append(database, { ...entry, outcome, begun, before, after });
  let done: Awaited<ReturnType<typeof work>>;
  try {
    done = await work();
  } catch (error) {
    await end('failed', { error: String((error as Error).message).slice(0, 500) });
    throw error;
  }
  await end('done', done.after);
  return done.result;
};
