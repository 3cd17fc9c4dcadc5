import { type Child, h } from '../dom.ts';
import { plantOf } from '../plants.ts';
import { linkTo } from '../router.ts';

/** A source, or a facility as a whole, as a way to its page. */
export const placeOf = ({ facility, source }: { readonly facility: string; readonly source: string | null }): Child => [
  h('a', { href: linkTo(['facilities', facility]) }, plantOf(facility).name),
  source === null ? null : [' · ', h('a', { href: linkTo(['facilities', facility, 'sources', source]) }, source)],
];
