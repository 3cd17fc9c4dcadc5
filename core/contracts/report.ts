import * as z from 'zod';
import { facilityName, instant } from './api/words.ts';

/** `running`, `archived`, or `failed` with its reason. */
export const REPORT_STATES = ['running', 'archived', 'failed'] as const;

/** A quarterly report as the list of reports has it. */
export const reportEntry = z.strictObject({
  facility: facilityName,
  year: z.int().min(1990).max(2099),
  quarter: z.int().min(1).max(4),
  /** 1, 2, 3 and so on: a report that is made again does not replace the earlier one. */
  revision: z.int().min(1),
  state: z.enum(REPORT_STATES),
  startedAt: instant,
  startedBy: z.string(),
  archivedAt: instant.nullable(),
  /** SHA-256 of the JSON document. */
  sha256: z.string().nullable(),
  /** Until when the archive holds it. */
  retainedUntil: instant.nullable(),
  failure: z.string().nullable(),
});
export type ReportEntry = z.infer<typeof reportEntry>;

/** What starts the state machine. */
export const reportRequest = z.strictObject({
  facility: facilityName,
  year: z.int().min(1990).max(2099),
  quarter: z.int().min(1).max(4),
});
export type ReportRequest = z.infer<typeof reportRequest>;
