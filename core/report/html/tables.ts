import { html, type Markup } from './markup.ts';

export interface Column {
  readonly name: string;
  /** Words are aligned to the left, numbers to the right. */
  readonly text?: boolean;
}

/** A table that scrolls by itself where it is wider than the page, also by keyboard. The first column names the row. */
export const table = (
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly (Markup | string)[])[],
): Markup => {
  const kind = (i: number) => (columns[i]!.text ? html` class="text"` : html``);
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${columns.map(({ name }, i) => html`<th scope="col"${kind(i)}>${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([first = '', ...cells]) =>
      html`<tr><th scope="row">${first}</th>${cells.map((cell, i) => html`<td${kind(i + 1)}>${cell}</td>`)}</tr>
`,
  )}</tbody></table></div>
`;
};
