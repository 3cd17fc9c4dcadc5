import * as z from 'zod';
import { facilityName, instant, sourceName } from './api/words.ts';
import { GAP_CLASSES } from './continuity-report.ts';
import { PARAMETERS } from './emission-hour.ts';
import { exceedance } from './exceedance.ts';
import { minuteText } from './measurement-message.ts';
import { decimalText } from './monitoring-plan.ts';
import { reportRequest } from './report.ts';

const count = z.int().min(0);
/** A share of operating hours, to 0.1 %; null when there were none. */
const percent = decimalText.nullable();
const day = z.iso.date();

/** Hours on end: `from` is the start of the first, `until` the end of the last. */
const period = z.strictObject({ from: minuteText, until: minuteText, hours: z.int().min(1) });
export type Period = z.infer<typeof period>;

/** The summary values, in ECMPS parameter codes, and the unit of each. */
export const SUMMARY_UNITS = {
  OPHOURS: 'h',
  OPTIME: 'h',
  HIT: 'mmBtu',
  SO2M: 'short ton',
  NOXM: 'short ton',
  CO2M: 'short ton',
  NOXR: 'lb/mmBtu',
} as const;
export type SummaryCode = keyof typeof SUMMARY_UNITS;
export const SUMMARY_CODES = Object.keys(SUMMARY_UNITS) as readonly SummaryCode[];

/**
 * What a total covers. `quarter`: every hour of the quarter since the source began. `stored-hours`: the hours from the
 * first to the last that are stored, because the quarter has others that are not (or not yet). `measured-hours`: the
 * operating hours that hold a value, because substitute data are due for others, which the report lists.
 * `not-recalculable`: an hour within them is not stored, so there is no total.
 */
export const TOTAL_COVERS = ['quarter', 'stored-hours', 'measured-hours', 'not-recalculable'] as const;

/** A SummaryValue record in ECMPS field names, with ours behind them. */
const summaryValue = z.strictObject({
  stackPipeId: z.string().nullable(),
  unitId: z.string().nullable(),
  parameterCode: z.enum(SUMMARY_CODES as [SummaryCode, ...SummaryCode[]]),
  /** Null where an hour between the first and the last stored one is not stored, or none holds a value. */
  currentReportingPeriodTotal: z.number().nullable(),
  /** Not computed by this report. */
  ozoneSeasonToDateTotal: z.null(),
  yearToDateTotal: z.null(),
  unitOfMeasure: z.string(),
  totalCovers: z.enum(TOTAL_COVERS),
  /** Over the hours that have a measured value alone; equal to the total when none lacks one. Null when there are none. */
  measuredHoursTotal: z.number().nullable(),
  /** Operating hours without a value (substitute data are due), and hours not stored between the first and the last. */
  hoursWithoutValue: count,
});
export type SummaryValue = z.infer<typeof summaryValue>;

/** Exact sums of the hours that hold a value, before the one rounding of the summary values. */
const exactSum = z.strictObject({
  name: z.enum(['heatInput', 'co2Mass', 'so2Mass', 'noxMass', 'noxMassOfHours', 'noxRate']),
  unit: z.string(),
  hours: count,
  sum: decimalText,
});
export type ExactSum = z.infer<typeof exactSum>;

const coverage = z.strictObject({
  /** Hours of the quarter since the source began, up to when the report was made. */
  hoursExpected: count,
  hoursStored: count,
  first: minuteText.nullable(),
  last: minuteText.nullable(),
  /** The quarter is over, and each of these hours is stored. */
  complete: z.boolean(),
  missing: z.array(period),
});
export type Coverage = z.infer<typeof coverage>;

const missingData = z.strictObject({
  parameter: z.enum(PARAMETERS),
  /** Operating hours without a value: substitute data are due. */
  hours: count,
  percentOfOperatingHours: percent,
  periods: z.array(period),
});
export type MissingData = z.infer<typeof missingData>;

const availability = z.strictObject({
  parameter: z.enum(PARAMETERS),
  validHours: count,
  operatingHours: count,
  percent,
});
export type Availability = z.infer<typeof availability>;

const downtime = z.strictObject({
  channel: z.string(),
  parameter: z.string(),
  /** Operating hours without a valid average of this channel. */
  hours: count,
  percentOfOperatingHours: percent,
  periods: z.array(period),
  /** Operating minutes that were left out of these hours, by the letter of their status or finding. */
  minutesLeftOut: z.record(z.string(), count),
});
export type Downtime = z.infer<typeof downtime>;

const limitSummary = z.strictObject({
  rule: z.string(),
  parameter: z.string(),
  unit: z.string(),
  /** Length of the window. */
  operatingHours: z.int().min(1),
  citation: z.string(),
  windows: count,
  windowsOver: count,
  /** Of these, the ones that no exceedance on record covers: nobody was told of them, and they have no cause. */
  windowsOverNotOnRecord: count,
  windowsWithoutData: count,
  /** Windows over the limit in percent of the operating hours. */
  percentOver: percent,
  highest: z.strictObject({ average: decimalText, limit: decimalText, windowEnd: minuteText }).nullable(),
});
export type LimitSummary = z.infer<typeof limitSummary>;

const continuity = z.strictObject({
  /** Of the hours since the source began, without declared outages. */
  expectedMinutes: count,
  storedMinutes: count,
  missingMinutes: count,
  declaredOutageMinutes: count,
  /** Up to where the continuity check has looked; null: at nothing yet. */
  checkedUntil: minuteText.nullable(),
  gaps: z.array(z.strictObject({ from: minuteText, until: minuteText, class: z.enum(GAP_CLASSES), text: z.string() })),
});
export type Continuity = z.infer<typeof continuity>;

/** One day on the plant's clock, for the charts. Sums are over the hours that hold a value. */
const reportDay = z.strictObject({
  date: day,
  operatingHours: count,
  heatInput: decimalText.nullable(),
  noxMass: decimalText.nullable(),
  noxHoursWithoutValue: count,
  /** Lowest and highest hourly NOx rate, lb/mmBtu. */
  noxRate: z.strictObject({ low: decimalText, high: decimalText }).nullable(),
  /** The highest average of each limit whose window ends on the day, and the limit then, in the order of `limits`. */
  averages: z.array(z.strictObject({ highest: decimalText, limit: decimalText }).nullable()),
  /**
   * A letter an hour of the day: `o` operating, `p` operating for a part of the hour, `m` operating without a NOx rate,
   * `.` not operating, `-` not stored, a blank before the source began and after the report was made.
   */
  hours: z.string().regex(/^[opm. -]{24}$/),
});
export type ReportDay = z.infer<typeof reportDay>;

export const sourceReport = z.strictObject({
  source: sourceName,
  fuels: z.array(z.string()),
  /** First hour ever stored of it. */
  begins: minuteText.nullable(),
  operatingHours: count,
  /** Hours, exact. */
  operatingTime: decimalText,
  coverage,
  sums: z.array(exactSum),
  summaryValues: z.array(summaryValue),
  missingData: z.array(missingData),
  availability: z.array(availability),
  downtime: z.array(downtime),
  limits: z.array(limitSummary),
  exceedances: z.array(exceedance),
  continuity,
  days: z.array(reportDay),
  /** What it was made from: stored hours and exceedances, each as lines of `core/hour/digest.ts`. */
  madeFrom: z.strictObject({ hours: count, hoursSha256: z.string(), exceedancesSha256: z.string() }),
});
export type SourceReport = z.infer<typeof sourceReport>;

/** The first form of the quarterly report: what is stored of one facility and one quarter, and what is missing. */
export const quarterlyReport = z.strictObject({
  v: z.literal(1),
  orisCode: z.int().nullable(),
  facility: facilityName,
  facilityName: z.string(),
  ...reportRequest.pick({ year: true, quarter: true }).shape,
  revision: z.int().min(1),
  /** The quarter in the plant's standard time. */
  period: z.strictObject({
    firstDay: day,
    lastDay: day,
    from: minuteText,
    until: minuteText,
    hours: count,
    utcOffsetMinutes: z.int(),
  }),
  /** The quarter was over, and every hour of every source is stored. */
  complete: z.boolean(),
  summaryValueData: z.array(summaryValue),
  sources: z.array(sourceReport.omit({ summaryValues: true })),
  /** SHA-256 over what each source was made from. */
  madeFrom: z.strictObject({ hours: count, sha256: z.string() }),
  generatedAt: instant,
  startedBy: z.string(),
  softwareVersion: z.string(),
  /** What this report is not. */
  limitations: z.array(z.string()),
});
export type QuarterlyReport = z.infer<typeof quarterlyReport>;
