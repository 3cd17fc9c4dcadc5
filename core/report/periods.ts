import type { Period } from '../contracts/quarterly-report.ts';
import { textOfHour } from '../time.ts';

/** Hours on end as one period each. */
export const periodsOf = (hours: readonly number[]): Period[] => {
  const sorted = [...new Set(hours)].sort((a, b) => a - b);
  const runs: { from: number; until: number }[] = [];
  for (const hour of sorted) {
    const last = runs.at(-1);
    if (last?.until === hour) last.until++;
    else runs.push({ from: hour, until: hour + 1 });
  }
  return runs.map(({ from, until }) => ({ from: textOfHour(from), until: textOfHour(until), hours: until - from }));
};
