import type { LatestMinute } from '#core/contracts/api/measurements';
import { h } from '../dom.ts';
import { figure } from '../format/figure.ts';
import { readingSign } from '../format/reading-status.ts';
import { badge } from '../parts/signs.ts';
import { age, endOf, timeOf } from '../parts/times.ts';

type LiveChannel = LatestMinute['channels'][number];

const BASIS_WORDS: Readonly<Record<LiveChannel['basis'], string>> = { wet: 'wet', dry: 'dry', none: '' };

/** Where a reading lies in the range of its analyser. The words beside say the same. */
const rangeBar = ({ value, range: { low, high } }: LiveChannel): HTMLElement => {
  const share = value === null || high <= low ? 0 : (value - low) / (high - low);
  const outside = value !== null && (share < 0 || share > 1);
  return h(
    'div',
    { class: 'range' },
    h(
      'div',
      { class: outside ? 'range-bar outside' : 'range-bar', 'aria-hidden': 'true' },
      value !== null && h('span', { style: { left: `${Math.min(1, Math.max(0, share)) * 100}%` } }),
    ),
    h('p', { class: 'quiet small' }, `range ${figure(low)} to ${figure(high)}`),
  );
};

const channelRow = (channel: LiveChannel, facility: string): HTMLElement => {
  const { value, unit, basis, status, meaning, lastValid } = channel;
  const valid = status === 'V';
  return h(
    'tr',
    { 'data-key': channel.channel },
    h('th', { scope: 'row' }, channel.channel, h('span', { class: 'quiet small' }, ` ${channel.parameter}`)),
    h(
      'td',
      { class: 'number live-value', 'data-label': 'Reading' },
      h(
        'span',
        null,
        h('strong', { class: valid ? null : 'doubtful' }, figure(value)),
        h('small', null, ` ${unit}${BASIS_WORDS[basis] && `, ${BASIS_WORDS[basis]}`}`),
      ),
    ),
    h('td', { 'data-label': 'In its range' }, rangeBar(channel)),
    h(
      'td',
      { 'data-label': 'Status' },
      h(
        'span',
        null,
        badge(readingSign(status, meaning)),
        !valid &&
          h(
            'span',
            { class: 'quiet small last-valid' },
            lastValid === null ? 'none valid for a day' : ['last valid ', timeOf(lastValid, facility)],
          ),
      ),
    ),
  );
};

const fact = (term: string, ...description: readonly (Node | string)[]): HTMLElement =>
  h('div', { class: 'tile' }, h('dt', null, term), h('dd', { class: 'words' }, ...description));

/** The newest minute: each channel with its status, and whether and how hard the unit runs. */
export const liveValues = (latest: LatestMinute, facility: string): HTMLElement[] => {
  const { minute, firedSeconds, grossLoad, channels } = latest;
  if (minute === null) return [h('p', { class: 'empty' }, 'No minute of this source is stored yet.')];
  return [
    h(
      'dl',
      { class: 'tiles' },
      fact('Minute', timeOf(minute, facility)),
      fact('Age', age(endOf(minute))),
      fact(
        'Fuel burned',
        firedSeconds === null ? '–' : firedSeconds === 0 ? '0 s: not running' : `${firedSeconds} of 60 s`,
      ),
      fact('Gross load', grossLoad === null ? '–' : `${figure(grossLoad)} MW`),
    ),
    h(
      'table',
      { class: 'cards live' },
      h('caption', { class: 'out-of-sight' }, 'Newest readings'),
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          h('th', { scope: 'col' }, 'Channel'),
          h('th', { scope: 'col', class: 'number' }, 'Reading'),
          h('th', { scope: 'col' }, 'In its range'),
          h('th', { scope: 'col' }, 'Status'),
        ),
      ),
      h(
        'tbody',
        null,
        channels.map((channel) => channelRow(channel, facility)),
      ),
    ),
  ];
};
