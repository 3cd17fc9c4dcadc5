import * as z from 'zod';
import { complianceRecord } from '../compliance-record.ts';
import { emissionHour, PARAMETERS } from '../emission-hour.ts';
import { minuteText } from '../measurement-message.ts';
import { decimalText } from '../monitoring-plan.ts';
import { nextCursor } from './words.ts';

/** A channel as the plan has it at the end of the range. `readings` and `statuses` have one place for each, in this order. */
const channelColumn = z.strictObject({
  channel: z.string(),
  parameter: z.string(),
  unit: z.string(),
  basis: z.enum(['wet', 'dry', 'none']),
});

const storedMinute = z.strictObject({
  minute: minuteText,
  firedSeconds: z.int(),
  grossLoad: z.number().nullable(),
  readings: z.array(z.number().nullable()),
  /** A letter a channel, as in core/contracts/status.ts. */
  statuses: z.string(),
});
export type StoredMinute = z.infer<typeof storedMinute>;

export const minutePage = z.strictObject({
  channels: z.array(channelColumn),
  minutes: z.array(storedMinute),
  next: nextCursor,
});
export type MinutePage = z.infer<typeof minutePage>;

/** The newest minute of a source, a reading a channel. */
export const latestMinute = z.strictObject({
  minute: minuteText.nullable(),
  ageSeconds: z.int().nullable(),
  firedSeconds: z.int().nullable(),
  grossLoad: z.number().nullable(),
  channels: z.array(
    channelColumn.extend({
      value: z.number().nullable(),
      status: z.string().length(1),
      /** Status in words. */
      meaning: z.string(),
      /** Of the newest valid reading, at most a day back; null when there is none. */
      lastValid: minuteText.nullable(),
      range: z.strictObject({ low: z.number(), high: z.number() }),
    }),
  ),
});
export type LatestMinute = z.infer<typeof latestMinute>;

export const hourPage = z.strictObject({ hours: z.array(emissionHour), next: nextCursor });
export const compliancePage = z.strictObject({ records: z.array(complianceRecord), next: nextCursor });

/** How an hour's value came about. `substitute-due`: missing data for which a substitute value is due. */
export const HOUR_STATES = ['measured', 'substituted', 'substitute-due', 'not-operating'] as const;
export type HourState = (typeof HOUR_STATES)[number];

/** One hourly value through time and the limits on it, in columns: what a curve is drawn of. */
export const series = z.strictObject({
  parameter: z.enum(PARAMETERS),
  unit: z.string(),
  /** Parameters that this source has, to choose from. */
  parameters: z.array(z.enum(PARAMETERS)),
  /** Hours counted from 1970 in UTC; an hour that is not stored is left out. */
  hours: z.array(z.int()),
  values: z.array(z.number().nullable()),
  states: z.array(z.enum(HOUR_STATES)),
  limits: z.array(
    z.strictObject({
      rule: z.string(),
      unit: z.string(),
      /** Length of the averaging window. */
      operatingHours: z.int(),
      /** Hour in which each window ends, its average and the limit in force. */
      windowEnds: z.array(z.int()),
      averages: z.array(z.number().nullable()),
      limits: z.array(z.number()),
      exceeded: z.array(z.boolean()),
    }),
  ),
});
export type Series = z.infer<typeof series>;

/** What goes into a value, and where it is from. */
const input = z.strictObject({
  name: z.string(),
  /** As used in the equation. */
  symbol: z.string(),
  value: decimalText.nullable(),
  unit: z.string(),
  /** `channel`: mean of the hour's valid minutes; `value`: another value of the hour; `plan`: the monitoring plan; `constant`: of the equation. */
  from: z.enum(['channel', 'value', 'plan', 'constant', 'hour']),
  /** Name of the channel or of the other value. */
  of: z.string().nullable(),
});

export const explainedValue = z.strictObject({
  parameter: z.enum(PARAMETERS),
  value: decimalText.nullable(),
  unit: z.string(),
  modc: z.string().nullable(),
  /** Number of the equation in the regulation, `19-1`. */
  equation: z.string(),
  /** The equation written out, in its own symbols. */
  formula: z.string(),
  citation: z.string(),
  rounding: z.string(),
  inputs: z.array(input),
});
export type ExplainedValue = z.infer<typeof explainedValue>;

/** The number page: a stored hour, how each value was made, and the minutes behind it. */
export const explainedHour = z.strictObject({
  hour: emissionHour,
  values: z.array(explainedValue),
  /** Whether these inputs, worked out anew, give every stored value again. */
  reproduced: z.boolean(),
  minutes: minutePage.omit({ next: true }),
});
export type ExplainedHour = z.infer<typeof explainedHour>;
