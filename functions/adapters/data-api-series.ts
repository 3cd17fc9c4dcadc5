import type { ComplianceRecord } from '#core/contracts/compliance-record';
import type { EmissionHour, HourlyValue, Parameter } from '#core/contracts/emission-hour';
import type { SourcePlan } from '#core/contracts/monitoring-plan';
import type { Database } from './data-api.ts';
import { jsonPage, type Page } from './json-page.ts';

/** Minutes or hours counted from 1970; `until` is the one after the last. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/** minute, seconds fired, gross load, readings and statuses by the plan's positions. */
export type MinuteRow = readonly [number, number, number | null, readonly (number | null)[], string];

/** What an hour is exported as. */
export type HourRow = readonly [
  hour: number,
  minutes: number,
  operatingTime: string,
  grossLoad: number | null,
  values: EmissionHour['values'],
];

/** hour, whether it operated, value, code; null for both without such a value. */
export type ValueRow = readonly [number, boolean, HourlyValue | null];

/** Records of one limit, hour by hour. */
export interface LimitWindows {
  readonly rule: string;
  readonly unit: string;
  readonly operatingHours: number;
  /** End of the window, average, limit, whether it was exceeded. */
  readonly windows: readonly (readonly [number, string | null, string, boolean])[];
}

export interface NewestMinute {
  readonly minute: number;
  readonly firedSeconds: number;
  readonly grossLoad: number | null;
  readonly readings: readonly (number | null)[];
  readonly statuses: string;
  /** Newest valid minute of each position that is not valid now, at most a day back. */
  readonly lastValid: Readonly<Record<string, number>>;
}

/** Minutes, hours and compliance records of one source, in Aurora by way of the Data API. */
export const dataApiSeries = ({ execute }: Pick<Database, 'execute'>) => ({
  minutes: (sourceId: number, { from, until }: Span, limit: number): Promise<Page<MinuteRow>> =>
    jsonPage(execute, MINUTES, { sourceId, from, until }, limit),

  newestMinute: async (sourceId: number): Promise<NewestMinute | undefined> => {
    const [row] = await execute(NEWEST, { sourceId });
    return row && (JSON.parse(row[0] as string) as NewestMinute);
  },

  hours: (sourceId: number, { from, until }: Span, limit: number): Promise<Page<EmissionHour>> =>
    jsonPage(
      execute,
      'select document from hour where source_id = :sourceId and hour >= :from and hour < :until order by hour',
      { sourceId, from, until },
      limit,
    ),

  hourRows: (sourceId: number, { from, until }: Span, limit: number): Promise<Page<HourRow>> =>
    jsonPage(execute, HOUR_ROWS, { sourceId, from, until }, limit),

  hour: async (sourceId: number, hour: number): Promise<EmissionHour | undefined> => {
    const [row] = await execute(
      'select cast(document as text) from hour where source_id = :sourceId and hour = :hour',
      { sourceId, hour },
    );
    return row && (JSON.parse(row[0] as string) as EmissionHour);
  },

  /** One value, hour by hour. */
  values: async (sourceId: number, { from, until }: Span, parameter: Parameter): Promise<readonly ValueRow[]> => {
    const rows = await execute(VALUES, { sourceId, from, until, parameter });
    return rows.flatMap(([part]) => JSON.parse(part as string) as ValueRow[]);
  },

  /** Averages of one value against its limits, by limit. */
  windows: async (sourceId: number, { from, until }: Span, parameter: Parameter): Promise<readonly LimitWindows[]> => {
    const rows = await execute(WINDOWS, { sourceId, from, until, parameter });
    const limits = new Map<string, LimitWindows>();
    for (const [text] of rows) {
      const part = JSON.parse(text as string) as LimitWindows;
      const known = limits.get(part.rule);
      limits.set(part.rule, { ...part, windows: [...(known?.windows ?? []), ...part.windows] });
    }
    return [...limits.values()];
  },

  /** Behind the record of that window and rule, by window and rule. */
  compliance: (
    sourceId: number,
    { from, until }: Span,
    { rule, after }: { readonly rule: string | null; readonly after: readonly [number, string] },
    limit: number,
  ): Promise<Page<ComplianceRecord>> =>
    jsonPage(execute, COMPLIANCE, { sourceId, from, until, rule, afterEnd: after[0], afterRule: after[1] }, limit),

  /** Plans of the source that others have replaced, the last first; `offset` of them left out. */
  replacedPlan: async (facility: string, source: string, offset: number): Promise<SourcePlan | undefined> => {
    const [row] = await execute(
      `select cast(plan as text) from replaced_plan where facility = :facility and source = :source
      order by replaced_by desc limit 1 offset :offset`,
      { facility, source, offset },
    );
    return row && (JSON.parse(row[0] as string) as SourcePlan);
  },

  /** Whether there are more minutes (hours) than that in the range. */
  moreThan: async (table: 'minute' | 'hour', sourceId: number, { from, until }: Span, most: number) => {
    const [row] = await execute(
      `select count(*) from (select from ${table} where source_id = :sourceId and ${table} >= :from and ${table} < :until
        limit ${most + 1}) as found`,
      { sourceId, from, until },
    );
    return (row![0] as number) > most;
  },
});

export type Series = ReturnType<typeof dataApiSeries>;

/** `real` prints as the shortest decimal that reads back the same. */
const MINUTES = `
select json_build_array(minute, fired_seconds, gross_load, readings,
  coalesce(statuses, repeat('V', cardinality(readings)))) as document
from minute where source_id = :sourceId and minute >= :from and minute < :until order by minute`;

const NEWEST = `
select cast(json_build_object('minute', m.minute, 'firedSeconds', m.fired_seconds, 'grossLoad', m.gross_load,
  'readings', m.readings, 'statuses', coalesce(m.statuses, repeat('V', cardinality(m.readings))),
  'lastValid', coalesce((
    select json_object_agg(place, valid.minute)
    from generate_series(1, length(m.statuses)) as place
    cross join lateral (
      select minute from minute
      where source_id = :sourceId and minute < m.minute and minute >= m.minute - 1440
        and (statuses is null or substr(statuses, place, 1) = 'V')
      order by minute desc limit 1
    ) as valid
    where substr(m.statuses, place, 1) <> 'V'), '{}')) as text)
from (select * from minute where source_id = :sourceId order by minute desc limit 1) as m`;

const HOUR_ROWS = `
select json_build_array(hour, document -> 'minutes', document -> 'operatingTime', document -> 'grossLoad',
  document -> 'values') as document
from hour where source_id = :sourceId and hour >= :from and hour < :until order by hour`;

/** A hundred hours a row: rows are what an answer is slow to make, and one may have 64 KB. */
const VALUES = `
select cast(json_agg(json_build_array(hour, operating_time > 0, document -> 'values' -> cast(:parameter as text))
  order by hour) as text)
from hour where source_id = :sourceId and hour >= :from and hour < :until
group by hour / 100 order by hour / 100`;

const WINDOWS = `
select cast(json_build_object('rule', rule, 'unit', (array_agg(document ->> 'unit' order by window_end desc))[1],
  'operatingHours', (array_agg(document -> 'operatingHours' order by window_end desc))[1],
  'windows', json_agg(json_build_array(window_end, document ->> 'average', document ->> 'limit', state = 'exceedance')
    order by window_end)) as text)
from compliance_record
where source_id = :sourceId and window_end >= :from and window_end < :until and document ->> 'parameter' = :parameter
group by rule, window_end / 100 order by rule collate "C", window_end / 100`;

const COMPLIANCE = `
select document from compliance_record
where source_id = :sourceId and window_end >= :from and window_end < :until
  and (window_end, rule collate "C") > (cast(:afterEnd as integer), cast(:afterRule as text))
  and (cast(:rule as text) is null or rule = :rule)
order by window_end, rule collate "C"`;
