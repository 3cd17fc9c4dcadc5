import * as z from 'zod';
import { alarm } from '../alarm.ts';
import { GAP_CLASSES } from '../continuity-report.ts';
import { exceedance } from '../exceedance.ts';
import { minuteText } from '../measurement-message.ts';
import { reportEntry } from '../report.ts';
import { facilityName, instant, nextCursor, sourceName } from './words.ts';

export const alarmPage = z.strictObject({ alarms: z.array(alarm), next: nextCursor });
export const exceedancePage = z.strictObject({ exceedances: z.array(exceedance), next: nextCursor });
export const reportList = z.strictObject({ reports: z.array(reportEntry), next: nextCursor });
/** A link to a file in the archive that needs no login, for a short time. */
export const download = z.strictObject({ url: z.string(), expiresAt: instant });

const quarantined = z.strictObject({
  id: z.string(),
  code: z.string(),
  reason: z.string(),
  facility: z.string().nullable(),
  thing: z.string().nullable(),
  received: instant.nullable(),
  quarantinedAt: instant,
  state: z.enum(['open', 'reprocessing', 'reprocessed']),
});
export type Quarantined = z.infer<typeof quarantined>;
export const quarantinePage = z.strictObject({ records: z.array(quarantined), next: nextCursor });

export const facilityContinuity = z.strictObject({
  facility: facilityName,
  completeSince: minuteText.nullable(),
  checkedUntil: minuteText.nullable(),
  /** Open ones, the newest first, at most 200. */
  gaps: z.array(
    z.strictObject({
      source: sourceName,
      from: minuteText,
      until: minuteText,
      class: z.enum(GAP_CLASSES),
      reason: z.string(),
      /** The reason in words. */
      text: z.string(),
    }),
  ),
  gapsLeftOut: z.int(),
});
export const continuity = z.strictObject({ facilities: z.array(facilityContinuity), next: nextCursor });

/** An alarm on the system itself, as CloudWatch has it. */
const systemAlarm = z.strictObject({
  name: z.string(),
  description: z.string(),
  state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
  since: instant.nullable(),
  reason: z.string(),
  composite: z.boolean(),
  /** Name of the page in docs/runbooks. */
  runbook: z.string().nullable(),
});

/** Whether the system does its work, over the facilities of whoever asks. */
export const pipeline = z.strictObject({
  /** Hours whose minutes changed and that wait for their computation. */
  hoursWaiting: z.int(),
  /** The longest time since something came from a facility that is not stopped, in minutes. */
  oldestHeardMinutes: z.int().nullable(),
  quarantineOpen: z.int(),
  lastQuarantined: instant.nullable(),
  /** The earliest of the facilities; null before the first check. */
  checkedUntil: minuteText.nullable(),
  openGaps: z.int(),
  notices: z.strictObject({
    waiting: z.int(),
    lastPublished: instant.nullable(),
    lastSelfTest: instant.nullable(),
  }),
  /** Whether alarms could be read; false: `alarms` says nothing. */
  alarmsKnown: z.boolean(),
  alarms: z.array(systemAlarm),
});
export type Pipeline = z.infer<typeof pipeline>;

const auditLine = z.strictObject({
  entry: z.int(),
  at: instant,
  who: z.string(),
  action: z.string(),
  subject: z.string(),
  why: z.string().nullable(),
  outcome: z.string(),
  before: z.unknown(),
  after: z.unknown(),
  hash: z.string(),
});
export const auditPage = z.strictObject({ entries: z.array(auditLine), next: nextCursor });
