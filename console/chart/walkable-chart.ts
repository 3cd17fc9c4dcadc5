import uPlot from 'uplot';
import { h } from '../dom.ts';
import { colour } from './marks.ts';
import { markLabels, timeMarks } from './time-axis.ts';
import { valueLabels } from './value-axis.ts';
import { listenToKeys, listenToPointer, type Walk } from './walk.ts';

/** What a chart shows: values over places of equal length in time, without a gap. */
export interface Drawing {
  /** Start of the first place and length of each, in seconds; 1970, UTC. */
  readonly start: number;
  readonly step: number;
  readonly count: number;
  /** A line each. */
  readonly lines: readonly { readonly values: readonly (number | null)[]; readonly look: uPlot.Series }[];
  readonly low: number;
  readonly high: number;
  readonly behind?: (plot: uPlot) => void;
  readonly inFront?: (plot: uPlot) => void;
}

export interface WalkableChartOptions {
  readonly utcOffsetMinutes: number;
  /** Places of a big step by keyboard. */
  readonly stride: number;
  /** Heights on narrow and on wide screens. */
  readonly heights: readonly [number, number];
  /** The cursor stands on another place, or on the same with new values (`page`). */
  readonly onMove: (at: number, by: 'keys' | 'pointer' | 'page') => void;
  /** Someone wants to know more about a place. */
  readonly onOpen?: (at: number) => void;
  readonly signal: AbortSignal;
}

export interface WalkableChart {
  readonly element: HTMLElement;
  /** Draws; the cursor goes to a place. */
  show(drawing: Drawing, label: string, at: number): void;
  /** Lies behind the curves: for what moves with the cursor. */
  readonly under: HTMLElement;
  /** Pixels from the left of the plot to a moment. */
  leftOf(seconds: number): number;
}

const FONT = '12px system-ui, sans-serif';
/** Room that a mark of the time axis takes, in pixels. */
const MARK_WIDTH = 64;
const NARROW = 560;

const axis = (rest: uPlot.Axis): uPlot.Axis => ({
  stroke: () => colour('--chart-text'),
  grid: { stroke: () => colour('--chart-grid'), width: 1 },
  ticks: { show: false },
  font: FONT,
  ...rest,
});

const axesOf = (utcOffsetMinutes: number): uPlot.Axis[] => [
  axis({
    size: 42,
    splits: (plot, _axis, from, until) =>
      timeMarks(from, until, utcOffsetMinutes, Math.max(2, plot.bbox.width / uPlot.pxRatio / MARK_WIDTH)),
    values: (_plot, marks) => markLabels(marks, utcOffsetMinutes),
  }),
  axis({
    size: (_plot, values) => 14 + 7 * Math.max(3, ...(values ?? []).map((each) => String(each).length)),
    values: (_plot, marks) => valueLabels(marks),
  }),
];

const plotOf = (
  drawing: Drawing,
  place: HTMLElement,
  { utcOffsetMinutes, heights }: WalkableChartOptions,
  ready: () => void,
): uPlot => {
  const { start, step, count, lines, low, high, behind, inFront } = drawing;
  const width = place.clientWidth || NARROW;
  return new uPlot(
    {
      width,
      height: width < NARROW ? heights[0] : heights[1],
      padding: [10, 22, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [start, start + count * step] }, y: { range: [low, high] } },
      axes: axesOf(utcOffsetMinutes),
      series: [{}, ...lines.map(({ look }) => ({ points: { show: false }, ...look }))],
      hooks: { drawClear: behind ? [behind] : [], draw: inFront ? [inFront] : [], ready: [ready] },
    },
    [Array.from({ length: count }, (_, i) => start + (i + 0.5) * step), ...lines.map(({ values }) => [...values])],
    place,
  );
};

/** A chart over which one walks with a cursor, by pointer and by keyboard. */
export const walkableChart = (options: WalkableChartOptions): WalkableChart => {
  const { stride, onMove, onOpen, signal } = options;
  const place = h('div', { class: 'chart-place' });
  const element = h(
    'div',
    { class: 'chart', tabindex: 0, role: 'application', 'aria-roledescription': 'chart' },
    place,
  );
  const under = h('div', { class: 'chart-under' });
  const cursor = h('div', { class: 'chart-cursor' });
  let plot: uPlot | undefined;
  let shown: Drawing | undefined;
  let at = 0;
  let drawn = new AbortController();

  const leftOf = (seconds: number): number => plot?.valToPos(seconds, 'x') ?? 0;
  const placeCursor = (): void => {
    if (shown) cursor.style.left = `${leftOf(shown.start + (at + 0.5) * shown.step)}px`;
  };
  const move = (to: number, by: 'keys' | 'pointer'): void => {
    if (to === at && by === 'pointer') return;
    at = to;
    placeCursor();
    onMove(at, by);
  };
  const placeAt = (left: number): number => {
    const { start, step, count } = shown ?? { start: 0, step: 1, count: 1 };
    const to = Math.floor(((plot?.posToVal(left, 'x') ?? start) - start) / step);
    return Math.min(count - 1, Math.max(0, to));
  };
  const walk: Walk = {
    element,
    at: () => at,
    count: () => shown?.count ?? 0,
    stride: () => stride,
    move,
    open: (to) => onOpen?.(to),
    signal,
  };
  const redraw = (): void => {
    if (!shown) return;
    plot?.destroy();
    drawn.abort();
    drawn = new AbortController();
    // Where things lie is known only when the plot has drawn itself.
    plot = plotOf(shown, place, options, () => {
      placeCursor();
      onMove(at, 'page');
    });
    plot.under.append(under);
    plot.over.append(cursor);
    listenToPointer(plot.over, placeAt, { ...walk, signal: drawn.signal });
  };

  listenToKeys(walk);
  const resized = new ResizeObserver(() => {
    if (place.clientWidth === 0 || place.clientWidth === plot?.width) return;
    redraw();
  });
  resized.observe(place);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot?.redraw(), { signal });
  signal.addEventListener('abort', () => {
    resized.disconnect();
    plot?.destroy();
  });

  return {
    element,
    under,
    leftOf,
    show(drawing, label, to) {
      shown = drawing;
      at = to;
      element.setAttribute('aria-label', label);
      redraw();
    },
  };
};
