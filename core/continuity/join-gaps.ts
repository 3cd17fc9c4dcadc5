import { CLASS_OF_REASON, GAP_CLASSES, type Gap } from '../contracts/continuity-report.ts';

const severity = ({ reason }: Gap): number => GAP_CLASSES.indexOf(CLASS_OF_REASON[reason]);

const joined = (gaps: readonly Gap[], apart: number): Gap[] => {
  const all: Gap[] = [];
  for (const gap of gaps) {
    const last = all.at(-1);
    if (last?.source !== gap.source || gap.from - last.until > apart) all.push(gap);
    else {
      const worst = severity(gap) < severity(last) ? gap : last;
      all[all.length - 1] = { ...worst, from: last.from, until: Math.max(last.until, gap.until) };
    }
  }
  return all;
};

/**
 * Gaps that cover the same minutes, and where there are more than `most`, also stored minutes between those that lie
 * nearest to each other: then each counts as what is worst in it. Where more sources than `most` have gaps, there is one
 * a source.
 */
export const joinGaps = (gaps: readonly Gap[], most: number): readonly Gap[] => {
  if (gaps.length <= most) return gaps;
  const sorted = gaps.toSorted((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : a.from - b.from));
  const sources = new Set(gaps.map(({ source }) => source)).size;
  for (let apart = 1; ; apart *= 2) {
    const fewer = joined(sorted, apart);
    if (fewer.length <= Math.max(most, sources)) return fewer;
  }
};
