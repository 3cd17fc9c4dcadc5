import { type Child, h } from '../dom.ts';
import { wordsOf } from './notice.ts';

interface Chunk<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

/**
 * A list whose first page is live and whose further pages come when asked for. A row that has moved on to a further
 * page stands there once.
 */
export const longList = <Row>(
  further: (cursor: string) => Promise<Chunk<Row>>,
  key: (row: Row) => string | number,
  draw: (rows: readonly Row[], more: Child) => void,
): ((first: Chunk<Row>) => void) => {
  let first: Chunk<Row> = { rows: [], next: null };
  let rest: Chunk<Row> | undefined;
  const show = (note: Child = null) => {
    const held = new Set(first.rows.map(key));
    const next = rest ? rest.next : first.next;
    const button =
      next === null
        ? null
        : h('button', { type: 'button', 'data-key': 'more', onclick: () => void load(next) }, 'Show more');
    draw([...first.rows, ...(rest?.rows ?? []).filter((row) => !held.has(key(row)))], [button, note]);
  };
  const load = async (cursor: string) => {
    try {
      const chunk = await further(cursor);
      rest = { rows: [...(rest?.rows ?? []), ...chunk.rows], next: chunk.next };
      show();
    } catch (error) {
      show(h('p', { class: 'failure', role: 'alert' }, wordsOf(error)));
    }
  };
  return (chunk) => {
    first = chunk;
    show();
  };
};
