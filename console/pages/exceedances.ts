import type { Exceedance } from '#core/contracts/exceedance';
import { api, poll } from '../api.ts';
import { h, kept, refresh } from '../dom.ts';
import { besideLimit, counted } from '../format/figure.ts';
import { exceedanceSign } from '../format/state.ts';
import { REASON_WORDS } from '../format/words.ts';
import type { Page } from '../page.ts';
import { facilityFilter } from '../parts/facility-filter.ts';
import { heading } from '../parts/heading.ts';
import { longList } from '../parts/more.ts';
import { placeOf } from '../parts/place.ts';
import { badge } from '../parts/signs.ts';
import { table } from '../parts/table.ts';
import { timeOf } from '../parts/times.ts';
import { linkTo } from '../router.ts';

const SECONDS = 10;

export const exceedancesPage: Page = {
  title: () => 'Exceedances',
  show(container, { facility }, signal) {
    const filter = facilityFilter('exceedances', facility);
    const show = longList<Exceedance>(
      async (cursor) => {
        const { exceedances, next } = await api('exceedances', { query: { facility, cursor } });
        return { rows: exceedances, next };
      },
      ({ id }) => id,
      (rows, more) =>
        refresh(
          container,
          heading({ title: 'Exceedances', what: 'Averages over a limit, each from its first window to its last' }),
          filter && h('div', { class: 'filter' }, kept('facility-filter', filter)),
          h(
            'div',
            { class: 'panel' },
            rows.length === 0 ? h('p', { class: 'empty' }, '● No limit has been exceeded.') : exceedanceTable(rows),
            more,
          ),
        ),
    );
    poll(
      'exceedances',
      { query: { facility } },
      { seconds: SECONDS, signal, show: ({ exceedances, next }) => show({ rows: exceedances, next }) },
    );
  },
};

/** What people still owe it. */
const owed = ({ state, mergedInto, acknowledgedAt, reason }: Exceedance): string => {
  if (mergedInto !== null) return `merged into #${mergedInto}`;
  if (state === 'retracted') return 'taken back by a recomputation';
  if (acknowledgedAt === null) return 'not acknowledged';
  return reason === null ? 'reason not given' : REASON_WORDS[reason];
};

const exceedanceTable = (exceedances: readonly Exceedance[]): HTMLElement =>
  table(
    'Exceedances',
    [
      {
        head: 'Limit',
        subject: true,
        cell: ({ id, rule, citation }) => [
          h('a', { href: linkTo(['exceedances', id]) }, rule),
          h('div', { class: 'quiet small' }, citation),
        ],
      },
      { head: 'State', cell: (exceedance) => badge(exceedanceSign(exceedance)) },
      { head: 'Where', cell: placeOf },
      {
        head: 'Worst average',
        cell: ({ worstAverage, limit, unit }) => [
          h('strong', null, besideLimit(worstAverage, limit)),
          ` of ${limit} ${unit}`,
        ],
      },
      {
        head: 'From',
        cell: ({ firstWindowEnd, facility, windows }) => [
          timeOf(firstWindowEnd, facility),
          h('div', { class: 'quiet small' }, counted(windows, 'window')),
        ],
      },
      { head: 'Reason', cell: owed },
    ],
    exceedances,
    ({ id }) => id,
  );
