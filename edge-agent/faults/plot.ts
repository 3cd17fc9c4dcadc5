import { textOfMinute } from '#core/time';
import { type Fault, titleOf } from './script.ts';
import type { FaultSeries, MessageSeries, ReadingSeries } from './series.ts';

const WIDTH = 720;
const HEIGHT = 140;
const LEFT = 70;
const TOP = 24;
const BOTTOM = 20;
const PLOT_WIDTH = WIDTH - LEFT - 10;
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;

const number = (value: number): string => Number(value.toPrecision(4)).toString();

interface Frame {
  readonly xOf: (value: number) => string;
  readonly yOf: (value: number) => string;
  readonly axes: string;
}

const frame = (
  [left, right]: readonly [number, number],
  [low, high]: readonly [number, number],
  labels: { readonly x: readonly [string, string]; readonly y: readonly [string, string] },
): Frame => {
  const xOf = (value: number) => (LEFT + ((value - left) / Math.max(1, right - left)) * PLOT_WIDTH).toFixed(1);
  const yOf = (value: number) =>
    (TOP + (1 - (high > low ? (value - low) / (high - low) : 0.5)) * PLOT_HEIGHT).toFixed(1);
  const text = (x: number, y: number, anchor: string, words: string) =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`;
  const axes = [
    `<path class="axis" d="M${LEFT} ${TOP}V${TOP + PLOT_HEIGHT}H${LEFT + PLOT_WIDTH}"/>`,
    text(LEFT - 4, TOP + 8, 'end', labels.y[1]),
    text(LEFT - 4, TOP + PLOT_HEIGHT, 'end', labels.y[0]),
    text(LEFT, HEIGHT - 6, 'start', labels.x[0]),
    text(LEFT + PLOT_WIDTH, HEIGHT - 6, 'end', labels.x[1]),
  ].join('');
  return { xOf, yOf, axes };
};

/** A line through the values, broken where there are none. */
const path = (values: readonly (number | null)[], { xOf, yOf }: Frame, name: string): string => {
  let d = '';
  let pen = 'M';
  for (const [i, value] of values.entries()) {
    if (value === null) pen = 'M';
    else {
      d += `${pen}${xOf(i)} ${yOf(value)}`;
      pen = 'L';
    }
  }
  return `<path class="${name}" d="${d}"/>`;
};

const readingPanel = ({ source, channel, from, was, sent }: ReadingSeries): [string, string] => {
  const known = [...was, ...sent].filter((value) => value !== null);
  const low = known.length > 0 ? Math.min(...known) : 0;
  const high = known.length > 0 ? Math.max(...known) : 0;
  const at = frame([0, was.length - 1], [low, high], {
    x: [textOfMinute(from), textOfMinute(from + was.length - 1)],
    y: [number(low), number(high)],
  });
  return [`${source} ${channel}`, at.axes + path(was, at, 'was') + path(sent, at, 'sent')];
};

const messagePanel = ({ arrivals }: MessageSeries): [string, string] => {
  const starts = arrivals.map(({ start }) => start);
  const times = arrivals.map(({ sentAt }) => sentAt);
  const [low, high] = [Math.min(...starts), Math.max(...starts)];
  const [left, right] = [Math.min(...times), Math.max(...times)];
  const at = frame([left, right], [low, high], {
    x: [textOfMinute(left), textOfMinute(right)],
    y: [textOfMinute(low).slice(11, 16), textOfMinute(high).slice(11, 16)],
  });
  const dots = arrivals.map(({ start, sentAt }) => `<circle cx="${at.xOf(sentAt)}" cy="${at.yOf(start)}" r="2"/>`);
  return ['minute of each message, by the time it is sent', at.axes + dots.join('')];
};

/** One panel a fault: grey as it was, red as it was sent. */
export const plot = (faults: readonly (readonly [Fault, FaultSeries])[]): string => {
  const panels = faults.map(([fault, series], i) => {
    const [title, content] = series.kind === 'readings' ? readingPanel(series) : messagePanel(series);
    return `<g transform="translate(0 ${i * HEIGHT})"><text class="title" x="${LEFT}" y="14">${titleOf(fault)}: ${title}</text>${content}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${faults.length * HEIGHT}" font-family="sans-serif" font-size="10">
<style>rect{fill:#fff}path{fill:none}.axis{stroke:#999}.was{stroke:#aaa}.sent{stroke:#c22}circle{fill:#c22}.title{font-size:12px}</style>
<rect width="100%" height="100%"/>
${panels.join('\n')}
</svg>
`;
};
