import { type Child, h } from '../dom.ts';

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => Child;
  /** To the right, so that digits stand under each other. */
  readonly number?: boolean;
  /** What the row is about. */
  readonly subject?: boolean;
}

/** A table; on a narrow screen each row becomes a card with the column's name before each cell. */
export const table = <Row>(
  name: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  key: (row: Row) => string | number,
): HTMLElement =>
  h(
    'table',
    { class: 'cards', 'aria-label': name },
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        columns.map(({ head, number }) => h('th', { scope: 'col', class: number ? 'number' : null }, head)),
      ),
    ),
    h(
      'tbody',
      null,
      rows.map((row) =>
        h(
          'tr',
          { 'data-key': key(row) },
          columns.map((column) => cellOf(column, row)),
        ),
      ),
    ),
  );

const cellOf = <Row>({ head, cell, number, subject }: Column<Row>, row: Row): HTMLElement =>
  subject
    ? h('th', { scope: 'row' }, cell(row))
    : h('td', { 'data-label': head, class: number ? 'number' : null }, h('div', null, cell(row)));
