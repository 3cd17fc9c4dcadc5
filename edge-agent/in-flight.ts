/** Work that goes on beside its caller, bounded. */
export interface InFlight {
  /** Starts the task once fewer than the limit are running. Throws what an earlier task threw. */
  add(task: () => Promise<void>): Promise<void>;
  /** Resolves when nothing is running any more. Throws what a task threw. */
  drained(): Promise<void>;
}

export const inFlight = (limit: number): InFlight => {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const throwFailure = () => {
    if (failure) throw failure.error;
  };
  return {
    async add(task) {
      while (running.size >= limit) await Promise.race(running);
      throwFailure();
      const run: Promise<void> = task()
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => running.delete(run));
      running.add(run);
    },
    async drained() {
      while (running.size > 0) await Promise.race(running);
      throwFailure();
    },
  };
};
