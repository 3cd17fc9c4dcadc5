/** Work that goes on beside its caller, bounded. */
export interface InFlight {
  /** Starts the task once there is room for it among those that are running. Throws what an earlier task threw. */
  add(task: () => Promise<void>, weight?: number): Promise<void>;
  /** Resolves when nothing is running any more. Throws what a task threw. */
  drained(): Promise<void>;
}

/** @param maxWeight of all that run together; a heavier one runs alone */
export const inFlight = (limit: number, maxWeight = Number.POSITIVE_INFINITY): InFlight => {
  const running = new Set<Promise<void>>();
  let weighs = 0;
  let failure: { readonly error: unknown } | undefined;
  const throwFailure = () => {
    if (failure) throw failure.error;
  };
  const isFull = (weight: number) => running.size >= limit || (running.size > 0 && weighs + weight > maxWeight);
  return {
    async add(task, weight = 0) {
      while (isFull(weight)) await Promise.race(running);
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
    },
    async drained() {
      while (running.size > 0) await Promise.race(running);
      throwFailure();
    },
  };
};
