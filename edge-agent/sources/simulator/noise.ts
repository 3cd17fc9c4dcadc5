import { hashUnit } from '../../random.ts';

/**
 * Noise without state: a value at any time follows from seed, stream and time alone, so that a simulator that is
 * started again goes on in the same curve.
 */
export interface Noise {
  /** Slow wandering between -1 and 1 with the given period: random points joined by smooth curves. */
  wander(stream: number, time: number, period: number): number;
  /** Independent from step to step, mean 0 and standard deviation 1 (twelve uniform numbers would be nearer, four do). */
  shot(stream: number, step: number): number;
  /** A number in [0, 1) for the n-th of something. */
  unit(stream: number, n: number): number;
}

export const noiseOf = (seed: number): Noise => {
  const unit = (stream: number, n: number) => hashUnit(seed, stream, n);
  return {
    unit,
    wander(stream, time, period) {
      const n = Math.floor(time / period);
      const t = time / period - n;
      const ease = t * t * (3 - 2 * t);
      return 2 * (unit(stream, n) * (1 - ease) + unit(stream, n + 1) * ease) - 1;
    },
    shot(stream, step) {
      const at = step * 4;
      const sum = unit(stream, at) + unit(stream, at + 1) + unit(stream, at + 2) + unit(stream, at + 3);
      return (sum - 2) * Math.sqrt(3);
    },
  };
};
