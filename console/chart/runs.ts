/** Places from `from` to `to`, both included. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** Runs of neighbouring places for which something holds. */
export const runsOf = (count: number, holds: (place: number) => boolean): Run[] => {
  const runs: Run[] = [];
  let from: number | undefined;
  for (let i = 0; i <= count; i++) {
    const inside = i < count && holds(i);
    if (inside) from ??= i;
    else if (from !== undefined) {
      runs.push({ from, to: i - 1 });
      from = undefined;
    }
  }
  return runs;
};
