import * as z from 'zod';
import { complianceRecord } from '../compliance-record.ts';
import { emissionHour } from '../emission-hour.ts';
import { minuteText } from '../measurement-message.ts';
import { facilityName, instant, nextCursor, sourceName } from './words.ts';

/** From the worst to the best. `stopped`: nothing comes from it. */
export const FACILITY_STATES = ['stopped', 'exceedance', 'warning', 'ok'] as const;

const headroom = z.strictObject({
  source: sourceName,
  /** The newest record of the limit that is nearest, or furthest over. */
  record: complianceRecord,
  /** average / limit, to 4 digits. */
  share: z.number(),
});

export const facilitySummary = z.strictObject({
  facility: facilityName,
  orisCode: z.int().nullable(),
  name: z.string(),
  utcOffsetMinutes: z.int(),
  state: z.enum(FACILITY_STATES),
  sources: z.int(),
  /** Sources whose newest hour was operating. */
  operating: z.int(),
  openAlarms: z.int(),
  /** Null when no limit has a window with data. */
  worstHeadroom: headroom.nullable(),
  /** The newest minute stored; null before the first. */
  lastMinute: minuteText.nullable(),
  /** When anything last came from it. */
  lastHeard: instant.nullable(),
  /** From the end of `lastMinute` to now. */
  minutesBehind: z.int().nullable(),
  /** Every expected minute from here to `checkedUntil` is stored or accounted for; null before the first check. */
  completeSince: minuteText.nullable(),
  checkedUntil: minuteText.nullable(),
});
export type FacilitySummary = z.infer<typeof facilitySummary>;

export const facilityList = z.strictObject({ facilities: z.array(facilitySummary), next: nextCursor });

export const sourceSummary = z.strictObject({
  source: sourceName,
  /** EPA's fuel code, of the plan in force now. */
  fuel: z.string(),
  latestHour: emissionHour.omit({ channels: true }).nullable(),
  latestMinute: z
    .strictObject({
      minute: minuteText,
      /** Seconds from the end of the minute to now. */
      ageSeconds: z.int(),
      firedSeconds: z.int(),
      grossLoad: z.number().nullable(),
    })
    .nullable(),
  /** The newest record of each limit. */
  compliance: z.array(complianceRecord),
  openAlarms: z.int(),
  completeSince: minuteText.nullable(),
});
export type SourceSummary = z.infer<typeof sourceSummary>;

export const facilityDetail = facilitySummary.extend({ sourceList: z.array(sourceSummary) });
export type FacilityDetail = z.infer<typeof facilityDetail>;
