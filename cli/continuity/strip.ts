import { type FacilityContinuity, GAP_CLASSES } from '#core/contracts/continuity-report';
import { minuteOfText } from '#core/time';
import { wrapped } from '../output.ts';

const COLUMNS = 80;
const SYMBOL = {
  lost: 'L',
  recoverable: 'Q',
  'edge-offline': 'O',
  'resend-requested': 'R',
  buffered: 'B',
  'not-reported': 'N',
  'analyser-down': 'A',
  complete: '━',
  declared: 'd',
  nothing: '·',
} as const;
type Mark = keyof typeof SYMBOL;

const MEANING: Readonly<Record<Mark, string>> = {
  lost: 'lost',
  recoverable: 'perhaps in quarantine',
  'edge-offline': 'edge offline',
  'resend-requested': 'resend requested',
  buffered: 'buffered at the edge',
  'not-reported': 'not reported',
  'analyser-down': 'analyser down',
  complete: 'complete',
  declared: 'declared outage',
  nothing: 'nothing expected',
};

/** In one column the worst is shown. */
const WORST_FIRST: readonly Mark[] = [...GAP_CLASSES, 'complete', 'declared', 'nothing'];

interface TextRange {
  readonly from: string;
  readonly until: string;
}

/** One line a facility that shows where in the range something lacks, at most 80 columns, and what the signs mean. */
export const strips = (range: TextRange, facilities: readonly FacilityContinuity[]): string[] => {
  const begin = minuteOfText(range.from);
  const minutes = minuteOfText(range.until) - begin;
  const names = Math.max(...facilities.map(({ facility }) => facility.length));
  const width = Math.min(minutes, COLUMNS - names - 2);
  const columns = Array.from({ length: width }, (_, i) => ({
    from: begin + Math.floor((i * minutes) / width),
    until: begin + Math.floor(((i + 1) * minutes) / width),
  }));
  const used = new Set<Mark>();
  const lines = facilities.map((facility) => {
    const marks = columns.map((column) => markOf(facility, column));
    for (const mark of marks) used.add(mark);
    return `${facility.facility.padEnd(names)}  ${marks.map((mark) => SYMBOL[mark]).join('')}`;
  });
  const legend = WORST_FIRST.filter((mark) => used.has(mark)).map((mark) => `${SYMBOL[mark]} ${MEANING[mark]}`);
  return [...lines, ...wrapped(legend.join(', '))];
};

const markOf = (facility: FacilityContinuity, column: { readonly from: number; readonly until: number }): Mark => {
  const overlaps = ({ from, until }: TextRange) =>
    minuteOfText(from) < column.until && minuteOfText(until) > column.from;
  const covers = ({ from, until }: TextRange) =>
    minuteOfText(from) <= column.from && minuteOfText(until) >= column.until;
  const { gaps, sources, declaredOutages } = facility;
  const found = new Set<Mark>(gaps.filter(overlaps).map((gap) => gap.class));
  const begun = sources.some(({ begins }) => begins !== null && minuteOfText(begins) < column.until);
  const declared = declaredOutages.some((outage) => outage.source === null && covers(outage));
  found.add(!begun ? 'nothing' : declared ? 'declared' : 'complete');
  return WORST_FIRST.find((mark) => found.has(mark))!;
};
