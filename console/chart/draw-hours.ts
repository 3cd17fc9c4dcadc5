import uPlot from 'uplot';
import { storedFigure } from '../format/figure.ts';
import { drawnLimits, type HourlyCurve } from './hourly-curve.ts';
import { colour, drawMark, type MarkName } from './marks.ts';
import { runsOf } from './runs.ts';
import { scaleOf } from './scale.ts';

/** Least distance between two marks, in pixels: nearer ones would be one smear. */
const MARK_SPACE = 9;
/** Up to so many hours, each measured one has a mark; of more, it is a line without marks. */
const MOST_MARKED = 60;

/** Whether measured hours have marks of their own. */
export const marksMeasured = ({ hours }: HourlyCurve): boolean => hours.length <= MOST_MARKED;

export const HOUR_S = 3600;
export const middleOf = (hour: number): number => (hour + 0.5) * HOUR_S;

const across = (plot: uPlot, seconds: number): number => plot.valToPos(seconds, 'x', true);

/** Behind the lines: the hours in which an average is over its limit. */
export const drawExceededHours = (plot: uPlot, curve: HourlyCurve): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = colour('--chart-exceeded-ground');
  for (const { exceeded } of drawnLimits(curve))
    for (const { from, to } of runsOf(exceeded.length, (i) => exceeded[i] ?? false)) {
      const left = across(plot, (curve.hours[from] ?? 0) * HOUR_S);
      const right = across(plot, ((curve.hours[to] ?? 0) + 1) * HOUR_S);
      ctx.fillRect(left, bbox.top, Math.max(right - left, uPlot.pxRatio), bbox.height);
    }
  ctx.restore();
};

/** Between two hours without a value: no line leads to it. */
const standsAlone = ({ values }: HourlyCurve, at: number): boolean =>
  (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null;

/** In front of the lines: how each hour came about, and where an average is over its limit. */
export const drawHourMarks = (plot: uPlot, curve: HourlyCurve): void => {
  const ratio = uPlot.pxRatio;
  const bottom = plot.bbox.top + plot.bbox.height - 8 * ratio;
  const all = marksMeasured(curve);
  const last = new Map<string, number>();
  const mark = (name: MarkName, at: number, y: number): void => {
    const x = across(plot, middleOf(curve.hours[at] ?? 0));
    if (x - (last.get(name) ?? Number.NEGATIVE_INFINITY) < MARK_SPACE * ratio) return;
    last.set(name, x);
    drawMark(plot.ctx, name, x, y, ratio);
  };
  for (const [at, state] of curve.states.entries()) {
    if (state === 'not-stored') continue;
    const value = curve.values[at] ?? null;
    if (value === null || state === 'not-operating') mark(state, at, bottom);
    else if (all || state !== 'measured' || standsAlone(curve, at)) mark(state, at, plot.valToPos(value, 'y', true));
  }
  for (const { exceeded } of drawnLimits(curve))
    for (const [at, over] of exceeded.entries()) if (over) mark('exceeded', at, plot.bbox.top + 9 * ratio);
};

/** Height of a line of text, in pixels. */
const LINE = 16;

/** The limits by their names at the start of their lines; one far above the rest only as an arrow. */
export const writeLimits = (plot: uPlot, curve: HourlyCurve): void => {
  const { ctx, bbox } = plot;
  const ratio = uPlot.pxRatio;
  const { limitsAbove } = scaleOf(curve);
  const named = drawnLimits(curve).flatMap(({ rule, limits }) => {
    const limit = limits.at(-1) ?? null;
    if (limit === null) return [];
    const above = limitsAbove.includes(limit);
    const text = `${rule} limit ${storedFigure(String(limit))}`;
    const y = above ? bbox.top + LINE * ratio : plot.valToPos(limit, 'y', true) - 3 * ratio;
    return [{ text: above ? `↑ ${text}, above this scale` : text, y }];
  });
  ctx.save();
  ctx.setLineDash([]);
  ctx.font = `600 ${12 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  ctx.lineWidth = 4 * ratio;
  ctx.lineJoin = 'round';
  ctx.strokeStyle = colour('--chart-ground');
  ctx.fillStyle = colour('--chart-limit');
  let last = Number.NEGATIVE_INFINITY;
  for (const { text, y } of named.sort((a, b) => a.y - b.y)) {
    // Of two limits next to each other, the lower one has its name under its line.
    const at = y - last < LINE * ratio ? Math.max(last + LINE * ratio, y + (LINE + 4) * ratio) : y;
    last = at;
    ctx.strokeText(text, bbox.left + 6 * ratio, at);
    ctx.fillText(text, bbox.left + 6 * ratio, at);
  }
  ctx.restore();
};
