import { h } from '../dom.ts';
import { averagingWindow } from './averaging-window.ts';
import { drawExceededHours, drawHourMarks, HOUR_S, writeLimits } from './draw-hours.ts';
import { drawnLimits, type HourlyCurve } from './hourly-curve.ts';
import { dashOf } from './limit-styles.ts';
import { colour } from './marks.ts';
import { scaleOf } from './scale.ts';
import { type Drawing, type WalkableChartOptions, walkableChart } from './walkable-chart.ts';

export interface HourChart {
  readonly element: HTMLElement;
  /** Draws a curve of at least one hour; the cursor keeps its hour, and stays with the newest when it stood there. */
  show(curve: HourlyCurve, label: string): void;
}

const DAY = 24;

const drawingOf = (curve: HourlyCurve): Drawing => {
  const { low, high } = scaleOf(curve);
  return {
    start: (curve.hours[0] ?? 0) * HOUR_S,
    step: HOUR_S,
    count: curve.hours.length,
    lines: [
      { values: curve.values, look: { stroke: () => colour('--chart-value'), width: 1.3 } },
      ...drawnLimits(curve).flatMap(({ averages, limits }, place) => [
        {
          values: averages,
          look: {
            stroke: () => colour('--chart-average'),
            width: 2,
            dash: place === 0 ? [] : dashOf(place),
            // No window ends while the unit stands still: a line through those hours would say that one does.
            spanGaps: false,
          },
        },
        {
          values: limits,
          look: { stroke: () => colour('--chart-limit'), width: 2, dash: dashOf(place), spanGaps: true },
        },
      ]),
    ],
    low,
    high,
    behind: (plot) => drawExceededHours(plot, curve),
    inFront: (plot) => {
      drawHourMarks(plot, curve);
      writeLimits(plot, curve);
    },
  };
};

/** Hourly values with their averages and limits; the windows of the averages at the cursor are shaded. */
export const hourChart = (options: Omit<WalkableChartOptions, 'stride' | 'heights'>): HourChart => {
  let shown: HourlyCurve | undefined;
  let place = 0;

  const shadeOf = (curve: HourlyCurve, operatingHours: number): HTMLElement | undefined => {
    const window = averagingWindow(curve, operatingHours, place);
    if (!window) return undefined;
    const left = chart.leftOf((curve.hours[window.from] ?? 0) * HOUR_S);
    const right = chart.leftOf(((curve.hours[window.to] ?? 0) + 1) * HOUR_S);
    return h('div', {
      class: window.complete ? 'chart-window' : 'chart-window begins-earlier',
      style: { left: `${left}px`, width: `${right - left}px` },
    });
  };
  const placeShades = (): void => {
    if (!shown) return;
    const curve = shown;
    chart.under.replaceChildren(...drawnLimits(curve).flatMap((limit) => shadeOf(curve, limit.operatingHours) ?? []));
  };
  const chart = walkableChart({
    ...options,
    stride: DAY,
    heights: [250, 330],
    onMove(at, by) {
      place = at;
      placeShades();
      options.onMove(at, by);
    },
  });

  return {
    element: chart.element,
    show(curve, label) {
      const stood = shown !== undefined && place < shown.hours.length - 1 ? shown.hours[place] : undefined;
      const kept = stood === undefined ? -1 : curve.hours.indexOf(stood);
      shown = curve;
      chart.show(drawingOf(curve), label, kept >= 0 ? kept : curve.hours.length - 1);
    },
  };
};
