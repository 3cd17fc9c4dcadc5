/** Work that goes on beside its caller, bounded. */
export interface InFlight {
  /**
   * Starts the task, and resolves when there is room for another one: what comes next is chosen no earlier than it can
   * go. Throws what a task threw.
   */
  add(task: () => Promise<void>, weight?: number): Promise<void>;
  /** Resolves when nothing is running any more. Throws what a task threw. */
  drained(): Promise<void>;
}

/** @param maxWeight of those that run together; there is room until it is reached */
export const inFlight = (limit: number, maxWeight = Number.POSITIVE_INFINITY): InFlight => {
  const running = new Set<Promise<void>>();
  let weighs = 0;
  let failure: { readonly error: unknown } | undefined;
  const throwFailure = () => {
    if (failure) throw failure.error;
  };
  const isFull = () => running.size >= limit || weighs >= maxWeight;
  return {
    async add(task, weight = 0) {
      throwFailure();
      weighs += weight;
      const run: Promise<void> = task()
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => {
          running.delete(run);
          weighs -= weight;
        });
      running.add(run);
      while (isFull()) await Promise.race(running);
      throwFailure();
    },
    async drained() {
      while (running.size > 0) await Promise.race(running);
      throwFailure();
    },
  };
};
