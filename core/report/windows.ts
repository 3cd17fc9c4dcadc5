import type { ComplianceRecord } from '../contracts/compliance-record.ts';
import type { Exceedance } from '../contracts/exceedance.ts';
import type { LimitSummary } from '../contracts/quarterly-report.ts';
import { hourOfText } from '../time.ts';
import { Decimal } from '../units/decimal.ts';
import { percentOf } from './share.ts';

/** What a report needs of a compliance record. */
export type Window = Pick<
  ComplianceRecord,
  'rule' | 'parameter' | 'unit' | 'operatingHours' | 'citation' | 'windowEnd' | 'average' | 'limit' | 'state'
>;

/** The windows of each limit, by rule. */
export const byRule = (windows: readonly Window[]): ReadonlyMap<string, readonly Window[]> => {
  const sorted = [...windows].sort((a, b) =>
    a.rule === b.rule ? hourOfText(a.windowEnd) - hourOfText(b.windowEnd) : a.rule < b.rule ? -1 : 1,
  );
  return Map.groupBy(sorted, ({ rule }) => rule);
};

/** The window whose average is furthest over its limit, or nearest to it; the earliest of equals. */
export const highestOf = (windows: readonly Window[]): (Window & { readonly average: string }) | undefined => {
  let highest: (Window & { readonly average: string }) | undefined;
  let most: Decimal | undefined;
  for (const window of windows) {
    if (window.average === null) continue;
    const share = new Decimal(window.average).minus(window.limit);
    if (most !== undefined && share.lte(most)) continue;
    most = share;
    highest = { ...window, average: window.average };
  }
  return highest;
};

/** A run of windows over a limit, as it is on record. */
export type Run = Pick<Exceedance, 'rule' | 'state' | 'firstWindowEnd' | 'lastWindowEnd'>;

/** The end of a window lies within a run of its rule that stands. */
const isOnRecord = ({ rule, windowEnd }: Pick<Window, 'rule' | 'windowEnd'>, runs: readonly Run[]): boolean =>
  runs.some(
    (run) =>
      run.rule === rule &&
      run.state !== 'retracted' &&
      hourOfText(run.firstWindowEnd) <= hourOfText(windowEnd) &&
      hourOfText(windowEnd) <= hourOfText(run.lastWindowEnd),
  );

/**
 * How the averages of a source stood to each limit, and how many of those over it the exceedances on record do not
 * cover. The words of the limit are those of its last window.
 */
export const limitsOf = (
  windows: readonly Window[],
  operatingHours: number,
  exceedances: readonly Run[],
): LimitSummary[] =>
  [...byRule(windows)].map(([rule, ofRule]) => {
    const { parameter, unit, operatingHours: length, citation } = ofRule.at(-1)!;
    const windowsOver = ofRule.filter(({ state }) => state === 'exceedance');
    const over = windowsOver.length;
    const highest = highestOf(ofRule);
    return {
      rule,
      parameter,
      unit,
      operatingHours: length,
      citation,
      windows: ofRule.length,
      windowsOver: over,
      windowsOverNotOnRecord: windowsOver.filter((window) => !isOnRecord(window, exceedances)).length,
      windowsWithoutData: ofRule.filter(({ state }) => state === 'no-data').length,
      percentOver: percentOf(over, operatingHours),
      highest: highest ? { average: highest.average, limit: highest.limit, windowEnd: highest.windowEnd } : null,
    };
  });
