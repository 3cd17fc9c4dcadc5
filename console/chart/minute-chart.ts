import uPlot from 'uplot';
import { h } from '../dom.ts';
import { announce } from '../parts/announce.ts';
import { markPicture } from './legend.ts';
import { colour, drawMark, type MarkName } from './marks.ts';
import { type MinuteCurve, type MinuteState, minuteWords } from './minute-curve.ts';
import { type Drawing, walkableChart } from './walkable-chart.ts';

const MINUTE_S = 60;
const QUARTER = 15;
const MARK_SPACE = 8;

const MARK_OF: Readonly<Partial<Record<MinuteState, MarkName>>> = {
  'left-out': 'left-out',
  'not-operating': 'not-operating',
};

const drawMarks = (plot: uPlot, curve: MinuteCurve): void => {
  const ratio = uPlot.pxRatio;
  const bottom = plot.bbox.top + plot.bbox.height - 8 * ratio;
  const few = curve.states.length * MARK_SPACE < plot.bbox.width / ratio;
  let last = Number.NEGATIVE_INFINITY;
  for (const [at, state] of curve.states.entries()) {
    const name = MARK_OF[state] ?? (few && state === 'measured' ? 'measured' : undefined);
    const x = plot.valToPos((curve.first + at + 0.5) * MINUTE_S, 'x', true);
    if (name === undefined || x - last < MARK_SPACE * 0.7 * ratio) continue;
    last = x;
    const reading = curve.readings[at] ?? null;
    const low = reading === null || state === 'not-operating';
    drawMark(plot.ctx, name, x, low ? bottom : plot.valToPos(reading, 'y', true), ratio);
  }
};

/** Room around the readings; under them also for marks of minutes without one. */
const rangeOf = ({ readings, states }: MinuteCurve): [number, number] => {
  const seen = readings.filter((reading, at): reading is number => reading !== null && states[at] !== 'not-operating');
  if (seen.length === 0) return [0, 1];
  const [least, most] = [Math.min(...seen), Math.max(...seen)];
  const room = Math.max((most - least) * 0.15, Math.abs(most) * 0.02, 0.05);
  const lacking = readings.includes(null) || states.includes('not-operating');
  return [least - room * (lacking ? 2 : 1), most + room];
};

const drawingOf = (curve: MinuteCurve): Drawing => {
  const [low, high] = rangeOf(curve);
  return {
    start: curve.first * MINUTE_S,
    step: MINUTE_S,
    count: curve.readings.length,
    lines: [
      {
        values: curve.readings.map((reading, at) => (curve.states[at] === 'measured' ? reading : null)),
        look: { stroke: () => colour('--chart-value'), width: 1.6 },
      },
    ],
    low,
    high,
    inFront: (plot) => drawMarks(plot, curve),
  };
};

const legendOf = ({ states }: MinuteCurve): HTMLElement => {
  const entry = (name: MarkName, state: MinuteState, text: string) => {
    const minutes = states.filter((each) => each === state).length;
    return minutes > 0 && h('li', null, markPicture(name), h('span', null, `${text}, ${minutes} min`));
  };
  return h(
    'ul',
    { class: 'legend', 'aria-label': 'Legend' },
    entry('measured', 'measured', 'valid'),
    entry('left-out', 'left-out', 'not valid'),
    entry('not-operating', 'not-operating', 'no fuel burned'),
  );
};

export interface MinuteChart {
  readonly element: HTMLElement;
  show(curve: MinuteCurve): void;
}

/** The minutes of one channel, with a cursor that says each. */
export const minuteChart = (utcOffsetMinutes: number, signal: AbortSignal): MinuteChart => {
  const readout = h('p', { class: 'readout one-line' });
  const legend = h('div');
  let shown: MinuteCurve | undefined;
  const chart = walkableChart({
    utcOffsetMinutes,
    stride: QUARTER,
    heights: [170, 190],
    onMove(at, by) {
      if (!shown) return;
      readout.textContent = minuteWords(shown, at, utcOffsetMinutes);
      if (by === 'keys') announce(minuteWords(shown, at, utcOffsetMinutes));
    },
    signal,
  });
  return {
    element: h('div', { class: 'minute-chart', 'data-keep': true }, readout, chart.element, legend),
    show(curve) {
      shown = curve;
      legend.replaceChildren(legendOf(curve));
      chart.show(
        drawingOf(curve),
        `${curve.channel}, ${curve.unit}, minute by minute. Arrow keys move over the minutes.`,
        curve.readings.length - 1,
      );
    },
  };
};
