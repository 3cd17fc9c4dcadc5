/** Marks of the charts, drawn alike on the canvas and in the legend: SVG paths about 10 across, their middle at 0,0. */
export interface Mark {
  /** Lines; with the ground of the chart inside where it is `hollow`. */
  readonly outline?: string;
  readonly hollow?: boolean;
  /** Filled with the colour. */
  readonly filled?: string;
  /** Name of its colour, a custom property of the style sheet. */
  readonly colour: string;
}

/** The shapes are those of the symbols in words of state: a full, a half and an empty circle, a diamond, a triangle. */
export const MARKS = {
  measured: { filled: 'M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0Z', colour: '--chart-value' },
  substituted: {
    outline: 'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z',
    hollow: true,
    filled: 'M0-4a4 4 0 0 0 0 8Z',
    colour: '--chart-substituted',
  },
  'substitute-due': { outline: 'M0-4.5L4.5 0L0 4.5L-4.5 0Z', hollow: true, colour: '--chart-due' },
  'not-operating': { outline: 'M-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0Z', hollow: true, colour: '--chart-quiet' },
  exceeded: { filled: 'M0-5L5.5 4.5L-5.5 4.5Z', colour: '--chart-exceeded' },
  'left-out': { outline: 'M-3-3L3 3M3-3L-3 3', colour: '--chart-due' },
} as const satisfies Record<string, Mark>;

export type MarkName = keyof typeof MARKS;

/** A colour of the style sheet as it is now: it changes with the colour scheme. */
export const colour = (property: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(property).trim();

/** @param ratio canvas pixels in a pixel of the page */
export const drawMark = (on: CanvasRenderingContext2D, name: MarkName, x: number, y: number, ratio: number): void => {
  const { outline, hollow, filled, colour: property }: Mark = MARKS[name];
  on.save();
  on.translate(x, y);
  on.scale(ratio, ratio);
  on.lineWidth = 1.6;
  on.setLineDash([]);
  on.strokeStyle = colour(property);
  if (outline !== undefined) {
    const lines = new Path2D(outline);
    on.fillStyle = colour('--chart-ground');
    if (hollow) on.fill(lines);
    on.stroke(lines);
  }
  on.fillStyle = on.strokeStyle;
  if (filled !== undefined) on.fill(new Path2D(filled));
  on.restore();
};
