import { h } from '../dom.ts';
import type { Sign } from '../format/state.ts';

/** A state with its symbol and its word. The symbol is for the eye; the word is what is read out. */
export const badge = ({ tone, symbol, word }: Sign, size: 'large' | 'normal' = 'normal'): HTMLElement =>
  h(
    'span',
    { class: `badge ${tone}${size === 'large' ? ' large' : ''}` },
    h('span', { class: 'symbol', 'aria-hidden': 'true' }, symbol),
    h('span', null, word),
  );
