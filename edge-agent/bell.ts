import type { Clock } from './clock.ts';

/** Lets one loop wait until another has something for it. A ring before the wait is not forgotten. */
export interface Bell {
  ring(): void;
  heard(): Promise<void>;
  /** Waits at most so long. */
  heardWithin(ms: number, clock: Clock): Promise<void>;
}

export const bell = (): Bell => {
  let wake: (() => void) | undefined;
  let rung = false;
  const ringing = async () => {
    if (!rung) await new Promise<void>((resolve) => (wake = resolve));
  };
  const answered = () => {
    rung = false;
    wake = undefined;
  };
  return {
    ring() {
      rung = true;
      wake?.();
    },
    heard: () => ringing().then(answered),
    async heardWithin(ms, clock) {
      const ending = new AbortController();
      await Promise.race([ringing(), clock.sleep(ms, ending.signal)]);
      ending.abort();
      answered();
    },
  };
};
