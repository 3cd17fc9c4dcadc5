/** Minutes from `from` up to, not including, `until`, counted from 1970 in UTC. */
export interface Range {
  readonly from: number;
  readonly until: number;
}

/** The same minutes as few ranges in order: ranges that overlap or touch become one, empty ones go. */
export const unite = (ranges: readonly Range[]): Range[] => {
  const sorted = ranges.filter(({ from, until }) => from < until).sort((a, b) => a.from - b.from);
  const united: Range[] = [];
  for (const range of sorted) {
    const last = united.at(-1);
    if (!last || range.from > last.until) united.push({ from: range.from, until: range.until });
    else if (range.until > last.until) united[united.length - 1] = { from: last.from, until: range.until };
  }
  return united;
};

/** The minutes of `ranges` that are in none of `gone`. */
export const subtract = (ranges: readonly Range[], gone: readonly Range[]): Range[] => {
  const cuts = unite(gone);
  const left: Range[] = [];
  let first = 0;
  for (const { from, until } of unite(ranges)) {
    let at = from;
    while (first < cuts.length && cuts[first]!.until <= from) first++;
    for (let i = first; i < cuts.length && cuts[i]!.from < until; i++) {
      if (cuts[i]!.from > at) left.push({ from: at, until: cuts[i]!.from });
      at = Math.max(at, cuts[i]!.until);
    }
    if (at < until) left.push({ from: at, until });
  }
  return left;
};

/** The minutes that are in both. */
export const intersect = (a: readonly Range[], b: readonly Range[]): Range[] => subtract(a, subtract(a, b));

export const minutesIn = (ranges: readonly Range[]): number =>
  unite(ranges).reduce((sum, { from, until }) => sum + until - from, 0);

/** The first `count` minutes of `ranges`, as ranges. */
export const firstMinutes = (ranges: readonly Range[], count: number): Range[] => {
  const taken: Range[] = [];
  let left = count;
  for (const { from, until } of unite(ranges)) {
    if (left <= 0) break;
    taken.push({ from, until: Math.min(until, from + left) });
    left -= until - from;
  }
  return taken;
};
