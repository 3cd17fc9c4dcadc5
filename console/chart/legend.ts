import { h, svg } from '../dom.ts';
import { counted } from '../format/figure.ts';
import { marksMeasured } from './draw-hours.ts';
import { CURVE_SIGNS } from './hour-words.ts';
import { drawnLimits, type HourlyCurve, stateCounts } from './hourly-curve.ts';
import { dashOf } from './limit-styles.ts';
import { MARKS, type Mark, type MarkName } from './marks.ts';

const picture = (...shapes: SVGElement[]): SVGElement =>
  svg(
    'svg',
    { class: 'legend-mark', viewBox: '-14 -8 28 16', width: 28, height: 16, 'aria-hidden': 'true' },
    ...shapes,
  );

export const markPicture = (name: MarkName): SVGElement => {
  const { outline, hollow, filled, colour }: Mark = MARKS[name];
  const paint = `var(${colour})`;
  return picture(
    ...(outline
      ? [
          svg('path', {
            d: outline,
            style: { fill: hollow ? 'var(--chart-ground)' : 'none', stroke: paint, 'stroke-width': '1.6' },
          }),
        ]
      : []),
    ...(filled ? [svg('path', { d: filled, style: { fill: paint } })] : []),
  );
};

const linePicture = (colour: string, width: number, dash: readonly number[]): SVGElement =>
  picture(
    svg('path', {
      d: 'M-14 0H14',
      style: { stroke: `var(${colour})`, 'stroke-width': String(width), 'stroke-dasharray': dash.join(' ') || 'none' },
    }),
  );

const windowPicture = (): SVGElement =>
  picture(
    svg('rect', {
      x: -13,
      y: -7,
      width: 26,
      height: 14,
      style: { fill: 'var(--chart-window)', stroke: 'var(--chart-window-edge)' },
    }),
  );

const entry = (key: string, image: SVGElement, text: string): HTMLElement =>
  h('li', { 'data-key': key }, image, h('span', null, text));

const STATES = ['measured', 'substituted', 'substitute-due', 'not-operating'] as const;

/** What the lines and marks of a chart mean, in words; marks that do not occur are left out. */
export const legendOf = (curve: HourlyCurve): HTMLElement => {
  const counts = stateCounts(curve);
  const marked = marksMeasured(curve);
  const limits = drawnLimits(curve);
  const named = (rule: string) => (limits.length > 1 ? ` (${rule})` : '');
  const over = limits.some(({ exceeded }) => exceeded.includes(true));
  return h(
    'ul',
    { class: 'legend', 'aria-label': 'Legend' },
    entry(
      'value',
      linePicture('--chart-value', 1.3, []),
      marked ? 'hourly value' : `hourly value, measured where no mark stands, ${counts.measured} h`,
    ),
    limits.flatMap(({ rule, operatingHours }, place) => [
      entry(
        `average ${rule}`,
        linePicture('--chart-average', 2, place === 0 ? [] : dashOf(place)),
        `average over ${counted(operatingHours, 'operating hour')}${named(rule)}`,
      ),
      entry(`limit ${rule}`, linePicture('--chart-limit', 2, dashOf(place)), `limit${named(rule)}`),
    ]),
    limits.length > 0 &&
      entry(
        'window',
        windowPicture(),
        limits.length > 1
          ? 'averaging windows of the hour under the cursor'
          : 'averaging window of the hour under the cursor',
      ),
    STATES.filter((state) => counts[state] > 0 && (marked || state !== 'measured')).map((state) =>
      entry(state, markPicture(state), `${CURVE_SIGNS[state].word.toLowerCase()}, ${counts[state]} h`),
    ),
    over && entry('exceeded', markPicture('exceeded'), 'average over the limit'),
  );
};
