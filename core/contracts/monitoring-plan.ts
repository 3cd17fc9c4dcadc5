import * as z from 'zod';
import { DECIMAL_TEXT } from '../units/decimal.ts';
import { FACILITY_NAME, minuteText, NAME } from './measurement-message.ts';

const name = z.string().regex(NAME, 'expected a name of up to 32 letters, digits and _ . * -');
export const decimalText = z.string().regex(DECIMAL_TEXT, 'expected a decimal number in quotes');
const date = z.iso.date();
/** For people. No control characters and no halves of characters: the database takes neither. */
const text = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'expected text without control characters and half characters');

/** Largest part of one source, as JSON in UTF-8: what the database gives back in one row. */
export const MAX_SOURCE_BYTES = 50_000;

const channel = z.strictObject({
  channel: name,
  /** Place of the reading in the stored minute, from 1. Never given to another channel, in no version. */
  position: z.int().min(1).max(64),
  /** What is read, in EPA's code: NOXC, O2C, CO2C, SO2C, FLOW, H2O, GAS (fuel flow) or another. */
  parameter: text(16),
  unit: text(24),
  basis: z.enum(['wet', 'dry', 'none']),
  /** A reading outside is out of range. */
  range: z.strictObject({ low: z.number().min(-1e12).max(1e12), high: z.number().min(-1e12).max(1e12) }),
  /** Largest believable change from one minute to the next; null: no check. */
  maxChangePerMinute: z.number().positive().nullable(),
  /** From the n-th equal reading in a row on, the analyser counts as stuck; null: no check. */
  stuckAfterMinutes: z.int().min(2).max(1440).nullable(),
  /** A channel without a reading for longer is stale. */
  staleAfterMinutes: z.int().min(1).max(1440),
});

const fuel = z.strictObject({
  /** EPA's fuel code: PNG, NNG, DSL, C and so on. */
  fuel: name,
  /** Gross calorific value, Btu/100 scf. */
  gcv: decimalText.optional(),
  /** Fd, dscf/mmBtu. */
  fd: decimalText.optional(),
  /** Fc, scf CO2/mmBtu. */
  fc: decimalText.optional(),
  /** Default SO2 emission rate, lb/mmBtu (0.0006 for pipeline natural gas). */
  so2Rate: decimalText.optional(),
});

/** How one hourly value is made: the equation of the regulation, and the channels that play its parts. */
const formula = z.discriminatedUnion('equation', [
  z.strictObject({ parameter: z.literal('heatInputRate'), equation: z.literal('D-15A'), fuelFlow: name }),
  z.strictObject({ parameter: z.literal('heatInputRate'), equation: z.literal('F-15'), flow: name, co2: name }),
  z.strictObject({ parameter: z.literal('so2MassRate'), equation: z.literal('D-5') }),
  z.strictObject({ parameter: z.literal('so2MassRate'), equation: z.literal('F-1'), so2: name, flow: name }),
  z.strictObject({ parameter: z.literal('co2MassRate'), equation: z.literal('G-4') }),
  z.strictObject({ parameter: z.literal('co2MassRate'), equation: z.literal('F-11'), co2: name, flow: name }),
  z.strictObject({ parameter: z.literal('noxRate'), equation: z.literal('19-1'), nox: name, o2: name }),
  z.strictObject({ parameter: z.literal('noxRate'), equation: z.literal('F-5'), nox: name, o2: name }),
  z.strictObject({ parameter: z.literal('noxRate'), equation: z.literal('F-6'), nox: name, co2: name }),
  z.strictObject({ parameter: z.literal('noxMassRate'), equation: z.literal('F-24A') }),
]);

const limit = z.strictObject({
  /** Name of the limit in the permit's words; unique at the source. */
  rule: name,
  /** The hourly value that is averaged. */
  parameter: z.enum(['noxRate', 'so2MassRate', 'co2MassRate', 'noxMassRate', 'heatInputRate']),
  unit: text(24),
  /** Length of the rolling window, in operating hours. */
  operatingHours: z.int().min(1).max(8760),
  /** The limit through time: a new value from its date on. */
  versions: z.array(z.strictObject({ effectiveFrom: date, value: decimalText, citation: text(200) })).min(1),
});

const sourceVersion = z.strictObject({
  /** First minute at which this version holds, UTC; the next version ends it. */
  effectiveFrom: minuteText,
  channels: z.array(channel).min(1).max(64),
  fuel,
  formulas: z.array(formula),
  limits: z.array(limit),
});

/** A facility's monitoring plan, first form. */
export const monitoringPlan = z.strictObject({
  v: z.literal(1),
  /** Name in topics and keys; an ORIS code where there is one. */
  facility: z.string().regex(FACILITY_NAME, 'expected a name of up to 32 letters, digits and _ -'),
  orisCode: z.int().min(1).nullable(),
  name: text(120),
  /** Local standard time without daylight saving, minutes east of UTC: -420 for Mountain Standard Time. */
  utcOffsetMinutes: z.int().min(-720).max(840),
  sources: z
    .array(z.strictObject({ source: name, versions: z.array(sourceVersion).min(1) }))
    .min(1)
    .max(200),
});

export type MonitoringPlan = z.infer<typeof monitoringPlan>;
export type SourcePlan = MonitoringPlan['sources'][number];
export type SourceVersion = SourcePlan['versions'][number];
export type Channel = SourceVersion['channels'][number];
export type Formula = SourceVersion['formulas'][number];
export type Limit = SourceVersion['limits'][number];
