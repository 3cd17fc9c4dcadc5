import type { ReportRequest } from '../contracts/report.ts';
import { plantClock } from '../time.ts';

export type Quarter = Pick<ReportRequest, 'year' | 'quarter'>;

/** A quarter on the clock of one plant. Hours are counted from 1970 in UTC; `until` is the one after the last. */
export interface QuarterHours {
  readonly from: number;
  readonly until: number;
  /** ISO dates, the plant's. */
  readonly firstDay: string;
  readonly lastDay: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/**
 * The hours of a quarter: those that begin on its days by the plant's clock, which is standard time all year.
 * @param utcOffsetMinutes minutes east of UTC, -420 for Mountain Standard Time
 * @example quarterHours({ year: 2018, quarter: 1 }, -420) // from 2018-01-01T07:00Z until 2018-04-01T07:00Z
 */
export const quarterHours = ({ year, quarter }: Quarter, utcOffsetMinutes: number): QuarterHours => {
  const first = Date.UTC(year, quarter * 3 - 3, 1);
  const end = Date.UTC(year, quarter * 3, 1);
  const hourAt = (local: number) => Math.ceil((local - utcOffsetMinutes * 60_000) / HOUR_MS);
  return { from: hourAt(first), until: hourAt(end), firstDay: dateOf(first), lastDay: dateOf(end - DAY_MS) };
};

/** The days of a quarter, ISO, in order. */
export const daysOf = ({ year, quarter }: Quarter): string[] => {
  const first = Date.UTC(year, quarter * 3 - 3, 1);
  return Array.from({ length: (Date.UTC(year, quarter * 3, 1) - first) / DAY_MS }, (_, i) =>
    dateOf(first + i * DAY_MS),
  );
};

/** The quarter in which a day of the plant's clock lies. */
export const quarterOfDay = (date: string): Quarter => ({
  year: Number(date.slice(0, 4)),
  quarter: Math.ceil(Number(date.slice(5, 7)) / 3),
});

/** The quarter after, for walking through several. */
export const nextQuarter = ({ year, quarter }: Quarter): Quarter =>
  quarter === 4 ? { year: year + 1, quarter: 1 } : { year, quarter: quarter + 1 };

/** The last quarter that is over at an hour, by the plant's clock. */
export const quarterBefore = (hour: number, utcOffsetMinutes: number): Quarter => {
  const { year, quarter } = quarterOfDay(plantClock(hour, utcOffsetMinutes).date);
  return quarter === 1 ? { year: year - 1, quarter: 4 } : { year, quarter: quarter - 1 };
};

/** @throws RangeError when the text names no quarter */
export const quarterOfName = (text: string): Quarter => {
  const [, year, quarter] = /^((?:199|20\d)\d)-Q([1-4])$/.exec(text) ?? [];
  if (!year || !quarter) throw new RangeError(`expected a quarter such as 2018-Q1, got ${text}`);
  return { year: Number(year), quarter: Number(quarter) };
};
