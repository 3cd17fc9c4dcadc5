import { readFileSync } from 'node:fs';
import type { PublishedHour } from './published.ts';

/*
 * Quarterly reports against EPA's published hours, by the summary rules and without any code of the product. Whole
 * numbers of thousandths; a sum of published hours is exact in them.
 */

/** What is read of a report. */
interface Report {
  readonly orisCode: number;
  readonly year: number;
  readonly quarter: number;
  readonly period: { readonly utcOffsetMinutes: number };
  readonly summaryValueData: readonly {
    readonly unitId: string;
    readonly parameterCode: string;
    readonly currentReportingPeriodTotal: number | null;
    readonly measuredHoursTotal: number | null;
    readonly totalCovers: string;
    readonly hoursWithoutValue: number;
  }[];
  readonly sources: readonly {
    readonly source: string;
    readonly sums: readonly { readonly name: string; readonly sum: string; readonly hours: number }[];
    readonly missingData: readonly {
      readonly parameter: string;
      readonly periods: readonly { readonly from: string; readonly hours: number }[];
    }[];
  }[];
}

/** lb of an hour: EPA rounds SO2 on the way. In thousandths, with the half that publishing three decimals adds. */
const SO2_WITHIN = 1.1;

/** Thousandths rounded to `places` decimals, ties away from zero; not negative. */
const rounded = (thousandths: number, places: number): number => {
  const unit = 10 ** (3 - places);
  return Math.floor((thousandths + unit / 2) / unit) / 10 ** places;
};

const sum = (hours: readonly PublishedHour[], value: keyof PublishedHour['thousandths']): number =>
  hours.reduce((total, hour) => total + hour.thousandths[value], 0);

const thousandthsOf = (text: string): number => Math.round(Number(text) * 1000);

/** Every statement that holds or does not, in words. */
export const reportsAgainstPublished = (
  files: readonly string[],
  published: readonly PublishedHour[],
): readonly (readonly [holds: boolean, what: string])[] => {
  const reports = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Report);
  const units = Map.groupBy(published, ({ unit }) => unit);
  const reported = new Set(
    reports.flatMap(({ orisCode, sources }) => sources.map(({ source }) => `${orisCode}/${source}`)),
  );
  return [
    [
      reported.size === units.size && [...units.keys()].every((unit) => reported.has(unit)),
      `${files.length} reports have ${reported.size} units, expected ${units.size}`,
    ],
    ...[...units].flatMap(([unit, hours]) => {
      const report = reports.find(({ orisCode }) => unit.startsWith(`${orisCode}/`));
      return report ? ofUnit(report, unit, hours) : [];
    }),
  ];
};

const ofUnit = (report: Report, unit: string, hours: readonly PublishedHour[]): [boolean, string][] => {
  const name = unit.slice(unit.indexOf('/') + 1);
  const source = report.sources.find((one) => one.source === name);
  const value = (code: string) =>
    report.summaryValueData.find(({ unitId, parameterCode }) => unitId === name && parameterCode === code);
  const exact = (of: string) => source?.sums.find((one) => one.name === of);
  const title = `report ${unit} ${report.year}-Q${report.quarter}`;
  const operating = hours.filter((hour) => hour.operating);
  const measured = operating.filter((hour) => hour.measured);
  const substitute = operating.filter((hour) => hour.substitute);
  const total = (code: string, expected: number): [boolean, string] => {
    const found = value(code)?.currentReportingPeriodTotal;
    return [found === expected, `${title}: ${code} ${found}, expected ${expected}`];
  };

  const so2 = sum(operating, 'so2Mass');
  const so2Found = thousandthsOf(exact('so2Mass')?.sum ?? 'none');
  const so2Tons = [so2 - SO2_WITHIN * operating.length, so2 + SO2_WITHIN * operating.length].map((lb) =>
    rounded(Math.max(0, lb) / 2000, 1),
  );
  const noxTons = rounded(sum(measured, 'noxMass') / 2000, 1);
  const noxRate = measured.length === 0 ? null : rounded(sum(measured, 'noxRate') / measured.length, 3);
  const lacking = (code: string): [boolean, string] => {
    const found = value(code);
    const whole = substitute.length === 0;
    return [
      found?.hoursWithoutValue === substitute.length &&
        found.currentReportingPeriodTotal === found.measuredHoursTotal &&
        (found.totalCovers === 'measured-hours') === !whole,
      `${title}: ${code} is of measured hours, with ${substitute.length} substitute hours beside them`,
    ];
  };
  const listed = periodsOf(source, report.period.utcOffsetMinutes);
  const expectedList = new Set(substitute.map(({ time }) => time));
  return [
    total('OPHOURS', operating.length),
    total('OPTIME', hours.reduce((time, hour) => time + hour.operatingHundredths, 0) / 100),
    total('HIT', rounded(sum(operating, 'heatInput'), 0)),
    total('CO2M', rounded(sum(operating, 'co2Mass'), 1)),
    [
      Math.abs(so2Found - so2) <= SO2_WITHIN * operating.length &&
        so2Tons.includes(value('SO2M')?.currentReportingPeriodTotal ?? -1),
      `${title}: SO2 ${so2Found / 1000} lb, published ${so2 / 1000} lb, SO2M ${value('SO2M')?.currentReportingPeriodTotal}`,
    ],
    [
      exact('noxMassOfHours')?.hours === measured.length &&
        thousandthsOf(exact('noxMassOfHours')?.sum ?? 'none') === sum(measured, 'noxMass'),
      `${title}: NOx mass of ${measured.length} measured hours ${sum(measured, 'noxMass') / 1000} lb`,
    ],
    [
      value('NOXM')?.currentReportingPeriodTotal === noxTons,
      `${title}: NOXM of measured hours ${value('NOXM')?.currentReportingPeriodTotal}, expected ${noxTons}`,
    ],
    [
      (value('NOXR')?.currentReportingPeriodTotal ?? null) === noxRate,
      `${title}: NOXR of measured hours ${value('NOXR')?.currentReportingPeriodTotal}, expected ${noxRate}`,
    ],
    lacking('NOXM'),
    [
      value('NOXR')?.hoursWithoutValue === substitute.length,
      `${title}: NOXR lacks ${value('NOXR')?.hoursWithoutValue} hours, expected ${substitute.length}`,
    ],
    [
      listed.size === expectedList.size && [...expectedList].every((time) => listed.has(time)),
      `${title}: ${listed.size} hours listed as missing are the ${expectedList.size} published as Substitute`,
    ],
  ];
};

/** The hours listed without a NOx rate, on the plant's clock as EPA writes them: `2018-01-23 8`. */
const periodsOf = (source: Report['sources'][number] | undefined, utcOffsetMinutes: number): ReadonlySet<string> => {
  const periods = source?.missingData.find(({ parameter }) => parameter === 'noxRate')?.periods ?? [];
  return new Set(
    periods.flatMap(({ from, hours }) =>
      Array.from({ length: hours }, (_, i) => {
        const local = new Date(Date.parse(from) + utcOffsetMinutes * 60_000 + i * 3_600_000).toISOString();
        return `${local.slice(0, 10)} ${Number(local.slice(11, 13))}`;
      }),
    ),
  );
};
