import * as z from 'zod';
import { minuteText } from './measurement-message.ts';
import { decimalText } from './monitoring-plan.ts';

/** One limit, one source, one rolling window of operating hours. */
export const complianceRecord = z.strictObject({
  v: z.literal(1),
  facility: z.string(),
  source: z.string(),
  rule: z.string(),
  parameter: z.string(),
  unit: z.string(),
  /** Start of the window's first and last hour, UTC. */
  windowStart: minuteText,
  windowEnd: minuteText,
  operatingHours: z.int().min(1),
  /** Hours of the window that hold a value. */
  validHours: z.int().min(0),
  /** Mean of those hours, to 12 digits; null when there are none. */
  average: decimalText.nullable(),
  limit: decimalText,
  citation: z.string(),
  /** `no-data`: not one hour of the window holds a value. */
  state: z.enum(['within', 'exceedance', 'no-data']),
  headroom: z
    .strictObject({
      /** What the next operating hour may average without taking its window over the limit. */
      nextHour: decimalText,
      /** Operating hours until a window goes over the limit if emissions stay as in the last valid hour; null: never. */
      hoursToLimit: z.int().min(1).nullable(),
    })
    .nullable(),
});

export type ComplianceRecord = z.infer<typeof complianceRecord>;
