import { textOfHour } from '#core/time';
import { h } from '../dom.ts';
import { besideLimit, counted, storedFigure } from '../format/figure.ts';
import { plantHour } from '../format/plant-time.ts';
import { placesOfMany } from '../format/reporting-places.ts';
import { badge } from '../parts/signs.ts';
import { CURVE_SIGNS } from './hour-words.ts';
import { type CurveLimit, drawnLimits, type HourlyCurve } from './hourly-curve.ts';

const averageCell = ({ averages, limits, exceeded }: CurveLimit, at: number): HTMLElement => {
  const [average, limit] = [averages[at] ?? null, limits[at] ?? null];
  if (average === null || limit === null) return h('td', { class: 'number' }, '–');
  const over = exceeded[at] ?? false;
  const text = besideLimit(String(average), String(limit));
  return h('td', { class: over ? 'number over' : 'number' }, over ? h('span', null, '▲ over ') : null, text);
};

const limitCell = ({ limits }: CurveLimit, at: number): HTMLElement => {
  const limit = limits[at] ?? null;
  return h('td', { class: 'number' }, limit === null ? '–' : storedFigure(String(limit)));
};

/** So many hours stand below each other; more scroll. */
const MOST_AT_ONCE = 24;

/** The same as the chart, in figures, the newest hour first. */
export const hourTable = (
  curve: HourlyCurve,
  utcOffsetMinutes: number,
  label: string,
  hrefOf: (hour: string) => string,
): HTMLElement => {
  const limits = drawnLimits(curve);
  const decimals = placesOfMany(curve.parameter, curve.values);
  const places = curve.hours.map((_, at) => at).filter((at) => curve.states[at] !== 'not-stored');
  const scrolls = places.length > MOST_AT_ONCE;
  return h(
    'div',
    null,
    scrolls && h('p', { class: 'quiet small' }, `${counted(places.length, 'hour')}: the table scrolls.`),
    h(
      'div',
      { class: scrolls ? 'scroll tall' : 'scroll', tabindex: 0, role: 'region', 'aria-label': label },
      h(
        'table',
        { class: 'data' },
        h('caption', { class: 'out-of-sight' }, label),
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            h('th', { scope: 'col' }, 'Hour'),
            h('th', { scope: 'col', class: 'number' }, curve.unit),
            h('th', { scope: 'col' }, 'State'),
            limits.flatMap(({ rule, operatingHours }) => [
              h(
                'th',
                { scope: 'col', class: 'number' },
                limits.length > 1 ? `${rule}: ` : '',
                `average of ${operatingHours} h`,
              ),
              h('th', { scope: 'col', class: 'number' }, 'limit'),
            ]),
          ),
        ),
        h(
          'tbody',
          null,
          places.reverse().map((at) => {
            const hour = textOfHour(curve.hours[at] ?? 0);
            const value = curve.values[at] ?? null;
            return h(
              'tr',
              { 'data-key': hour },
              h('th', { scope: 'row' }, h('a', { href: hrefOf(hour) }, plantHour(hour, utcOffsetMinutes))),
              h('td', { class: 'number' }, value === null ? '–' : storedFigure(String(value), decimals)),
              h('td', null, badge(CURVE_SIGNS[curve.states[at] ?? 'not-stored'])),
              limits.flatMap((limit) => [averageCell(limit, at), limitCell(limit, at)]),
            );
          }),
        ),
      ),
    ),
  );
};
