import type { ComplianceRecord } from '#core/contracts/compliance-record';
import type { EmissionHour } from '#core/contracts/emission-hour';
import { type Database, texts } from './data-api.ts';

/** Documents an answer: it may hold 1 MiB, and an hour of 64 channels has 8 KB. */
const PAGE = 120;

/** Reads back what the pipeline has stored, in an order that does not depend on how it came about. */
export const dataApiRecords = ({ execute }: Database) => ({
  /** Every stored hour of the facilities, by facility, source and hour. */
  hours: (facilities: readonly string[]) =>
    pages<EmissionHour>((after) =>
      execute(
        `select s.facility, s.source, h.hour, cast(h.document as text)
        from hour h join source s using (source_id)
        where s.facility = any(cast(:facilities as text[]))
          and (s.facility, s.source, h.hour) > (:facility, :source, :at)
        order by s.facility, s.source, h.hour limit ${PAGE}`,
        { facilities: texts(facilities), facility: after[0], source: after[1], at: after[2] },
      ),
    ),

  /** Every compliance record of the facilities, by facility, source and rule, and end of window. */
  compliance: (facilities: readonly string[]) =>
    pages<ComplianceRecord>((after) =>
      execute(
        `select s.facility, s.source || ' ' || c.rule, c.window_end, cast(c.document as text)
        from compliance_record c join source s using (source_id)
        where s.facility = any(cast(:facilities as text[]))
          and (s.facility, s.source || ' ' || c.rule, c.window_end) > (:facility, :source, :at)
        order by s.facility, s.source || ' ' || c.rule, c.window_end limit ${PAGE}`,
        { facilities: texts(facilities), facility: after[0], source: after[1], at: after[2] },
      ),
    ),

  /** The newest stored hour of each source, with the records whose window ends with it. */
  latest: async (facilities: readonly string[]): Promise<readonly LatestHour[]> => {
    const rows = await execute(
      `select cast(h.document as text), cast(coalesce((
        select json_agg(c.document order by c.rule) from compliance_record c
        where c.source_id = h.source_id and c.window_end = h.hour), '[]') as text)
      from source s cross join lateral (
        select source_id, hour, document from hour where source_id = s.source_id order by hour desc limit 1) as h
      where s.facility = any(cast(:facilities as text[])) order by s.facility, s.source`,
      { facilities: texts(facilities) },
    );
    return rows.map(([hour, records]) => ({
      hour: JSON.parse(hour as string) as EmissionHour,
      records: JSON.parse(records as string) as ComplianceRecord[],
    }));
  },

  /** How many records are in quarantine, by code; those put back and taken count no longer. */
  quarantined: async (): Promise<ReadonlyMap<string, number>> => {
    const rows = await execute(
      "select code, count(*) from quarantine where state <> 'reprocessed' group by code order by code",
    );
    return new Map(rows.map(([code, count]) => [code as string, count as number]));
  },
});

export interface LatestHour {
  readonly hour: EmissionHour;
  readonly records: readonly ComplianceRecord[];
}

type Place = readonly [string, string, number];

async function* pages<T>(read: (after: Place) => Promise<readonly (readonly unknown[])[]>): AsyncGenerator<T> {
  let after: Place = ['', '', 0];
  for (;;) {
    const rows = await read(after);
    for (const row of rows) yield JSON.parse(row[3] as string) as T;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = [last[0] as string, last[1] as string, last[2] as number];
  }
}
