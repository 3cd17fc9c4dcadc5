import { type Child, h } from '../dom.ts';
import type { Tone } from '../format/state.ts';

export interface Tile {
  readonly name: string;
  readonly value: Child;
  /** A word or two under it. */
  readonly more?: Child;
  readonly tone?: Tone | undefined;
  /** Words and times are smaller than figures. */
  readonly words?: boolean;
}

/** Large figures in a row. */
export const tiles = (...all: readonly Tile[]): HTMLElement =>
  h(
    'dl',
    { class: 'tiles' },
    all.map(({ name, value, more, tone, words }) =>
      h(
        'div',
        { class: `tile ${tone ?? ''}`, 'data-key': name },
        h('dt', null, name),
        h('dd', { class: words ? 'words' : '' }, value),
        more ? h('dd', { class: 'under' }, h('small', null, more)) : null,
      ),
    ),
  );

/** Names and what they are. */
export const facts = (...all: readonly (readonly [string, Child] | null)[]): HTMLElement =>
  h(
    'dl',
    { class: 'facts' },
    all.flatMap((fact) => (fact === null ? [] : [h('dt', null, fact[0]), h('dd', null, fact[1])])),
  );
