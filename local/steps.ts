/** Prints a line per step with the seconds since the start. */
export const steps = (write: (text: string) => void, now: () => number = () => performance.now()) => {
  const start = now();
  return (text: string): void => write(`${((now() - start) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
};
export type Step = ReturnType<typeof steps>;
