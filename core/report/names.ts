import type { ReportRequest } from '../contracts/report.ts';

/** One revision of one facility's report for one quarter. */
export interface ReportName extends ReportRequest {
  readonly revision: number;
}

/** @example quarterName({ year: 2018, quarter: 1 }) // '2018-Q1' */
export const quarterName = ({ year, quarter }: Pick<ReportRequest, 'year' | 'quarter'>): string =>
  `${year}-Q${quarter}`;

/** The name of the execution that makes it: the same report is never made twice at once. */
export const executionName = (report: ReportName): string =>
  `${report.facility}-${quarterName(report)}-r${report.revision}`;

export type ReportFormat = 'json' | 'html';

/** Where a file of the report lies in the archive. */
export const archiveKey = (report: ReportName, format: ReportFormat): string =>
  `reports/${report.facility}/${quarterName(report)}/r${report.revision}/report.${format}`;

/** Where its parts lie while it is made, in the work bucket. */
export const workFolder = (report: ReportName): string =>
  `work/${report.facility}/${quarterName(report)}/r${report.revision}`;
