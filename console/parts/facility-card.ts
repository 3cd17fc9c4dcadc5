import type { FacilitySummary } from '#core/contracts/api/facilities';
import { type Child, h } from '../dom.ts';
import { counted } from '../format/figure.ts';
import { averageWords, headroomWords } from '../format/headroom.ts';
import { FACILITY_SIGNS } from '../format/state.ts';
import { linkTo } from '../router.ts';
import { behind, checkedUntil, completeSince } from './complete.ts';
import { bar } from './limit-bar.ts';
import { badge } from './signs.ts';
import { timeOf } from './times.ts';

/** What a facility is, in one line. */
export const whatOf = ({ orisCode, sources, operating }: FacilitySummary): string =>
  [
    orisCode === null ? undefined : `ORIS ${orisCode}`,
    `${counted(sources, 'source')}, ${operating === 0 ? 'none' : operating} operating`,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');

/** The limit that is nearest, with its bar and its words. */
export const nearestLimit = ({ worstHeadroom, facility }: FacilitySummary): Child =>
  worstHeadroom === null
    ? h('p', { class: 'quiet' }, 'No limit has an average yet.')
    : h(
        'div',
        { class: 'limit' },
        h(
          'div',
          { class: 'limit-head' },
          h('span', { class: 'quiet small' }, 'Nearest limit'),
          h(
            'a',
            { class: 'small', href: linkTo(['facilities', facility, 'sources', worstHeadroom.source]) },
            `${worstHeadroom.source} · ${worstHeadroom.record.rule}`,
          ),
        ),
        bar(worstHeadroom.record),
        h('p', { class: 'limit-words' }, h('strong', null, averageWords(worstHeadroom.record))),
        h('p', { class: 'limit-words' }, headroomWords(worstHeadroom.record)),
      );

export const alarmsOf = ({ facility, openAlarms }: FacilitySummary): Child =>
  openAlarms === 0 ? 'none' : h('a', { href: linkTo(['alarms'], { facility }) }, counted(openAlarms, 'alarm'));

const fact = (name: string, value: Child, more: Child = null): HTMLElement =>
  h(
    'div',
    { class: 'value' },
    h('dt', null, name),
    h('dd', null, value),
    more ? h('dd', { class: 'under' }, h('small', null, more)) : null,
  );

/** A facility at a glance. */
export const facilityCard = (summary: FacilitySummary): HTMLElement => {
  const { facility, name, state, lastMinute } = summary;
  return h(
    'article',
    { class: `panel edge ${FACILITY_SIGNS[state].tone}`, 'data-key': facility },
    h(
      'div',
      { class: 'head' },
      h('h2', null, h('a', { href: linkTo(['facilities', facility]) }, name)),
      badge(FACILITY_SIGNS[state], 'large'),
    ),
    h('p', { class: 'quiet small' }, whatOf(summary)),
    nearestLimit(summary),
    h(
      'dl',
      { class: 'values three' },
      fact('Open alarms', alarmsOf(summary)),
      fact('Behind', behind(summary), lastMinute === null ? null : ['data to ', timeOf(lastMinute, facility)]),
      fact('Complete since', completeSince(summary), checkedUntil(summary)),
    ),
  );
};
