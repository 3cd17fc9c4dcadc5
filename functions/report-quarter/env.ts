import type { DatabaseEnv } from '#adapters/own-database';

export type ReportQuarterEnv =
  | DatabaseEnv
  /** The archive, under Object Lock with a default retention of RETENTION_DAYS. */
  | 'REPORTS_BUCKET'
  /** Where the parts of a report lie while it is made, under `work/`; not locked. */
  | 'WORK_BUCKET'
  | 'SOFTWARE_VERSION'
  /** How long the archive must hold what is put there. */
  | 'RETENTION_DAYS';
