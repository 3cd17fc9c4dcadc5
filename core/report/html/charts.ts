import type { ReportDay } from '../../contracts/quarterly-report.ts';
import { html, type Markup } from './markup.ts';
import { monthName, number } from './words.ts';

/*
 * Charts of a quarter, a unit of width a day. The drawing is stretched to the room there is, so all that must keep its
 * shape (texts) stands beside it as HTML, and lines keep their width.
 */

/** Height of a plot in its own units. */
const TALL = 100;

export interface ChartText {
  readonly title: string;
  readonly unit: string;
  /** What somebody hears who cannot see it. */
  readonly says: string;
}

const STEPS = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The next round number that is not less. */
export const roundUp = (value: number): number => {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = STEPS.find((one) => one * power >= value * (1 - 1e-12)) ?? 10;
  return Number((step * power).toPrecision(3));
};

const at = (value: number): string => String(Math.round(value * 100) / 100);

const months = (days: readonly ReportDay[]) => {
  const found: { name: string; days: number }[] = [];
  for (const { date } of days) {
    const name = monthName(date);
    const last = found.at(-1);
    if (last?.name === name) last.days++;
    else found.push({ name, days: 1 });
  }
  return found;
};

const monthLabels = (days: readonly ReportDay[]): Markup => {
  const found = months(days);
  const widths = found.map(({ days: width }) => `${width}fr`).join(' ');
  return html`<div class="x" style="grid-template-columns:${widths}" aria-hidden="true">${found.map(({ name }) => html`<span>${name}</span>`)}</div>`;
};

const monthLines = (days: readonly ReportDay[], height: number): Markup => {
  let x = 0;
  const lines = months(days)
    .slice(0, -1)
    .map(({ days: width }) => {
      x += width;
      return `M${x} 0V${height}`;
    });
  return html`<path class="grid" d="${lines.join('')}"/>`;
};

const frame = (
  text: ChartText,
  days: readonly ReportDay[],
  top: number | undefined,
  drawing: Markup,
  options: { readonly height?: number; readonly kind: string; readonly legend: Markup },
): Markup => {
  const { height = TALL, kind, legend } = options;
  const axis =
    top === undefined
      ? html`<div class="y" aria-hidden="true"><span>0 h</span><span>24 h</span></div>`
      : html`<div class="y" aria-hidden="true"><span>${number(top)}</span><span>${number(roundHalf(top))}</span><span>0</span></div>`;
  return html`<figure class="chart ${kind}"><figcaption><b>${text.title}</b>${text.unit === '' ? '' : `, ${text.unit}`}</figcaption>
<div class="plot">${axis}<svg viewBox="0 0 ${days.length} ${height}" preserveAspectRatio="none" role="img" aria-label="${`${text.title}: ${text.says}`}">${monthLines(days, height)}${drawing}</svg></div>
${monthLabels(days)}<p class="legend">${legend}</p></figure>
`;
};

const roundHalf = (top: number) => Number((top / 2).toPrecision(4));

/** A mark below the axis or above the top, pointing at a day. */
const below = (x: number): string => `M${at(x + 0.5)} ${TALL - 6}l-.7 6h1.4z`;
const above = (x: number): string => `M${at(x + 0.5)} 6l-.7 -6h1.4z`;

export interface Columns extends ChartText {
  readonly days: readonly ReportDay[];
  readonly value: (day: ReportDay) => string | null;
  readonly kind: 'nox' | 'heat';
  /** Days on which hours without a value are left out of the column. */
  readonly lacking: (day: ReportDay) => boolean;
}

/** A column a day. */
export const columnChart = ({ days, value, kind, lacking, ...text }: Columns): Markup => {
  const values = days.map((day) => Number(value(day) ?? 0));
  const top = roundUp(Math.max(...values));
  const columns = values
    .map((height, x) => (height > 0 ? `M${at(x + 0.12)} ${TALL}V${at(TALL - (height / top) * TALL)}h.76V${TALL}z` : ''))
    .join('');
  const marks = days.map((day, x) => (lacking(day) ? below(x) : '')).join('');
  return frame(
    text,
    days,
    top,
    html`<path class="bar" d="${columns}"/>${marks === '' ? '' : html`<path class="missing" d="${marks}"/>`}<path class="axis" d="M0 ${TALL}H${days.length}"/>`,
    {
      kind,
      legend: html`${key('bar', 'sum of the day')}${marks === '' ? '' : key('missing', 'day with hours that have no value')}`,
    },
  );
};

/** A sample of a mark, and what it means. */
const key = (mark: string, meaning: string): Markup =>
  html`<span class="key"><i class="${mark}" aria-hidden="true"></i>${meaning}</span>`;

interface Point {
  readonly x: number;
  readonly low: number;
  readonly high: number;
}

/** Days on end, each run an area from its lowest to its highest. */
const band = (points: readonly (Point | undefined)[], y: (value: number) => string): string => {
  const runs: Point[][] = [];
  let open: Point[] | undefined;
  for (const point of points) {
    if (!point) {
      open = undefined;
      continue;
    }
    if (!open) {
      open = [];
      runs.push(open);
    }
    open.push(point);
  }
  return runs
    .map((run) => {
      const high = run.map(({ x, high: value }) => `H${x}V${y(value)}H${x + 1}`).join('');
      const low = [...run]
        .reverse()
        .map(({ x, low: value }) => `H${x + 1}V${y(value)}H${x}`)
        .join('');
      const [first] = run;
      return `M${first!.x} ${y(first!.high)}${high}${low}z`;
    })
    .join('');
};

/** A level line a day; broken where there is no value. */
const levels = (values: readonly (number | undefined)[], y: (value: number) => string): string =>
  values
    .map((value, x) =>
      value === undefined ? '' : `${values[x - 1] === undefined ? `M${x} ${y(value)}` : `V${y(value)}`}H${x + 1}`,
    )
    .join('');

export interface Rates extends ChartText {
  readonly days: readonly ReportDay[];
  /** Place of the limit in `averages` of a day; undefined: the hourly values alone. */
  readonly limit: number | undefined;
  /** Whether the hourly NOx rates belong to this limit. */
  readonly withHourly: boolean;
}

/** The highest average of each day against its limit, over the span of the hourly values. */
export const rateChart = ({ days, limit, withHourly, ...text }: Rates): Markup => {
  const averages = days.map((day) => (limit === undefined ? undefined : (day.averages[limit] ?? undefined)));
  const points = days.map(({ noxRate }, x) =>
    withHourly && noxRate ? { x, low: Number(noxRate.low), high: Number(noxRate.high) } : undefined,
  );
  const highs = points.map((point) => point?.high ?? 0);
  const limits = averages.map((one) => (one ? Number(one.limit) : undefined));
  const highest = averages.map((one) => (one ? Number(one.highest) : undefined));
  const top = roundUp(Math.max(...highs, ...[...limits, ...highest].map((value) => value ?? 0)) * 1.04);
  const y = (value: number) => at(TALL - (Math.max(0, value) / top) * TALL);
  const over = averages.map((one, x) => (one && Number(one.highest) > Number(one.limit) ? above(x) : '')).join('');
  const missing = days.map((day, x) => (withHourly && day.noxHoursWithoutValue > 0 ? below(x) : '')).join('');
  const path = (mark: string, d: string) => (d === '' ? '' : html`<path class="${mark}" d="${d}"/>`);
  return frame(
    text,
    days,
    top,
    html`${path('band', band(points, y))}${path('limit', levels(limits, y))}${path('average', levels(highest, y))}${path('over', over)}${path('missing', missing)}<path class="axis" d="M0 ${TALL}H${days.length}"/>`,
    {
      kind: 'rate',
      legend: html`${withHourly ? key('band', 'lowest to highest hour of the day') : ''}${limit === undefined ? '' : [key('average', 'highest average of the day'), key('limit', 'limit')]}${over === '' ? '' : key('over', 'day with an average over the limit')}${missing === '' ? '' : key('missing', 'day with hours that have no value')}`,
    },
  );
};

/** The letters of `ReportDay.hours` and what they mean; those that are drawn, with their mark. */
export const HOUR_WORDS: readonly (readonly [letter: string, mark: string, meaning: string])[] = [
  ['o', 'on', 'operating'],
  ['p', 'part', 'operating for a part of the hour'],
  ['m', 'lack', 'operating without a NOx rate'],
  ['.', 'off', 'not operating'],
  ['-', 'gone', 'not stored'],
];

/** Every hour of the quarter: a column a day, its hours from the top. */
export const hourStrip = (days: readonly ReportDay[], text: ChartText): Markup => {
  const drawn = HOUR_WORDS.filter(([letter]) => days.some(({ hours }) => hours.includes(letter)));
  const paths = drawn
    .filter(([letter]) => letter !== '.')
    .map(([letter, mark]) => {
      const d = days
        .map(({ hours }, x) =>
          runsOf(hours, letter)
            .map(([from, length]) => `M${x} ${from}h1v${length}h-1z`)
            .join(''),
        )
        .join('');
      return html`<path class="${mark}" d="${d}"/>`;
    });
  const counts = drawn.map(([letter, mark, meaning]) => {
    const hours = days.reduce((sum, day) => sum + [...day.hours].filter((one) => one === letter).length, 0);
    return key(mark, `${meaning}: ${number(hours)} h`);
  });
  return frame(text, days, undefined, html`${paths}`, { height: 24, kind: 'strip', legend: html`${counts}` });
};

const runsOf = (hours: string, letter: string): [from: number, length: number][] => {
  const runs: [number, number][] = [];
  for (let i = 0; i < hours.length; i++) {
    if (hours[i] !== letter) continue;
    const last = runs.at(-1);
    if (last && last[0] + last[1] === i) last[1]++;
    else runs.push([i, 1]);
  }
  return runs;
};
