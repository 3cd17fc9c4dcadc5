import type { MonitoringPlan } from '../contracts/monitoring-plan.ts';
import type { QuarterlyReport, SourceReport } from '../contracts/quarterly-report.ts';
import type { ReportOrder } from '../contracts/report-steps.ts';
import { hourOfText, textOfHour } from '../time.ts';
import { expectedUntil } from './coverage.ts';
import { quarterHours } from './quarter.ts';

export interface ReportInput {
  readonly order: ReportOrder;
  readonly plan: Pick<MonitoringPlan, 'orisCode' | 'name' | 'utcOffsetMinutes'>;
  readonly sources: readonly SourceReport[];
  /** SHA-256 of the lines of `madeFromLines`. */
  readonly madeFromSha256: string;
  /** ISO 8601, UTC: core has no clock. */
  readonly generatedAt: string;
  readonly softwareVersion: string;
}

/** A line a source: what a report was made from, whose SHA-256 stands in it. In the order of the names. */
export const madeFromLines = (sources: readonly Pick<SourceReport, 'source' | 'madeFrom'>[]): string =>
  byName(sources)
    .map(
      ({ source, madeFrom }) => `${source} ${madeFrom.hours} ${madeFrom.hoursSha256} ${madeFrom.exceedancesSha256}\n`,
    )
    .join('');

/** The report of one facility, from the parts of its sources. The same parts give the same report. */
export const quarterlyReport = (input: ReportInput): QuarterlyReport => {
  const { order, plan, generatedAt, softwareVersion } = input;
  const { from, until, firstDay, lastDay } = quarterHours(order, plan.utcOffsetMinutes);
  const sources = byName(input.sources);
  return {
    v: 1,
    orisCode: plan.orisCode,
    facility: order.facility,
    facilityName: plan.name,
    year: order.year,
    quarter: order.quarter,
    revision: order.revision,
    period: {
      firstDay,
      lastDay,
      from: textOfHour(from),
      until: textOfHour(until),
      hours: until - from,
      utcOffsetMinutes: plan.utcOffsetMinutes,
    },
    complete: sources.length > 0 && sources.every(({ coverage }) => coverage.complete),
    summaryValueData: sources.flatMap(({ summaryValues }) => summaryValues),
    sources: sources.map(({ summaryValues: _, ...source }) => source),
    madeFrom: {
      hours: sources.reduce((sum, { madeFrom }) => sum + madeFrom.hours, 0),
      sha256: input.madeFromSha256,
    },
    generatedAt,
    startedBy: order.startedBy,
    softwareVersion,
    limitations: LIMITATIONS,
  };
};

/** Made before the quarter was over. */
export const isInterim = ({ generatedAt, period }: Pick<QuarterlyReport, 'generatedAt' | 'period'>): boolean =>
  Date.parse(generatedAt) < Date.parse(period.until);

/**
 * Made at another minute, a report of the same hours would still expect the same: what is missing from it, and whether it
 * is interim, stays. False when the quarter went on, or ended, since it was made.
 * @param asOf minutes since 1970, UTC
 */
export const expectsTheSame = (
  { generatedAt, period }: Pick<QuarterlyReport, 'generatedAt' | 'period'>,
  asOf: number,
): boolean => {
  const range = { until: hourOfText(period.until) };
  return expectedUntil(range, Math.floor(Date.parse(generatedAt) / 60_000)) === expectedUntil(range, asOf);
};

const LIMITATIONS = [
  'It is no ECMPS submission and carries no certification by a designated representative (40 CFR 72.21, 75.64).',
  'No substitute data are filled in (40 CFR 75 Subpart D): operating hours without a value are left out of the totals, and each of them is listed.',
  'Year-to-date and ozone-season totals, and the bias adjustment of 40 CFR 75 Appendix A 7.6.5, are not computed.',
  'Availability is the share of this quarter alone, not the percent monitor data availability of 40 CFR 75.32, which looks back over 8,760 operating hours.',
  'Causes of monitor downtime (40 CFR 60.7(d)) are given as what the analysers reported, not as the codes of the form.',
];

const byName = <T extends { readonly source: string }>(sources: readonly T[]): T[] =>
  [...sources].sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : 0));
