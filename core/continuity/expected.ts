import { intersect, type Range, subtract } from './ranges.ts';

/** A time for which a facility, or one source of it, has declared that it will not report. */
export interface DeclaredOutage {
  /** null: every source of the facility. */
  readonly source: string | null;
  readonly from: number;
  readonly until: number;
}

/** Since when a source's minutes are expected. */
export interface ReportingSource {
  readonly source: string;
  /**
   * The first minute ever stored of it, whatever its monitoring plan says now. Null when nothing was ever stored: nothing
   * is expected of a source that has not begun, but it must be shown.
   */
  readonly begins: number | null;
}

/** A message for a minute needs the minute's end, up to a minute of spreading at the edge, and the way through the pipeline. */
export const GRACE_MINUTES = 3;

/** The last minute that can be asked for, exclusive, at this time. */
export const lastExpected = (nowMinute: number): number => nowMinute - GRACE_MINUTES;

export const outagesOf = (source: string, outages: readonly DeclaredOutage[]): readonly DeclaredOutage[] =>
  outages.filter((outage) => outage.source === null || outage.source === source);

/** The minutes of `range` in which the source had begun, declared or not. */
export const begun = ({ begins }: ReportingSource, range: Range): Range[] =>
  begins === null ? [] : intersect([range], [{ from: begins, until: Math.max(begins, range.until) }]);

/** The minutes of `range` that must be stored: from the source's beginning on, without declared outages. */
export const expectedMinutes = (source: ReportingSource, range: Range, outages: readonly DeclaredOutage[]): Range[] =>
  subtract(begun(source, range), outagesOf(source.source, outages));
