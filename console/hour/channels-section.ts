import type { ExplainedHour } from '#core/contracts/api/measurements';
import { h } from '../dom.ts';
import { leftOutWords } from '../format/reading-status.ts';

/** The mean of each channel over the hour, with what was left out of it. */
export const channelsSection = ({ hour, minutes }: ExplainedHour): HTMLElement => {
  const units = new Map(
    minutes.channels.map(({ channel, unit, basis }) => [channel, basis === 'none' ? unit : `${unit}, ${basis}`]),
  );
  const operating = Number(hour.operatingTime) > 0;
  return h(
    'section',
    { class: 'panel', 'aria-label': 'Channels' },
    h('h2', null, 'Means of the channels'),
    h(
      'table',
      { class: 'cards' },
      h('caption', { class: 'out-of-sight' }, 'Means of the channels'),
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          ...['Channel', 'Mean', 'Valid minutes', 'Left out'].map((text) => h('th', { scope: 'col' }, text)),
        ),
      ),
      h(
        'tbody',
        null,
        Object.entries(hour.channels).map(([name, { average, validMinutes, leftOut }]) =>
          h(
            'tr',
            null,
            h('th', { scope: 'row', id: `channel-${name}`, tabindex: -1 }, name),
            h(
              'td',
              { 'data-label': 'Mean' },
              h(
                'span',
                null,
                average === null
                  ? h('strong', null, operating ? 'not a valid hour' : 'not operating')
                  : [h('strong', null, average), h('small', null, ` ${units.get(name) ?? ''}`)],
              ),
            ),
            h('td', { 'data-label': 'Valid minutes' }, h('span', null, String(validMinutes))),
            h('td', { 'data-label': 'Left out' }, h('span', null, leftOutWords(leftOut) || 'nothing')),
          ),
        ),
      ),
    ),
  );
};
