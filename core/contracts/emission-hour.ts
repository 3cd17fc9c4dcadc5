import * as z from 'zod';
import { minuteText } from './measurement-message.ts';
import { decimalText } from './monitoring-plan.ts';

/** The hourly values, in the order in which they are made. Rates are per hour of operation; the others are totals of the hour. */
export const PARAMETERS = [
  'heatInputRate',
  'heatInput',
  'noxRate',
  'noxMassRate',
  'noxMass',
  'co2MassRate',
  'co2Mass',
  'so2MassRate',
  'so2Mass',
] as const;
export type Parameter = (typeof PARAMETERS)[number];

const hourlyValue = z.strictObject({
  /** Rounded to its reporting precision; null when the hour is missing data and needs a substitute. */
  value: decimalText.nullable(),
  unit: z.string(),
  /** The last equation applied. */
  equation: z.string(),
  /** Method of determination code; null where the regulation has none, and while substitute data are due. */
  modc: z.string().nullable(),
});

const hourlyChannel = z.strictObject({
  /** Mean of the valid minutes, unrounded to 12 digits; null when the hour is not valid by 75.10(d)(1). */
  average: decimalText.nullable(),
  validMinutes: z.int().min(0).max(60),
  /** Count of the operating minutes that were left out, by status or finding letter. */
  leftOut: z.record(z.string(), z.int()),
});

/** One source, one clock hour, as stored. */
export const emissionHour = z.strictObject({
  v: z.literal(1),
  facility: z.string(),
  source: z.string(),
  /** Start of the hour, UTC. */
  hour: minuteText,
  /** The same hour on the plant's clock (standard time). */
  date: z.iso.date(),
  clockHour: z.int().min(0).max(23),
  /** Minutes stored of the hour. */
  minutes: z.int().min(0).max(60),
  operatingTime: decimalText,
  grossLoad: z.int().nullable(),
  channels: z.record(z.string(), hourlyChannel),
  values: z.partialRecord(z.enum(PARAMETERS), hourlyValue),
});

export type EmissionHour = z.infer<typeof emissionHour>;
export type HourlyChannel = z.infer<typeof hourlyChannel>;
export type HourlyValue = z.infer<typeof hourlyValue>;
