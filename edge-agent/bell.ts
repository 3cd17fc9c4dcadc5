/** Lets one loop wait until another has something for it. A ring before the wait is not forgotten. */
export interface Bell {
  ring(): void;
  heard(): Promise<void>;
}

export const bell = (): Bell => {
  let wake: (() => void) | undefined;
  let rung = false;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async heard() {
      if (!rung) await new Promise<void>((resolve) => (wake = resolve));
      rung = false;
      wake = undefined;
    },
  };
};
