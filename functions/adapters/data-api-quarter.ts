import type { Range } from '#core/continuity/ranges';
import type { Gap, GapReason } from '#core/contracts/continuity-report';
import type { EmissionHour } from '#core/contracts/emission-hour';
import type { Exceedance } from '#core/contracts/exceedance';
import type { Window } from '#core/report/windows';
import { textOfHour } from '#core/time';
import type { Database } from './data-api.ts';
import { EXCEEDANCE_DOCUMENTS } from './data-api-exceedance-list.ts';
import { everyPage, PAGE } from './pages.ts';

/** Documents an answer: it may hold 1 MiB, and an hour of 64 channels has 8 KB. */
const HOURS = 120;
/** A window has up to 400 bytes, most of them its citation; a run has 500, and up to 8 KB with a note. */
const WINDOW_ROWS = 2000;
const RUNS = 100;

/** Hours counted from 1970 in UTC; `until` is the one after the last. */
export interface HoursOfSource {
  readonly sourceId: number;
  readonly from: number;
  readonly until: number;
}

export type QuarterStore = ReturnType<typeof dataApiQuarter>;

/** What a quarterly report is made from, of one source, in Aurora by way of the Data API. */
export const dataApiQuarter = ({ execute }: Pick<Database, 'execute'>) => ({
  /** Stored hours of the range, in order. */
  hours: async function* ({ sourceId, from, until }: HoursOfSource): AsyncGenerator<EmissionHour> {
    for (let after = from - 1; ; ) {
      const rows = await execute(
        `select hour, cast(document as text) from hour
        where source_id = :sourceId and hour > :after and hour < :until order by hour limit ${HOURS}`,
        { sourceId, after, until },
      );
      for (const [, document] of rows) yield JSON.parse(document as string) as EmissionHour;
      const last = rows.at(-1);
      if (!last || rows.length < HOURS) return;
      after = last[0] as number;
    }
  },

  /** First and last hour ever stored of each source that has any. */
  span: async (sourceIds: readonly number[]): Promise<ReadonlyMap<number, { first: number; last: number }>> => {
    const spans = new Map<number, { first: number; last: number }>();
    for (const sourceId of sourceIds) {
      const [row] = await execute(
        `select (select hour from hour where source_id = :sourceId order by hour limit 1),
          (select hour from hour where source_id = :sourceId order by hour desc limit 1)`,
        { sourceId },
      );
      const [first, last] = row as readonly [number | null, number | null];
      if (first !== null && last !== null) spans.set(sourceId, { first, last });
    }
    return spans;
  },

  /** Whether any hour of the range is stored. */
  hasHours: async ({ sourceId, from, until }: HoursOfSource): Promise<boolean> => {
    const [row] = await execute(
      'select exists (select from hour where source_id = :sourceId and hour >= :from and hour < :until)',
      { sourceId, from, until },
    );
    return row?.[0] as boolean;
  },

  /** Whether any hour of any source of a facility is stored in the range. */
  facilityHasHours: async (facility: string, { from, until }: Range): Promise<boolean> => {
    const [row] = await execute(
      `select exists (select from source s where s.facility = :facility and exists (
        select from hour h where h.source_id = s.source_id and h.hour >= :from and h.hour < :until))`,
      { facility, from, until },
    );
    return row?.[0] as boolean;
  },

  /** Windows that end in the range. */
  windows: ({ sourceId, from, until }: HoursOfSource): Promise<Window[]> =>
    everyPage<Window & { readonly at: number }>(
      (after) =>
        execute(WINDOWS, {
          sourceId,
          from,
          until,
          rule: after?.rule ?? '',
          at: after?.at ?? 0,
          limit: WINDOW_ROWS,
        }),
      ([at, rule, state, parameter, unit, operatingHours, citation, average, limit]) => ({
        at: at as number,
        rule: rule as string,
        state: state as Window['state'],
        parameter: parameter as string,
        unit: unit as string,
        operatingHours: operatingHours as number,
        citation: citation as string,
        windowEnd: textOfHour(at as number),
        average: average as string | null,
        limit: limit as string,
      }),
      WINDOW_ROWS,
    ),

  /** Runs of windows over a limit that touch the range, also those that were retracted. */
  exceedances: ({ sourceId, from, until }: HoursOfSource): Promise<Exceedance[]> =>
    everyPage(
      (after) => execute(EXCEEDANCES, { sourceId, from, until, after: after?.id ?? 0, limit: RUNS }),
      ([document]) => JSON.parse(document as string) as Exceedance,
      RUNS,
    ),

  /** Open gaps that touch the range, in minutes. */
  gaps: ({ sourceId, from, until }: HoursOfSource, source: string): Promise<Gap[]> =>
    everyPage(
      (after) => execute(GAPS, { sourceId, from: from * 60, until: until * 60, after: after?.from ?? -1, limit: PAGE }),
      ([first, end, reason]) => ({
        source,
        from: first as number,
        until: end as number,
        reason: reason as GapReason,
      }),
    ),

  /** Declared outages of the source or its facility that touch the range, in minutes. */
  outages: async (facility: string, source: string, { from, until }: Range): Promise<Range[]> => {
    const rows = await execute(
      `select from_minute, until_minute from declared_outage
      where facility = :facility and (source is null or source = :source) and withdrawn_at is null
        and from_minute < :until and until_minute > :from order by from_minute, until_minute limit ${PAGE}`,
      { facility, source, from, until },
    );
    return rows.map(([first, end]) => ({ from: first as number, until: end as number }));
  },

  /** Up to which minute the continuity check has looked; null: at nothing yet. */
  checkedUntil: async (facility: string): Promise<number | null> => {
    const [row] = await execute('select until_minute from continuity_checked where facility = :facility', { facility });
    return (row?.[0] as number | undefined) ?? null;
  },
});

const WINDOWS = `
select window_end, rule, state, document ->> 'parameter', document ->> 'unit',
  cast(document ->> 'operatingHours' as integer), document ->> 'citation', document ->> 'average', document ->> 'limit'
from compliance_record
where source_id = :sourceId and window_end >= :from and window_end < :until
  and (rule collate "C", window_end) > (:rule, :at)
order by rule collate "C", window_end limit :limit`;

const EXCEEDANCES = `
select cast(document as text) from (
  ${EXCEEDANCE_DOCUMENTS}
  where e.source_id = :sourceId and e.last_window_end >= :from and e.first_window_end < :until
    and e.exceedance_id > :after
  order by e.exceedance_id limit :limit) as found`;

const GAPS = `
select first_minute, until_minute, reason from continuity_gap
where source_id = :sourceId and closed_at is null and first_minute < :until and until_minute > :from
  and first_minute > :after
order by first_minute limit :limit`;
