import { setTimeout as delay } from 'node:timers/promises';

/** Wall time, so that tests can live through a day in a moment. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Milliseconds that have really passed since some moment before: nobody sets this one, and it never runs backwards. */
  elapsed(): number;
  /** Returns after `ms`, or at once when `signal` is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Node fires a timer at once when it is set for longer (24.8 days); callers look at the time again anyway. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const wallClock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  async sleep(ms, signal) {
    if (signal?.aborted) return;
    await delay(Math.min(ms, LONGEST_TIMER), undefined, signal ? { signal } : {}).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  },
};
