import { poll } from '../api.ts';
import { h, refresh } from '../dom.ts';
import { offsetText } from '../format/plant-time.ts';
import { FACILITY_SIGNS } from '../format/state.ts';
import type { Page } from '../page.ts';
import { behind, checkedUntil, completeSince } from '../parts/complete.ts';
import { alarmsOf, whatOf } from '../parts/facility-card.ts';
import { heading } from '../parts/heading.ts';
import { badge } from '../parts/signs.ts';
import { sourceCard } from '../parts/source-card.ts';
import { tiles } from '../parts/tiles.ts';
import { age, timeOf } from '../parts/times.ts';
import { plantOf } from '../plants.ts';
import { linkTo } from '../router.ts';

const SECONDS = 5;

export const facilityPage: Page = {
  title: ({ facility = '' }) => plantOf(facility).name,
  show(container, { facility = '' }, signal) {
    poll(
      'facility',
      { params: { facility } },
      {
        seconds: SECONDS,
        signal,
        show(detail) {
          const { state, lastMinute, lastHeard } = detail;
          const sign = FACILITY_SIGNS[state];
          refresh(
            container,
            heading(
              {
                title: detail.name,
                what: `${whatOf(detail)} · plant clock ${offsetText(detail.utcOffsetMinutes)}`,
                crumbs: [{ words: 'Fleet', href: '#/' }],
              },
              badge(sign, 'large'),
              h('a', { class: 'button', href: linkTo(['exceedances'], { facility }) }, 'Exceedances'),
              h('a', { class: 'button', href: linkTo(['facilities', facility, 'settings']) }, 'Alarm settings'),
            ),
            h(
              'div',
              { class: 'stack' },
              tiles(
                {
                  name: 'Open alarms',
                  value: alarmsOf(detail),
                  tone: detail.openAlarms > 0 ? 'bad' : undefined,
                },
                {
                  name: 'Behind',
                  value: behind(detail),
                  more: lastMinute === null ? null : ['data to ', timeOf(lastMinute, facility)],
                  tone: state === 'stopped' ? 'bad' : undefined,
                },
                { name: 'Last heard', value: lastHeard === null ? 'never' : age(lastHeard) },
                {
                  name: 'Complete since',
                  value: completeSince(detail),
                  more: checkedUntil(detail),
                  words: true,
                },
              ),
              h('h2', null, 'Sources'),
              h(
                'div',
                { class: 'panels' },
                detail.sourceList.map((each) => sourceCard(facility, each)),
              ),
            ),
          );
        },
      },
    );
  },
};
