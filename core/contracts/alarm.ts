import * as z from 'zod';
import { ALARM_KINDS, type AlarmKind } from '../alarms/alarm-kinds.ts';
import { facilityName, instant, sourceName } from './api/words.ts';
import { minuteText } from './measurement-message.ts';

export const alarmKind = z.enum(Object.keys(ALARM_KINDS) as [AlarmKind, ...AlarmKind[]]);

export const alarm = z.strictObject({
  id: z.int(),
  facility: facilityName,
  /** Null: the facility as a whole. */
  source: sourceName.nullable(),
  kind: alarmKind,
  /** The limit or the channel; empty for the facility. */
  subject: z.string(),
  /** What is the matter, in one sentence with its figures. */
  text: z.string(),
  /** The minute of the plant that raised it. */
  minute: minuteText,
  raisedAt: instant,
  clearedAt: instant.nullable(),
  acknowledgedAt: instant.nullable(),
  acknowledgedBy: z.string().nullable(),
  escalatedAt: instant.nullable(),
});
export type Alarm = z.infer<typeof alarm>;

/** When a facility's people are told. */
export const alarmSettings = z.strictObject({
  /** Shares of a limit at which a warning is raised, in whole percents, rising; none: no warnings. */
  warningShares: z
    .array(z.number().min(0.05).max(0.99).multipleOf(0.01))
    .max(5)
    .refine((shares) => shares.every((share, i) => i === 0 || share > shares[i - 1]!), 'expected rising shares')
    .default([0.8, 0.9]),
  /** A warning when at present emissions the limit is reached within so many operating hours; null: none. */
  headroomHours: z.int().min(1).max(720).nullable().default(3),
  /** An analyser of a fired unit without a valid reading for so long; calibration and quality-assurance tests count as quiet. */
  analyserFaultMinutes: z.int().min(2).max(1440).default(15),
  /** Nothing came from the facility for so long. */
  dataStoppedMinutes: z.int().min(2).max(1440).default(10),
  /** An alarm that nobody has acknowledged is told to the second line; null: never. */
  escalateAfterMinutes: z.int().min(5).max(10080).nullable().default(60),
});
export type AlarmSettings = z.infer<typeof alarmSettings>;
