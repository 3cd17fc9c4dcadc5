import * as z from 'zod';
import { ACTION_CODES, type ActionCode, REASON_CODES, type ReasonCode } from '../compliance/exceedance-codes.ts';
import { facilityName, instant, note, sourceName } from './api/words.ts';
import { minuteText } from './measurement-message.ts';
import { decimalText } from './monitoring-plan.ts';

export const reasonCode = z.enum(Object.keys(REASON_CODES) as [ReasonCode, ...ReasonCode[]]);
export const actionCode = z.enum(Object.keys(ACTION_CODES) as [ActionCode, ...ActionCode[]]);

/** `lasting`: its last window is the newest. `retracted`: a recompute has shown that there was none, or it is part of another. */
export const EXCEEDANCE_STATES = ['lasting', 'ended', 'retracted'] as const;

/** A run of windows over one limit without a window within it between. */
export const exceedance = z.strictObject({
  id: z.int(),
  facility: facilityName,
  source: sourceName,
  rule: z.string(),
  parameter: z.string(),
  unit: z.string(),
  citation: z.string(),
  state: z.enum(EXCEEDANCE_STATES),
  /** Start of the hours in which its first and its last window end. */
  firstWindowEnd: minuteText,
  lastWindowEnd: minuteText,
  windows: z.int().min(1),
  worstAverage: decimalText,
  limit: decimalText,
  foundAt: instant,
  retractedAt: instant.nullable(),
  /** Of a retracted one: the exceedance that contains its windows now; null: they are not over the limit any more. */
  mergedInto: z.int().nullable(),
  acknowledgedAt: instant.nullable(),
  acknowledgedBy: z.string().nullable(),
  reason: reasonCode.nullable(),
  action: actionCode.nullable(),
  note: note.nullable(),
});
export type Exceedance = z.infer<typeof exceedance>;
