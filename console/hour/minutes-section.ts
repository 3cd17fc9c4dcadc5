import type { ExplainedHour, StoredMinute } from '#core/contracts/api/measurements';
import { minuteChart } from '../chart/minute-chart.ts';
import { minuteCurve } from '../chart/minute-curve.ts';
import { h } from '../dom.ts';
import { plantMinute } from '../format/plant-time.ts';
import { letterWords, readingSign } from '../format/reading-status.ts';

type Minutes = ExplainedHour['minutes'];

const readingCell = (reading: number | null, letter: string): HTMLElement => {
  const { tone, symbol, word } = readingSign(letter);
  return h(
    'td',
    { class: letter === 'V' ? null : 'doubtful' },
    h('span', { class: 'number' }, reading === null ? '–' : String(reading)),
    ' ',
    h('span', { class: `letter ${tone}` }, h('span', { 'aria-hidden': 'true' }, `${symbol} `), `${letter} ${word}`),
  );
};

const minuteRow = (
  { minute, firedSeconds, grossLoad, readings, statuses }: StoredMinute,
  offset: number,
): HTMLElement =>
  h(
    'tr',
    null,
    h('th', { scope: 'row' }, h('time', { datetime: minute, title: minute }, plantMinute(minute, offset))),
    h('td', { class: 'number' }, firedSeconds),
    h('td', { class: 'number' }, grossLoad === null ? '–' : String(grossLoad)),
    readings.map((reading, i) => readingCell(reading, statuses[i] ?? '.')),
  );

const minuteTable = ({ channels, minutes }: Minutes, offset: number): HTMLElement =>
  h(
    'div',
    { class: 'scroll tall', tabindex: 0, role: 'region', 'aria-label': 'Minutes of the hour' },
    h(
      'table',
      { class: 'data' },
      h('caption', { class: 'out-of-sight' }, 'Minutes of the hour'),
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          h('th', { scope: 'col' }, 'Minute'),
          h('th', { scope: 'col', class: 'number' }, 'Fired, s'),
          h('th', { scope: 'col', class: 'number' }, 'Load'),
          channels.map(({ channel, unit, basis }) =>
            h('th', { scope: 'col' }, `${channel}, ${unit}${basis === 'none' ? '' : ` ${basis}`}`),
          ),
        ),
      ),
      h(
        'tbody',
        null,
        minutes.map((minute) => minuteRow(minute, offset)),
      ),
    ),
  );

/** The minutes behind an hour: a channel as a chart, all of them as a table. */
export const minutesSection = (minutes: Minutes, offset: number, signal: AbortSignal): HTMLElement => {
  const chart = minuteChart(offset, signal);
  const show = (column: number): void => {
    const curve = minuteCurve(minutes, column);
    if (curve) chart.show(curve);
  };
  const letters = new Set(minutes.minutes.flatMap(({ statuses }) => [...statuses]).filter((letter) => letter !== 'V'));
  const section = h(
    'section',
    { class: 'panel', 'aria-label': 'Minutes' },
    h('h2', null, 'The minutes behind it'),
    minutes.minutes.length === 0
      ? h(
          'p',
          { class: 'empty' },
          'The minutes are no longer at hand: they are kept for 13 months here, and for 7 years in the archive.',
        )
      : [
          h(
            'div',
            { class: 'curve-controls' },
            h(
              'label',
              { class: 'curve-choice' },
              h('span', { class: 'out-of-sight' }, 'Channel'),
              h(
                'select',
                { onchange: (event: Event) => show((event.target as HTMLSelectElement).selectedIndex) },
                minutes.channels.map(({ channel, parameter, unit }) =>
                  h('option', null, `${channel}: ${parameter}, ${unit}`),
                ),
              ),
            ),
          ),
          chart.element,
          h(
            'details',
            null,
            h('summary', null, `All ${minutes.minutes.length} minutes as a table`),
            letters.size > 0 &&
              h(
                'p',
                { class: 'quiet small' },
                `Not valid here: ${[...letters].map((letter) => `${letter} ${letterWords(letter)}`).join(', ')}.`,
              ),
            minuteTable(minutes, offset),
          ),
        ],
  );
  show(0);
  return section;
};
