import type { Answer } from '../api.ts';
import { type Child, h } from '../dom.ts';
import { durationText } from '../format/duration.ts';
import { counted } from '../format/figure.ts';
import { GAP_SIGNS } from '../format/state.ts';
import { plantOf } from '../plants.ts';
import { linkTo } from '../router.ts';
import { checkedUntil, completeSince } from './complete.ts';
import { badge } from './signs.ts';
import { table } from './table.ts';
import { timeOf } from './times.ts';

export type Continuity = Answer<'continuity'>['facilities'][number];
type Gap = Continuity['gaps'][number];

const minutesOf = ({ from, until }: Gap): number => (Date.parse(until) - Date.parse(from)) / 60_000;

/** Since when the data of each facility are complete, and what is missing of them. */
export const continuityPanel = (facilities: readonly Continuity[]): Child =>
  facilities.length === 0
    ? h('p', { class: 'empty' }, 'No facility has been checked yet.')
    : facilities.map((each) =>
        h(
          'div',
          { class: 'continuity', 'data-key': each.facility },
          h(
            'div',
            { class: 'head' },
            h('h3', null, h('a', { href: linkTo(['facilities', each.facility]) }, plantOf(each.facility).name)),
            h(
              'p',
              { class: 'quiet small' },
              each.checkedUntil === null
                ? null
                : ['plant time: complete since ', completeSince(each), ', ', checkedUntil(each)],
            ),
          ),
          gapsOf(each),
          each.gapsLeftOut > 0
            ? h('p', { class: 'quiet' }, `${counted(each.gapsLeftOut, 'older gap')} not shown: ew continuity`)
            : null,
        ),
      );

const gapsOf = (each: Continuity): Child => {
  if (each.gaps.length > 0) return gapTable(each);
  return h('p', { class: 'quiet' }, each.checkedUntil === null ? '○ Not checked yet.' : '● No gap is open.');
};

const gapTable = ({ facility, gaps }: Continuity): HTMLElement =>
  table(
    `Gaps of ${plantOf(facility).name}`,
    [
      {
        head: 'Source',
        subject: true,
        cell: ({ source }) => h('a', { href: linkTo(['facilities', facility, 'sources', source]) }, source),
      },
      { head: 'Class', cell: (gap) => badge(GAP_SIGNS[gap.class]) },
      { head: 'From, plant time', cell: ({ from }) => timeOf(from, facility) },
      { head: 'Length', cell: (gap) => durationText(minutesOf(gap)) },
      { head: 'Reason', cell: ({ text }) => text },
    ],
    gaps,
    ({ source, from }) => `${source} ${from}`,
  );
