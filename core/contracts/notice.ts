import * as z from 'zod';
import { alarmKind } from './alarm.ts';
import { facilityName, instant } from './api/words.ts';

/** `raised` and `cleared` of an alarm, `escalated` when nobody answered, `retracted` when a recompute took an exceedance back, `self-test` once a day. */
export const NOTICE_KINDS = ['raised', 'cleared', 'escalated', 'retracted', 'self-test'] as const;

/** One thing that people are told, as it lies in the outbox and is published. */
export const notice = z.strictObject({
  v: z.literal(1),
  kind: z.enum(NOTICE_KINDS),
  /** Null in a self-test. */
  facility: facilityName.nullable(),
  source: z.string().nullable(),
  alarm: alarmKind.nullable(),
  alarmId: z.int().nullable(),
  /** The run of windows it tells of, where check-compliance wrote it. */
  exceedanceId: z.int().nullable(),
  at: instant,
  /** At most 100 characters, the subject of an e-mail. */
  subject: z.string().max(100),
  text: z.string(),
});
export type Notice = z.infer<typeof notice>;
