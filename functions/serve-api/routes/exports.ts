import type { HourRow, MinuteRow, Series, Span } from '#adapters/data-api-series';
import type { Page } from '#adapters/json-page';
import { type EmissionHour, PARAMETERS, type Parameter } from '#core/contracts/emission-hour';
import type { Channel } from '#core/contracts/monitoring-plan';
import { hourState } from '#core/hour/hour-state';
import { parametersOf, UNIT_OF } from '#core/hour/parameters';
import type { PlanStore } from '#core/ports';
import { plantClock, textOfHour } from '#core/time';
import { ApiProblem, violation } from '../api-problem.ts';
import type { CsvFile, Routes } from '../asked.ts';
import { minuteIn, versionAt } from '../channel-columns.ts';
import { type Cell, csv } from '../csv.ts';
import { MAX_ANSWER_BYTES } from '../reply.ts';
import { hoursIn, minutesIn } from '../span.ts';
import { sourceFor } from '../visible-facilities.ts';

const MOST_ROWS = 10_000;
/** Rows a read. */
const READ_ROWS = 2000;

export const exportRoutes = ({ plans, series }: { readonly plans: PlanStore; readonly series: Series }) =>
  ({
    exportHours: async ({ caller, params, query }) => {
      const span = hoursIn(query);
      const { planned, plan, sourceId } = await sourceFor(plans, caller, params);
      await atMost(series, 'hour', sourceId, span);
      const rows = await everyRow<HourRow>(
        span,
        ([hour]) => hour,
        (rest) => series.hourRows(sourceId, rest, READ_ROWS),
      );
      const any = new Set(plan.versions.flatMap(parametersOf));
      const parameters = PARAMETERS.filter((parameter) => any.has(parameter));
      return file(`${params.facility}_${params.source}_hours`, query, [
        [
          'hour (UTC)',
          'date (plant)',
          'hour (plant)',
          'minutes stored',
          'operating time (h)',
          'gross load',
          ...parameters.flatMap((parameter) => [`${parameter} (${UNIT_OF[parameter]})`, `${parameter} state`]),
        ],
        ...rows.map((row) => hourCells(row, parameters, planned.plan.utcOffsetMinutes)),
      ]);
    },

    exportMinutes: async ({ caller, params, query }) => {
      const span = minutesIn(query);
      const { plan, sourceId } = await sourceFor(plans, caller, params);
      await atMost(series, 'minute', sourceId, span);
      const read = (rest: Span) => series.minutes(sourceId, rest, READ_ROWS);
      const rows = await everyRow<MinuteRow>(span, ([minute]) => minute, read);
      const version = versionAt(plan, span.until - 1);
      return file(`${params.facility}_${params.source}_minutes`, query, [
        [
          'minute (UTC)',
          'fired (s)',
          'gross load',
          ...version.channels.flatMap((each) => [unitOf(each), `${each.channel} status`]),
        ],
        ...rows.map((row) => {
          const { minute, firedSeconds, grossLoad, readings, statuses } = minuteIn(version, row);
          return [
            minute,
            firedSeconds,
            grossLoad,
            ...readings.flatMap((reading, i): Cell[] => [reading, statuses[i]!]),
          ];
        }),
      ]);
    },
  }) satisfies Pick<Routes, 'exportHours' | 'exportMinutes'>;

const unitOf = ({ channel, unit, basis }: Channel): string =>
  basis === 'none' ? `${channel} (${unit})` : `${channel} (${unit}, ${basis})`;

const hourCells = (
  [hour, minutes, operatingTime, grossLoad, values]: HourRow,
  parameters: readonly Parameter[],
  utcOffsetMinutes: number,
): Cell[] => {
  const { date, clockHour } = plantClock(hour, utcOffsetMinutes);
  const operated = Number(operatingTime) > 0;
  return [
    textOfHour(hour),
    date,
    clockHour,
    minutes,
    operatingTime,
    grossLoad,
    ...parameters.flatMap((parameter) => valueCells(values[parameter], operated)),
  ];
};

const valueCells = (value: EmissionHour['values'][Parameter], operated: boolean): [Cell, Cell] =>
  value === undefined && operated
    ? [null, null]
    : [value?.value ?? null, hourState(operated, value ?? { value: null, modc: null })];

const atMost = async (series: Series, table: 'minute' | 'hour', sourceId: number, span: Span): Promise<void> => {
  if (await series.moreThan(table, sourceId, span, MOST_ROWS))
    throw violation([
      { path: 'query.until', message: `the range has more than ${MOST_ROWS} ${table}s; expected a shorter one` },
    ]);
};

const everyRow = async <Row>(
  span: Span,
  timeOf: (row: Row) => number,
  read: (rest: Span) => Promise<Page<Row>>,
): Promise<Row[]> => {
  const rows: Row[] = [];
  for (let { from } = span; ; ) {
    const { items, more } = await read({ ...span, from });
    rows.push(...items);
    const last = items.at(-1);
    if (!more || last === undefined) return rows;
    from = timeOf(last) + 1;
  }
};

const file = (
  name: string,
  { from, until }: { readonly from: string; readonly until: string },
  rows: readonly (readonly Cell[])[],
): CsvFile => {
  const text = csv(rows);
  if (Buffer.byteLength(text) > MAX_ANSWER_BYTES)
    throw new ApiProblem(400, `the file would be larger than ${MAX_ANSWER_BYTES} bytes; ask for a shorter range`);
  // A source may be called **GT2, which is no name of a file.
  return { name: `${`${name}_${from}_${until}`.replaceAll(/[^A-Za-z0-9_.-]/g, '-')}.csv`, text };
};
