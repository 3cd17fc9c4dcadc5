export interface Pause {
  /** Resolves after `ms`, or when released. Without `ms` only when released. */
  wait(ms?: number): Promise<void>;
  release(): void;
}

export const pause = (): Pause => {
  let end: (() => void) | undefined;
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        const timer = ms === undefined ? undefined : setTimeout(() => end?.(), ms);
        end = () => {
          clearTimeout(timer);
          end = undefined;
          resolve();
        };
      }),
    release: () => end?.(),
  };
};
