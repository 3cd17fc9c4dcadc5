import type { ComplianceRecord } from '#core/contracts/compliance-record';
import type { EmissionHour } from '#core/contracts/emission-hour';
import { hourOfText } from '#core/time';
import type { Comparison } from './replay/compare.ts';

export interface Counts {
  readonly sources: number;
  readonly hours: number;
  readonly operatingHours: number;
  /** Operating hours whose NOx rate has no measured value: substitute data are due. */
  readonly substituted: number;
  /** Windows over their limit. */
  readonly exceedances: number;
  /** Hours between a source's first and last that are not stored, or with fewer than 60 minutes. */
  readonly gaps: number;
}

/** Counts stored hours, given by source and in order. */
export const hourCounts = () => {
  const counts = { sources: 0, hours: 0, operatingHours: 0, substituted: 0, gaps: 0 };
  let previous: { readonly source: string; readonly hour: number } | undefined;
  return {
    counts,
    add: (hour: EmissionHour): void => {
      const source = `${hour.facility} ${hour.source}`;
      const at = hourOfText(hour.hour);
      if (previous?.source !== source) counts.sources++;
      else counts.gaps += at - previous.hour - 1;
      if (hour.minutes < 60) counts.gaps++;
      counts.hours++;
      if (Number(hour.operatingTime) > 0) {
        counts.operatingHours++;
        if (hour.values.noxRate && hour.values.noxRate.value === null) counts.substituted++;
      }
      previous = { source, hour: at };
    },
  };
};

export interface Result extends Counts {
  readonly compared: Comparison | undefined;
  readonly samples: number;
  readonly seconds: number;
  readonly stateDigest: string;
  readonly unreadableLines: number;
  readonly quarantined: number;
}

/**
 * The last line of a run.
 * @param reports the JSON documents of the quarterly reports: a path where there is one, else a list
 */
export const jsonLine = (result: Result, reports: readonly string[]): string =>
  JSON.stringify({
    sources: result.sources,
    hours: result.hours,
    operatingHours: result.operatingHours,
    ...(result.compared ? { compared: result.compared } : {}),
    substituted: result.substituted,
    exceedances: result.exceedances,
    gaps: result.gaps,
    samples: result.samples,
    seconds: Number(result.seconds.toFixed(1)),
    samplesPerSecond: Math.round(result.samples / result.seconds),
    stateDigest: result.stateDigest,
    unreadableLines: result.unreadableLines,
    quarantined: result.quarantined,
    report: reports.length === 1 ? reports[0] : reports,
  });

/** The same for people, at most 79 columns. */
export const summaryLines = (result: Result): string[] => {
  const n = (value: number) => value.toLocaleString('en');
  return [
    `stored of these facilities, by this run and earlier ones:`,
    `${count(result.hours, 'hour')} of ${count(result.sources, 'source')}, ${n(result.operatingHours)} of them operating`,
    ...(result.compared
      ? Object.entries(result.compared).map(([value, { equal, of }]) =>
          of === 0
            ? `  ${value.padEnd(10)} not in the input`
            : `  ${value.padEnd(10)} ${n(equal)} of ${n(of)} equal to the published value`,
        )
      : []),
    `${count(result.substituted, 'hour')} without a measured NOx rate (substitute data are due)`,
    `${count(result.exceedances, 'window')} over a limit, ${count(result.gaps, 'incomplete hour')}`,
    result.samples === 0
      ? 'nothing new to send: all of it was acknowledged in an earlier run'
      : `${n(result.samples)} samples in ${result.seconds.toFixed(1)} s, ${n(Math.round(result.samples / result.seconds))} samples/s`,
    ...(result.unreadableLines > 0
      ? [`${count(result.unreadableLines, 'unreadable line')} of the input left out`]
      : []),
    ...(result.quarantined > 0 ? [`${count(result.quarantined, 'message')} in quarantine`] : []),
  ];
};

const count = (number: number, what: string) => `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;

/** One source's newest hour and how near its limits are, in a line or two. */
export const hourLines = (hour: EmissionHour, records: readonly ComplianceRecord[]): string[] => {
  const load = hour.grossLoad === null ? '' : `${hour.grossLoad} MW, `;
  const nox = hour.values.noxRate?.value;
  const what =
    Number(hour.operatingTime) === 0
      ? 'not operating'
      : `${load}operating time ${hour.operatingTime} h, NOx ${nox ?? 'missing'}${nox ? ' lb/mmBtu' : ''}`;
  return [
    `${hour.date} ${String(hour.clockHour).padStart(2, '0')}:00 ${hour.facility}/${hour.source}: ${what}`,
    ...records.map(({ rule, average, limit, unit, state, headroom }) => {
      const over = state === 'exceedance' ? ' EXCEEDED' : '';
      const next = headroom ? `; ${allowed(headroom.nextHour)}` : '';
      return `  ${rule}: ${average ? short(average) : 'no data'} of ${limit} ${unit}${over}${next}`;
    }),
  ];
};

const allowed = (nextHour: string): string =>
  Number(nextHour) < 0 ? 'over it whatever the next hour brings' : `next hour may average ${short(nextHour)}`;

const short = (decimal: string) => String(Number(Number(decimal).toPrecision(4)));
