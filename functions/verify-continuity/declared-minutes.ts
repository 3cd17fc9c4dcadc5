import { begun, type DeclaredOutage, outagesOf, type ReportingSource } from '#core/continuity/expected';
import { intersect, minutesIn, type Range } from '#core/continuity/ranges';

/** Minutes of the range that would be expected of the source if they were not declared as an outage. */
export const declaredMinutes = (source: ReportingSource, range: Range, outages: readonly DeclaredOutage[]): number =>
  minutesIn(intersect(begun(source, range), outagesOf(source.source, outages)));
