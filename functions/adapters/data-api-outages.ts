import type { Database, Execute } from './data-api.ts';

export interface OutageDeclaration {
  readonly facility: string;
  /** null: every source of the facility. */
  readonly source: string | null;
  /** Counted from 1970 in UTC; `until` is the minute after the last. */
  readonly from: number;
  readonly until: number;
  readonly why: string;
  readonly declaredBy: string;
}

export interface Outage extends OutageDeclaration {
  readonly id: number;
  /** ISO 8601, UTC; null: it counts. */
  readonly withdrawnAt: string | null;
}

const COLUMNS = `outage_id, facility, source, from_minute, until_minute, why, declared_by,
  to_char(withdrawn_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

/** `unknown-facility` and `unknown-source`: there is none of that name to declare an outage for. */
export type Declared = { readonly id: number; readonly known: boolean } | 'unknown-facility' | 'unknown-source';

/** Declares an outage. The same one again, not withdrawn meanwhile, stays what it is: `known`. */
export const declareOutage = async (execute: Execute, outage: OutageDeclaration): Promise<Declared> => {
  const { facility, source, from, until, why, declaredBy } = outage;
  // The facility's row is the lock: of two equal declarations at a time the second sees the first.
  const [exists] = await execute('select 1 from facility where facility = :facility for update', { facility });
  if (!exists) return 'unknown-facility';
  const [known] = await execute(
    `select exists (select from source where facility = :facility and source = :source), (
      select outage_id from declared_outage where facility = :facility and source is not distinct from :source
        and from_minute = :from and until_minute = :until and withdrawn_at is null limit 1)`,
    { facility, source, from, until },
  );
  const [sourceExists, id] = known as readonly [boolean, number | null];
  if (source !== null && !sourceExists) return 'unknown-source';
  if (id !== null) return { id, known: true };
  const [row] = await execute(
    `insert into declared_outage (facility, source, from_minute, until_minute, why, declared_by)
    values (:facility, :source, :from, :until, :why, :declaredBy) returning outage_id`,
    { facility, source, from, until, why, declaredBy },
  );
  return { id: row![0] as number, known: false };
};

/**
 * Withdraws a declaration, and sets the continuity check of its facility back to where it begins. Undefined when there is none of that number; one withdrawn before comes
 * back as it was.
 */
export const withdrawOutage = async (
  execute: Execute,
  id: number,
): Promise<{ readonly outage: Outage; readonly withdrawn: boolean } | undefined> => {
  const [row] = await execute(`select ${COLUMNS} from declared_outage where outage_id = :id for update`, { id });
  if (!row) return undefined;
  const outage = outageOf(row);
  if (outage.withdrawnAt !== null) return { outage, withdrawn: false };
  await execute('update declared_outage set withdrawn_at = now() where outage_id = :id', { id });
  await execute('update continuity_checked set until_minute = least(until_minute, :from) where facility = :facility', {
    facility: outage.facility,
    from: outage.from,
  });
  return { outage, withdrawn: true };
};

export interface OutageFilter {
  readonly facility: string | null;
  readonly withdrawn: boolean;
  readonly limit: number;
}

/** Declarations, the latest first. */
export const listOutages = async (
  { execute }: Pick<Database, 'execute'>,
  { facility, withdrawn, limit }: OutageFilter,
): Promise<readonly Outage[]> => {
  const rows = await execute(
    `select ${COLUMNS} from declared_outage
    where (cast(:facility as text) is null or facility = :facility) and (:withdrawn or withdrawn_at is null)
    order by until_minute desc, outage_id desc limit :limit`,
    { facility, withdrawn, limit },
  );
  return rows.map(outageOf);
};

const outageOf = (row: readonly unknown[]): Outage => {
  const [id, facility, source, from, until, why, declaredBy, withdrawnAt] = row;
  return { id, facility, source, from, until, why, declaredBy, withdrawnAt } as Outage;
};
