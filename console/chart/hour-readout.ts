import { h, refresh } from '../dom.ts';
import { announce } from '../parts/announce.ts';
import { badge } from '../parts/signs.ts';
import { type HourWords, spokenHour } from './hour-words.ts';

export interface HourReadout {
  readonly element: HTMLElement;
  /** @param spoken whether the words are spoken too: those of an hour that someone walked to by keyboard */
  show(words: HourWords, href: string, spoken: boolean): void;
}

/** What the cursor of a chart stands on. */
export const hourReadout = (): HourReadout => {
  const element = h('div', { class: 'readout', 'data-keep': true });
  return {
    element,
    show(words, href, spoken) {
      const { when, value, sign, averages } = words;
      refresh(
        element,
        h('p', { class: 'readout-when' }, when),
        h('p', { class: 'readout-value' }, h('strong', null, value ?? 'no value'), ' ', badge(sign)),
        averages.map(({ rule, text, exceeded }) =>
          h(
            'p',
            { class: exceeded ? 'readout-average over' : 'readout-average' },
            exceeded ? '▲ ' : '',
            averages.length > 1 ? `${rule}: ` : '',
            text,
          ),
        ),
        sign.word !== 'Not stored' && h('p', { class: 'readout-link' }, h('a', { href }, 'How this hour was made')),
      );
      if (spoken) announce(spokenHour(words));
    },
  };
};
