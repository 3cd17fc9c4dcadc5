import type { Row } from './data-api.ts';

/** Rows an answer: with some 200 bytes each it stays under the 1 MiB that an answer may hold. */
export const PAGE = 4000;

/** Everything that a statement finds, read by pages of `page` rows: each goes on after the last item of the one before. */
export const everyPage = async <T>(
  read: (after: T | undefined) => Promise<readonly Row[]>,
  toItem: (row: Row) => T,
  page = PAGE,
): Promise<T[]> => {
  const items: T[] = [];
  for (;;) {
    const rows = await read(items.at(-1));
    for (const row of rows) items.push(toItem(row));
    if (rows.length < page) return items;
  }
};
