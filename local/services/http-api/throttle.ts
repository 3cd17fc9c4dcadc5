import type { ThrottleDefinition } from './definition.ts';

/**
 * A bucket of tokens, as API Gateway throttles a stage: `burst` requests at once, and `ratePerSecond` in the long run.
 * @returns whether a request may pass now
 */
export const throttle = (
  { ratePerSecond, burst }: ThrottleDefinition,
  now: () => number = () => performance.now(),
): (() => boolean) => {
  let tokens = burst;
  let last = now();
  return () => {
    const at = now();
    tokens = Math.min(burst, tokens + ((at - last) / 1000) * ratePerSecond);
    last = at;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
};
