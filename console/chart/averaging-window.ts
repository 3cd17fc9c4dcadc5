import type { CurveState, HourlyCurve } from './hourly-curve.ts';

/** Places of the first and the last hour of an averaging window in a curve. */
export interface AveragingWindow {
  readonly from: number;
  readonly to: number;
  /** False: the window begins before the curve does, and `from` is the curve's first hour. */
  readonly complete: boolean;
}

const OPERATING: ReadonlySet<CurveState> = new Set(['measured', 'substituted', 'substitute-due']);

/**
 * The window of so many operating hours that ends at an hour, or at the last operating hour before it; undefined when
 * the curve has no operating hour until there.
 */
export const averagingWindow = (
  { states }: Pick<HourlyCurve, 'states'>,
  operatingHours: number,
  at: number,
): AveragingWindow | undefined => {
  let to: number | undefined;
  let from = at;
  let count = 0;
  for (let i = at; i >= 0 && count < operatingHours; i--) {
    const state = states[i];
    if (state === undefined || !OPERATING.has(state)) continue;
    to ??= i;
    from = i;
    count++;
  }
  if (to === undefined) return undefined;
  return count === operatingHours ? { from, to, complete: true } : { from: 0, to, complete: false };
};
