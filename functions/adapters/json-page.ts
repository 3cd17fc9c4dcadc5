import type { Execute, SqlValue } from './data-api.ts';

/** An answer of the Data API may hold 1 MiB, in which each quotation mark of a document takes two places. */
const READ_BYTES = 700_000;
/**
 * Documents travel together in rows of about this size: rows are what an answer is slow to make, and one of them may
 * have 64 KB.
 */
const ROW_BYTES = 10_000;

export interface Page<T> {
  readonly items: readonly T[];
  /** There are more behind the last one. */
  readonly more: boolean;
}

/**
 * As many documents as were asked for and fit into an answer.
 * @param select gives a column `document` (json or jsonb) in its order, without a limit
 */
export const jsonPage = async <T>(
  execute: Execute,
  select: string,
  parameters: Readonly<Record<string, SqlValue>>,
  limit: number,
): Promise<Page<T>> => {
  const rows = await execute(
    `select '[' || string_agg(document, ',' order by place) || ']', max(found)
    from (
      select document, place, count(*) over () as found, octet_length(document) as own,
        sum(octet_length(document) + 60) over (order by place) as bytes
      from (select cast(document as text) as document, row_number() over () as place
        from (${select} limit :pageLimit) as given) as placed
    ) as sized
    where place < :pageLimit and bytes <= ${READ_BYTES}
    group by (bytes - own) / ${ROW_BYTES} order by min(place)`,
    { ...parameters, pageLimit: limit + 1 },
  );
  const items = rows.flatMap(([documents]) => JSON.parse(documents as string) as T[]);
  return { items, more: ((rows[0]?.[1] ?? 0) as number) > items.length };
};
