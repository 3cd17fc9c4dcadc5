import { drawnLimits, type HourlyCurve } from './hourly-curve.ts';

/** The vertical scale of a curve. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Limits so far above everything that drawing them would press the curve flat. */
  readonly limitsAbove: readonly number[];
}

/** Room over the highest point, and under zero for the marks of hours without a value. */
const HEADROOM = 1.1;
const STRIP = 0.1;
const FARTHEST_LIMIT = 4;

const highest = (values: Iterable<number | null>): number => {
  let most = 0;
  for (const value of values) if (value !== null && value > most) most = value;
  return most;
};

/** From zero on, so that half as high is half as much. */
export const scaleOf = (curve: HourlyCurve): Scale => {
  const limits = drawnLimits(curve);
  const data = Math.max(highest(curve.values), ...limits.map(({ averages }) => highest(averages)));
  const tops = limits.map(({ limits }) => highest(limits)).filter((limit) => limit > 0);
  const limitsAbove = data > 0 ? tops.filter((limit) => limit > data * FARTHEST_LIMIT) : [];
  const top = Math.max(data, ...tops.filter((limit) => !limitsAbove.includes(limit)));
  const high = (top > 0 ? top : 1) * HEADROOM;
  const lowest = curve.values.reduce<number>((least, value) => Math.min(least, value ?? 0), 0);
  const quiet = curve.states.some((state) => state === 'not-operating' || state === 'substitute-due');
  return { low: lowest - (quiet ? high * STRIP : 0), high, limitsAbove };
};
