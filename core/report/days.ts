import type { ReportDay } from '../contracts/quarterly-report.ts';
import { hourOfText, plantClock } from '../time.ts';
import { Decimal, decimalText } from '../units/decimal.ts';
import { expectedUntil } from './coverage.ts';
import { daysOf, type Quarter, type QuarterHours } from './quarter.ts';
import type { ReadHour } from './source-hour.ts';
import { byRule, highestOf, type Window } from './windows.ts';

const ONE = new Decimal(1);

const letterOf = (hour: ReadHour | undefined, expected: boolean): string => {
  if (!hour) return expected ? '-' : ' ';
  if (!hour.operating) return '.';
  if (hour.document.values.noxRate?.value === null) return 'm';
  return hour.operatingTime.lt(ONE) ? 'p' : 'o';
};

const total = (values: readonly (Decimal | undefined)[]): string | null => {
  const there = values.filter((value) => value !== undefined);
  return there.length === 0 ? null : decimalText(there.reduce((sum, value) => sum.plus(value)));
};

export interface DaysInput {
  readonly quarter: Quarter;
  readonly range: QuarterHours;
  readonly utcOffsetMinutes: number;
  readonly hours: readonly ReadHour[];
  readonly windows: readonly Window[];
  readonly begins: number | undefined;
  readonly asOf: number;
}

/** The quarter day by day, as the charts show it. */
export const reportDays = ({
  quarter,
  range,
  utcOffsetMinutes,
  hours,
  windows,
  begins,
  asOf,
}: DaysInput): ReportDay[] => {
  const end = expectedUntil(range, asOf);
  const clock = (hour: number) => plantClock(hour, utcOffsetMinutes);
  const hoursByDay = Map.groupBy(hours, ({ hour }) => clock(hour).date);
  const rules = [...byRule(windows).values()].map((ofRule) =>
    Map.groupBy(ofRule, ({ windowEnd }) => clock(hourOfText(windowEnd)).date),
  );
  return daysOf(quarter).map((date, index) => {
    const ofDay = hoursByDay.get(date) ?? [];
    const operating = ofDay.filter((hour) => hour.operating);
    const rates = operating.map((hour) => hour.value('noxRate')).filter((rate) => rate !== undefined);
    const byHour = new Map(ofDay.map((hour) => [hour.hour, hour]));
    const first = range.from + index * 24;
    return {
      date,
      operatingHours: operating.length,
      heatInput: total(operating.map((hour) => hour.value('heatInput'))),
      noxMass: total(operating.map((hour) => hour.value('noxMass'))),
      noxHoursWithoutValue: operating.filter(({ document }) => document.values.noxRate?.value === null).length,
      noxRate:
        rates.length === 0
          ? null
          : { low: decimalText(Decimal.min(...rates)), high: decimalText(Decimal.max(...rates)) },
      averages: rules.map((days) => {
        const highest = highestOf(days.get(date) ?? []);
        return highest ? { highest: highest.average, limit: highest.limit } : null;
      }),
      hours: Array.from({ length: 24 }, (_, i) =>
        letterOf(byHour.get(first + i), begins !== undefined && first + i >= begins && first + i < end),
      ).join(''),
    };
  });
};
