import {
  type ContinuityReport,
  type FacilityContinuity,
  GAP_CLASSES,
  type GapClass,
  REASON_TEXT,
} from '#core/contracts/continuity-report';
import { minuteOfText } from '#core/time';
import { table, wrapped } from '../output.ts';
import { coverage } from './coverage.ts';
import { strips } from './strip.ts';

/** Rows on a screen; --json has them all. */
const MOST_ROWS = 40;

/** The report for people: a picture of the range, the gaps by class, one sentence. */
export const describeReport = (report: ContinuityReport): string[] => {
  const { range, facilities } = report;
  const rows = facilities.flatMap(rowsOf).sort((a, b) => GAP_CLASSES.indexOf(a.class) - GAP_CLASSES.indexOf(b.class));
  const shown = rows.slice(0, MOST_ROWS);
  const leftOut = facilities.reduce((sum, { gapsLeftOut }) => sum + gapsLeftOut, rows.length - shown.length);
  const sections = [...Map.groupBy(shown, (row) => `${row.class}: ${row.why}`)];
  return [
    `from ${range.from} until ${range.until}`,
    ...(facilities.length > 0 ? ['', ...strips(range, facilities)] : []),
    ...sections.flatMap(([title, ofSection]) => ['', ...wrapped(title), ...table(HEADING, ofSection.map(cellsOf))]),
    ...(leftOut > 0 ? ['', `and ${leftOut} more gaps: --json has all that there is room for`] : []),
    '',
    ...shortened(coverage(range, facilities)),
    ...wrapped(verdict(report)),
  ];
};

const HEADING = ['FROM', 'UNTIL', 'MINUTES', 'FACILITY, SOURCES'];

interface GapRow {
  readonly class: GapClass;
  readonly from: string;
  readonly until: string;
  readonly where: string;
  readonly why: string;
}

/** Sources that lack the same minutes for the same reason share a row. */
const rowsOf = ({ facility, gaps }: FacilityContinuity): GapRow[] => {
  const alike = Map.groupBy(gaps, ({ from, until, reason }) => `${from} ${until} ${reason}`);
  return [...alike.values()].map((same) => {
    const [gap] = same as [FacilityContinuity['gaps'][number]];
    const where = `${facility} ${same.map(({ source }) => source).join(', ')}`;
    return { class: gap.class, from: gap.from, until: gap.until, where, why: REASON_TEXT[gap.reason] };
  });
};

const lengthOf = ({ from, until }: { readonly from: string; readonly until: string }): number =>
  minuteOfText(until) - minuteOfText(from);

const cellsOf = (row: GapRow): string[] => [row.from, row.until, String(lengthOf(row)).padStart(7), row.where];

/** What is not covered is worth more than what is, where there is no room for both. */
const shortened = (lines: readonly string[]): readonly string[] => {
  if (lines.length <= MOST_ROWS) return lines;
  const weight = (line: string) => (line.startsWith('covered') ? 1 : 0);
  const shown = lines.toSorted((a, b) => weight(a) - weight(b)).slice(0, MOST_ROWS);
  return [...shown, `and ${lines.length - shown.length} more lines on what is covered: --json has the beginnings`];
};

/** One sentence. */
export const verdict = ({ complete, facilities }: ContinuityReport): string => {
  const sources = facilities.flatMap((facility) => facility.sources);
  const total = (minutes: (source: (typeof sources)[number]) => number) =>
    sources.reduce((sum, source) => sum + minutes(source), 0);
  const expected = total((source) => source.expectedMinutes);
  const down = total((source) => source.analyserDownMinutes);
  if (expected === 0) return 'Nothing is expected in this range.';
  if (complete) {
    const also = down > 0 ? `; of ${down} the analysers gave no reading` : '';
    return `Complete: all ${expected} expected source-minutes are stored${also}.`;
  }
  const missing = total((source) => source.missingMinutes);
  const gaps = facilities.flatMap((facility) => facility.gaps);
  const byClass = GAP_CLASSES.flatMap((name) => {
    const minutes = gaps.filter((gap) => gap.class === name).reduce((sum, gap) => sum + lengthOf(gap), 0);
    return name === 'analyser-down' || minutes === 0 ? [] : [`${minutes} ${name}`];
  });
  const also = down > 0 ? `; of ${down} more the analysers gave no reading` : '';
  return `${missing} of ${expected} expected source-minutes are missing: ${byClass.join(', ')}${also}.`;
};
