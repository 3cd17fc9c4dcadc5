import type { FacilitySummary } from '#core/contracts/api/facilities';
import { poll } from '../api.ts';
import { type Child, h, kept, refresh } from '../dom.ts';
import { counted } from '../format/figure.ts';
import { averageWords } from '../format/headroom.ts';
import { FACILITY_SIGNS } from '../format/state.ts';
import type { Page } from '../page.ts';
import { announce } from '../parts/announce.ts';
import { behind, checkedUntil, completeSince } from '../parts/complete.ts';
import { alarmsOf, facilityCard, whatOf } from '../parts/facility-card.ts';
import { field } from '../parts/form.ts';
import { heading } from '../parts/heading.ts';
import { bar } from '../parts/limit-bar.ts';
import { badge } from '../parts/signs.ts';
import { sourceCard } from '../parts/source-card.ts';
import { table } from '../parts/table.ts';
import { rememberPlants } from '../plants.ts';
import { linkTo } from '../router.ts';

type State = FacilitySummary['state'];

const SECONDS = 5;
const WORST_FIRST: readonly State[] = ['stopped', 'exceedance', 'warning', 'ok'];
/** So many facilities have room as cards; more become a table. */
const MOST_CARDS = 6;
/** From here on there is something to search in. */
const SEARCHED_FROM = 5;

/** The worst first, then the nearest to a limit. */
const byUrgency = (a: FacilitySummary, b: FacilitySummary): number =>
  WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state) ||
  (b.worstHeadroom?.share ?? 0) - (a.worstHeadroom?.share ?? 0) ||
  a.name.localeCompare(b.name);

const matches = ({ name, facility, orisCode }: FacilitySummary, text: string): boolean =>
  [name, facility, String(orisCode ?? '')].some((each) => each.toLowerCase().includes(text.trim().toLowerCase()));

/** Says the changes of state since the last look. */
const changesSaid = () => {
  const before = new Map<string, State>();
  return (facilities: readonly FacilitySummary[]) => {
    const changes = facilities.filter(({ facility, state }) => before.has(facility) && before.get(facility) !== state);
    if (changes.length > 0)
      announce(changes.map(({ name, state }) => `${name}: ${FACILITY_SIGNS[state].word}`).join('. '));
    for (const { facility, state } of facilities) before.set(facility, state);
  };
};

export const fleetPage: Page = {
  title: () => 'Fleet',
  show(container, _params, signal) {
    let all: readonly FacilitySummary[] = [];
    let wanted: State | undefined;
    let sources: Child = null;
    let followed: string | undefined;
    const search = h('input', {
      type: 'search',
      oninput: () => draw(),
      autocomplete: 'off',
      placeholder: 'Name or ORIS code',
    });
    const finder = h('div', { class: 'filter' }, field('Find a facility', search));
    const say = changesSaid();

    const draw = () => {
      const found = all.filter(
        (each) => matches(each, search.value) && (wanted === undefined || each.state === wanted),
      );
      refresh(
        container,
        heading({ title: 'Fleet', what: counted(all.length, 'facility', 'facilities') }, stateButtons()),
        all.length >= SEARCHED_FROM ? kept('finder', finder) : null,
        found.length === 0
          ? h(
              'p',
              { class: 'empty' },
              all.length === 0
                ? 'No facility has a monitoring plan here yet, or none is yours to see.'
                : 'No facility is so.',
            )
          : null,
        all.length <= MOST_CARDS
          ? h('div', { class: 'panels wide', 'data-key': 'cards' }, found.map(facilityCard))
          : h('div', { class: 'panel', 'data-key': 'table' }, fleetTable(found)),
        sources,
      );
    };
    const stateButtons = (): Child =>
      all.length < 2
        ? null
        : WORST_FIRST.map((state) => {
            const count = all.filter((each) => each.state === state).length;
            if (count === 0 && wanted !== state) return null;
            const { symbol, word } = FACILITY_SIGNS[state];
            return h(
              'button',
              {
                type: 'button',
                'data-key': state,
                'aria-pressed': wanted === state ? 'true' : 'false',
                onclick: () => {
                  wanted = wanted === state ? undefined : state;
                  draw();
                },
              },
              h('span', { 'aria-hidden': 'true' }, symbol),
              `${count} ${word.toLowerCase()}`,
            );
          });
    /** Where there is but one facility, its sources are what people came for. */
    const followOnly = () => {
      const [only] = all;
      if (!only || all.length > 1 || followed === only.facility) return;
      followed = only.facility;
      poll(
        'facility',
        { params: { facility: only.facility } },
        {
          seconds: SECONDS,
          signal,
          show({ facility, sourceList }) {
            sources = [
              h('h2', { class: 'above', 'data-key': 'sources' }, 'Sources'),
              h(
                'div',
                { class: 'panels', 'data-key': 'source-cards' },
                sourceList.map((each) => sourceCard(facility, each)),
              ),
            ];
            draw();
          },
        },
      );
    };
    poll(
      'facilities',
      { query: { limit: 1000 } },
      {
        seconds: SECONDS,
        signal,
        show({ facilities }) {
          rememberPlants(facilities);
          all = facilities.toSorted(byUrgency);
          say(all);
          followOnly();
          draw();
        },
      },
    );
  },
};

const fleetTable = (facilities: readonly FacilitySummary[]): HTMLElement =>
  table(
    'Facilities',
    [
      {
        head: 'Facility',
        subject: true,
        cell: (each) => [
          h('a', { href: linkTo(['facilities', each.facility]) }, each.name),
          h('div', { class: 'quiet small' }, whatOf(each)),
        ],
      },
      { head: 'State', cell: ({ state }) => badge(FACILITY_SIGNS[state]) },
      {
        head: 'Nearest limit',
        cell: ({ worstHeadroom }) =>
          worstHeadroom === null
            ? h('span', { class: 'quiet' }, 'no average yet')
            : [
                bar(worstHeadroom.record),
                h('div', { class: 'small' }, `${worstHeadroom.source}: ${averageWords(worstHeadroom.record)}`),
              ],
      },
      { head: 'Open alarms', cell: alarmsOf },
      { head: 'Behind', cell: behind },
      {
        head: 'Complete since',
        cell: (each) => [completeSince(each), h('div', { class: 'quiet small' }, checkedUntil(each))],
      },
    ],
    facilities,
    ({ facility }) => facility,
  );
