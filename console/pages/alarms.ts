import type { Alarm } from '#core/contracts/alarm';
import { api, poll } from '../api.ts';
import { type Child, h, kept, refresh } from '../dom.ts';
import { alarmSign } from '../format/state.ts';
import { ALARM_WORDS } from '../format/words.ts';
import type { Page } from '../page.ts';
import { facilityFilter } from '../parts/facility-filter.ts';
import { heading } from '../parts/heading.ts';
import { longList } from '../parts/more.ts';
import { placeOf } from '../parts/place.ts';
import { badge } from '../parts/signs.ts';
import { table } from '../parts/table.ts';
import { age, timeOf } from '../parts/times.ts';
import { linkTo } from '../router.ts';

const SECONDS = 5;

/** Alarms of the plants: those that are open, or all. */
export const alarmsPage: Page = {
  title: () => 'Alarms',
  show(container, { facility, state: asked }, signal) {
    const state = asked === 'all' ? 'all' : 'open';
    const filter = facilityFilter('alarms', facility, { state: asked });
    const show = longList<Alarm>(
      async (cursor) => {
        const { alarms, next } = await api('alarms', { query: { facility, state, cursor } });
        return { rows: alarms, next };
      },
      ({ id }) => id,
      (rows, more) =>
        refresh(
          container,
          heading(
            { title: 'Alarms', what: 'Of the plants; alarms on the system itself are on the pipeline page' },
            stateLink('Open', 'open', state, facility),
            stateLink('All', 'all', state, facility),
          ),
          filter && h('div', { class: 'filter' }, kept('facility-filter', filter)),
          h(
            'div',
            { class: 'panel' },
            rows.length === 0 ? h('p', { class: 'empty' }, emptyWords(state)) : alarmTable(rows),
            more,
          ),
        ),
    );
    poll(
      'alarms',
      { query: { facility, state } },
      { seconds: SECONDS, signal, show: ({ alarms, next }) => show({ rows: alarms, next }) },
    );
  },
};

const emptyWords = (state: 'open' | 'all'): string =>
  state === 'open' ? '● No alarm is open.' : 'There never was an alarm.';

const stateLink = (words: string, state: string, now: string, facility: string | undefined): HTMLElement =>
  h(
    'a',
    { class: 'button', href: linkTo(['alarms'], { state, facility }), 'aria-current': state === now ? 'true' : null },
    words,
  );

const alarmTable = (alarms: readonly Alarm[]): HTMLElement =>
  table(
    'Alarms',
    [
      {
        head: 'Alarm',
        subject: true,
        cell: ({ id, text, kind, subject }) => [
          h('a', { href: linkTo(['alarms', id]) }, text),
          h('div', { class: 'quiet small' }, ALARM_WORDS[kind], subject === '' ? null : ` · ${subject}`),
        ],
      },
      { head: 'State', cell: (alarm) => badge(alarmSign(alarm)) },
      { head: 'Where', cell: placeOf },
      {
        head: 'When, plant time',
        cell: ({ minute, facility, raisedAt }) => [
          h('div', null, 'began ', timeOf(minute, facility)),
          h('div', { class: 'quiet small' }, 'raised ', age(raisedAt)),
        ],
      },
      { head: 'Seen by', cell: ({ acknowledgedBy }): Child => acknowledgedBy ?? 'nobody yet' },
    ],
    alarms,
    ({ id }) => id,
  );
