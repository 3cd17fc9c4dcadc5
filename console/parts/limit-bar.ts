import type { ComplianceRecord } from '#core/contracts/compliance-record';
import { h } from '../dom.ts';
import { averageWords, headroomWords, limitLevel, shareOf, windowWords } from '../format/headroom.ts';
import { LIMIT_SIGNS } from '../format/state.ts';
import { badge } from './signs.ts';

/** The bar ends a quarter above the limit, or a little above the average where that is farther. */
const scaleOf = (share: number): number => Math.max(1.25, share * 1.08);

/** An average as a bar with the mark of its limit. The words beside it say the same. */
export const bar = (record: ComplianceRecord): HTMLElement => {
  const share = shareOf(record) ?? 0;
  const scale = scaleOf(share);
  return h(
    'div',
    {
      class: `limit-bar ${LIMIT_SIGNS[limitLevel(record)].tone}`,
      'aria-hidden': 'true',
      style: { '--filled': String(Math.max(0, share / scale)), '--mark-at': String(1 / scale) },
    },
    h('span', { class: 'fill' }),
    h('span', { class: 'mark' }),
  );
};

/** A limit: what it is, the bar, and in words how near it is and what it leaves room for. */
export const limitPanel = (record: ComplianceRecord): HTMLElement =>
  h(
    'div',
    { class: 'limit', 'data-key': record.rule },
    h(
      'div',
      { class: 'limit-head' },
      h('span', { class: 'limit-name', title: record.citation }, record.rule),
      badge(LIMIT_SIGNS[limitLevel(record)]),
    ),
    bar(record),
    h(
      'p',
      { class: 'limit-words' },
      h('strong', null, averageWords(record)),
      h('span', { class: 'quiet' }, ` over ${windowWords(record)}`),
    ),
    h('p', { class: 'limit-words' }, headroomWords(record)),
  );
