import type { MinutePage } from '#core/contracts/api/measurements';
import { minuteOfText, textOfMinute } from '#core/time';
import { poll } from '../api.ts';
import { minuteChart } from '../chart/minute-chart.ts';
import { minuteCurve } from '../chart/minute-curve.ts';
import { h, refresh } from '../dom.ts';
import { notice } from '../parts/notice.ts';
import { plantOf } from '../plants.ts';
import type { SourcePath } from './curves.ts';

const MINUTES = 180;
const POLL_SECONDS = 30;

export interface RecentMinutes {
  readonly element: HTMLElement;
  newestIs(minute: string): void;
}

/** The last three hours of a channel, minute by minute. */
export const recentMinutes = (path: SourcePath, signal: AbortSignal): RecentMinutes => {
  const chart = minuteChart(plantOf(path.facility).utcOffsetMinutes, signal);
  const choice = h('div', { class: 'curve-controls' });
  const message = h('div', null, h('p', { class: 'empty' }, 'No minute is stored yet.'));
  chart.element.hidden = true;
  let newest: string | undefined;
  let page: MinutePage | undefined;
  let channel: string | undefined;
  let asked = new AbortController();

  const show = (): void => {
    if (!page) return;
    const { channels } = page;
    const column = Math.max(
      0,
      channels.findIndex((each) => each.channel === channel),
    );
    const choose = (event: Event) => {
      channel = (event.target as HTMLSelectElement).value;
      show();
    };
    refresh(
      choice,
      h(
        'label',
        { class: 'curve-choice' },
        h('span', { class: 'out-of-sight' }, 'Channel'),
        h(
          'select',
          { onchange: choose },
          channels.map((each, i) =>
            h(
              'option',
              { value: each.channel, selected: i === column },
              `${each.channel}: ${each.parameter}, ${each.unit}`,
            ),
          ),
        ),
      ),
    );
    const list = choice.querySelector('select');
    if (list) list.selectedIndex = column;
    const curve = minuteCurve(page, column);
    refresh(message, !curve && h('p', { class: 'empty' }, 'No minute of the last three hours is stored.'));
    chart.element.hidden = !curve;
    if (curve) chart.show(curve);
  };
  return {
    element: h(
      'section',
      { class: 'panel', 'aria-label': 'Minutes' },
      h('h2', null, 'The last three hours, minute by minute'),
      choice,
      message,
      chart.element,
    ),
    newestIs(minute) {
      if (minute === newest) return;
      newest = minute;
      asked.abort();
      asked = new AbortController();
      const end = minuteOfText(minute) + 1;
      const query = { from: textOfMinute(end - MINUTES), until: textOfMinute(end), limit: MINUTES };
      poll(
        'minutes',
        { params: path, query },
        {
          seconds: POLL_SECONDS,
          signal: AbortSignal.any([signal, asked.signal]),
          show(answer) {
            page = answer;
            show();
          },
          failed: (problem) => refresh(message, notice('bad', problem.message)),
        },
      );
    },
  };
};
