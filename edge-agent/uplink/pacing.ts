import { hashText } from '../random.ts';

/** Live minutes leave within this time after their end, which keeps them ahead of the next minute. */
const PHASES = 50;

/**
 * Seconds after the end of a minute at which a thing sends it. Always the same for one thing and spread over all of
 * them: at the full minute 5,000 facilities would need 60 times the shards that they need spread out.
 */
export const phaseSeconds = (thing: string): number => hashText(thing) % PHASES;

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

/** Wait before the n-th retry (from 1) of a refused message: exponential, with full jitter. `random` is from [0, 1). */
export const retryDelayMs = (retry: number, random: number): number =>
  random * Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (retry - 1));
