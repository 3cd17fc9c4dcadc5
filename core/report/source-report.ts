import { intersect, minutesIn, type Range, subtract } from '../continuity/ranges.ts';
import { CLASS_OF_REASON, type Gap, REASON_TEXT } from '../contracts/continuity-report.ts';
import type { EmissionHour, Parameter } from '../contracts/emission-hour.ts';
import type { Exceedance } from '../contracts/exceedance.ts';
import type { SourcePlan, SourceVersion } from '../contracts/monitoring-plan.ts';
import type { Continuity, ExactSum, SourceReport } from '../contracts/quarterly-report.ts';
import { textOfHour, textOfMinute } from '../time.ts';
import { Decimal, decimalText } from '../units/decimal.ts';
import { coverageOf, expectedUntil } from './coverage.ts';
import { reportDays } from './days.ts';
import { availabilityOf, missingDataOf } from './missing-data.ts';
import { monitorDowntime } from './monitor-downtime.ts';
import { type Quarter, quarterHours } from './quarter.ts';
import { type ReadHour, readHours } from './source-hour.ts';
import { summaryValues } from './summary-values.ts';
import { exactSums } from './sums.ts';
import { limitsOf, type Window } from './windows.ts';

/** All that is stored of one source and one quarter. */
export interface SourceRecords {
  readonly plan: SourcePlan;
  readonly utcOffsetMinutes: number;
  /** The minute at which the report is made: what comes after it is not expected. */
  readonly asOf: number;
  /** First hour ever stored of it, counted from 1970 in UTC. */
  readonly begins: number | undefined;
  /** Stored hours of the quarter; in any order, as everything here. */
  readonly hours: readonly EmissionHour[];
  /** Windows that end in the quarter. */
  readonly windows: readonly Window[];
  /** Runs of windows that touch the quarter. */
  readonly exceedances: readonly Exceedance[];
  readonly gaps: readonly Gap[];
  /** Declared outages of the source or its facility, in minutes. */
  readonly outages: readonly Range[];
  /** Up to which minute the continuity check has looked. */
  readonly checkedUntil: number | null;
  readonly madeFrom: SourceReport['madeFrom'];
}

/** One source's part of the quarterly report. */
export const sourceReport = (records: SourceRecords, quarter: Quarter): SourceReport => {
  const { plan, utcOffsetMinutes, begins, windows } = records;
  const range = quarterHours(quarter, utcOffsetMinutes);
  const hours = readHours(records.hours);
  const outside = hours.find(({ hour }) => hour < range.from || hour >= range.until);
  if (outside) throw new RangeError(`expected hours of the quarter, got ${outside.document.hour} of ${plan.source}`);
  const operating = hours.filter((hour) => hour.operating);
  const versions = versionsWithin(plan, range.from * 60, range.until * 60);
  const made = new Set(versions.flatMap(({ formulas }) => formulas.map(({ parameter }) => parameter as Parameter)));
  const parameters = ORDER.filter((parameter) => made.has(parameter));
  const { coverage, hoursMissingWithin } = coverageOf(hours, range, begins, records.asOf);
  const channels = new Map(
    versions.flatMap((version) => version.channels.map(({ channel, parameter }) => [channel, parameter] as const)),
  );
  return {
    source: plan.source,
    fuels: [...new Set(versions.map(({ fuel }) => fuel.fuel))],
    begins: begins === undefined ? null : textOfHour(begins),
    operatingHours: operating.length,
    operatingTime: decimalText(operating.reduce((sum, hour) => sum.plus(hour.operatingTime), new Decimal(0))),
    coverage,
    sums: exactSums(
      SUMS.filter(([, needs]) => made.has(needs)).map(([name]) => name),
      operating,
    ),
    summaryValues: summaryValues(plan.source, hours, made, { complete: coverage.complete, hoursMissingWithin }),
    missingData: missingDataOf(operating, parameters),
    availability: availabilityOf(operating, parameters),
    downtime: monitorDowntime(
      operating,
      [...channels].map(([channel, parameter]) => ({ channel, parameter })),
    ),
    limits: limitsOf(windows, operating.length, records.exceedances),
    exceedances: [...records.exceedances].sort((a, b) =>
      a.firstWindowEnd < b.firstWindowEnd ? -1 : a.firstWindowEnd > b.firstWindowEnd ? 1 : a.id - b.id,
    ),
    continuity: continuityOf(records, hours, {
      from: range.from * 60,
      until: Math.max(range.from, expectedUntil(range, records.asOf)) * 60,
    }),
    days: reportDays({ quarter, range, utcOffsetMinutes, hours, windows, begins, asOf: records.asOf }),
    madeFrom: records.madeFrom,
  };
};

/** In the order in which they are made. */
const ORDER: readonly Parameter[] = ['heatInputRate', 'noxRate', 'noxMassRate', 'co2MassRate', 'so2MassRate'];

/** Each sum, and the formula without which there is none. */
const SUMS: readonly (readonly [ExactSum['name'], Parameter])[] = [
  ['heatInput', 'heatInputRate'],
  ['co2Mass', 'co2MassRate'],
  ['so2Mass', 'so2MassRate'],
  ['noxMass', 'noxMassRate'],
  ['noxMassOfHours', 'noxMassRate'],
  ['noxRate', 'noxRate'],
];

/** The versions of the plan that hold at some minute of the range; the first one also before it begins. */
const versionsWithin = ({ versions }: SourcePlan, from: number, until: number): SourceVersion[] => {
  const inOrder = [...versions].sort((a, b) => (a.effectiveFrom < b.effectiveFrom ? -1 : 1));
  const [first, end] = [textOfMinute(from), textOfMinute(until)];
  return inOrder.filter(({ effectiveFrom }, i) => {
    const next = inOrder[i + 1]?.effectiveFrom;
    return effectiveFrom < end && (next === undefined || next > first);
  });
};

const continuityOf = (
  { begins, gaps, outages, checkedUntil }: SourceRecords,
  hours: readonly ReadHour[],
  quarter: Range,
): Continuity => {
  const since = begins === undefined ? [] : intersect([quarter], [{ from: begins * 60, until: quarter.until }]);
  const expected = subtract(since, outages);
  const stored = new Map(hours.map(({ hour, document }) => [hour, document.minutes]));
  return {
    expectedMinutes: minutesIn(expected),
    storedMinutes: hours.reduce((sum, { document }) => sum + document.minutes, 0),
    missingMinutes: missingMinutes(expected, stored),
    declaredOutageMinutes: minutesIn(intersect(since, outages)),
    checkedUntil: checkedUntil === null ? null : textOfMinute(checkedUntil),
    gaps: gaps
      .map((gap) => ({
        from: Math.max(gap.from, quarter.from),
        until: Math.min(gap.until, quarter.until),
        reason: gap.reason,
      }))
      .filter(({ from, until }) => from < until)
      .sort((a, b) => a.from - b.from)
      .map(({ from, until, reason }) => ({
        from: textOfMinute(from),
        until: textOfMinute(until),
        class: CLASS_OF_REASON[reason],
        text: REASON_TEXT[reason],
      })),
  };
};

/** Hour by hour, so that minutes stored in a declared outage do not make up for others that are not. */
const missingMinutes = (expected: readonly Range[], stored: ReadonlyMap<number, number>): number => {
  const wanted = new Map<number, number>();
  for (const { from, until } of expected)
    for (let at = from; at < until; ) {
      const hour = Math.floor(at / 60);
      const end = Math.min(until, hour * 60 + 60);
      wanted.set(hour, (wanted.get(hour) ?? 0) + end - at);
      at = end;
    }
  let missing = 0;
  for (const [hour, minutes] of wanted) missing += Math.max(0, minutes - (stored.get(hour) ?? 0));
  return missing;
};
