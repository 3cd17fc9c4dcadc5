import type { MinuteBatch, MinuteStore, SourceMinute } from '#core/ports';
import { type Database, numbers, numberTexts, texts } from './data-api.ts';

/** Source-minutes a statement: few request units, short locks, a small piece to retry. */
const MAX_ROWS = 1000;

/** Statuses in one order: minutes whose every reading is valid come last. */
const comparable = (statuses: string) => `coalesce(${statuses}, '~') collate "C"`;

/**
 * The facility's clock row is taken first and everything else hangs on it, so storing and recomputing a facility exclude
 * each other. Only minutes that really changed mark their hour. Of minutes given twice in one statement the greatest
 * stays, by the same order in which a stored minute is replaced.
 */
const STORE = `
with clock as (
  insert into facility_clock as c (facility, watermark, arrived_at)
  select facility, watermark, clock_timestamp()
  from unnest(cast(:facilities as text[]), cast(:watermarks as integer[])) as heard (facility, watermark)
  order by facility
  on conflict (facility) do update
    set watermark = greatest(c.watermark, excluded.watermark), arrived_at = excluded.arrived_at
  returning facility
),
given as (
  select facility, source_id, minute, revision, fired_seconds, gross_load, cast(readings as real[]) as readings,
    nullif(statuses, '') as statuses
  from unnest(
    cast(:owners as text[]), cast(:sources as integer[]), cast(:minutes as integer[]), cast(:revisions as integer[]),
    cast(:fired as smallint[]), cast(:loads as real[]), cast(:readings as text[]), cast(:statuses as text[])
  ) as t (facility, source_id, minute, revision, fired_seconds, gross_load, readings, statuses)
),
greatest_given as (
  select distinct on (source_id, minute) *
  from given
  order by source_id, minute, revision desc, fired_seconds desc, coalesce(gross_load, '-infinity') desc, readings desc,
    ${comparable('statuses')} desc
),
stored as (
  insert into minute as m (minute, source_id, revision, gross_load, fired_seconds, statuses, readings)
  select g.minute, g.source_id, g.revision, g.gross_load, g.fired_seconds, g.statuses, g.readings
  from greatest_given g join clock using (facility)
  on conflict (source_id, minute) do update
    set revision = excluded.revision, gross_load = excluded.gross_load, fired_seconds = excluded.fired_seconds,
      statuses = excluded.statuses, readings = excluded.readings
    where (m.revision, m.fired_seconds, coalesce(m.gross_load, '-infinity'), m.readings, ${comparable('m.statuses')})
      < (excluded.revision, excluded.fired_seconds, coalesce(excluded.gross_load, '-infinity'), excluded.readings,
        ${comparable('excluded.statuses')})
  returning source_id, minute
)
insert into dirty_hour (source_id, hour, facility)
select changed.source_id, changed.hour, source.facility
from (select distinct source_id, minute / 60 as hour from stored) as changed
join source using (source_id)
on conflict do nothing`;

interface OwnedMinute {
  readonly facility: string;
  readonly minute: SourceMinute;
}

/** Minutes in Aurora, by way of the Data API. */
export const dataApiMinutes = ({ execute }: Database): MinuteStore => {
  const storeChunk = async (heard: readonly MinuteBatch[], rows: readonly OwnedMinute[]) => {
    const parameters = {
      facilities: texts(heard.map(({ facility }) => facility)),
      watermarks: numbers(heard.map(({ watermark }) => watermark)),
      owners: texts(rows.map(({ facility }) => facility)),
      sources: numbers(rows.map(({ minute }) => minute.sourceId)),
      minutes: numbers(rows.map(({ minute }) => minute.minute)),
      revisions: numbers(rows.map(({ minute }) => minute.revision)),
      fired: numbers(rows.map(({ minute }) => minute.firedSeconds)),
      loads: numbers(rows.map(({ minute }) => minute.grossLoad)),
      readings: numberTexts(rows.map(({ minute }) => minute.readings)),
      statuses: texts(rows.map(({ minute }) => (isAllValid(minute.statuses) ? '' : minute.statuses))),
    };
    try {
      await execute(STORE, parameters);
    } catch (error) {
      if (!isMissingPartition(error)) throw error;
      await ensurePartitions(rows);
      await execute(STORE, parameters);
    }
  };

  const ensurePartitions = async (rows: readonly OwnedMinute[]) => {
    const months = new Set(rows.map(({ minute }) => new Date(minute.minute * 60_000).toISOString().slice(0, 7)));
    for (const month of [...months].sort())
      await execute('select cast(ensure_minute_partition(cast(:month as date)) as text)', { month: `${month}-01` });
  };

  return {
    storeMinutes: async (batches) => {
      const heard = oncePerFacility(batches);
      const rows = batches.flatMap(({ facility, minutes }) => minutes.map((minute) => ({ facility, minute })));
      let first = 0;
      do {
        const chunk = rows.slice(first, first + MAX_ROWS);
        const owners = new Set(chunk.map(({ facility }) => facility));
        await storeChunk(first === 0 ? heard : heard.filter(({ facility }) => owners.has(facility)), chunk);
        first += MAX_ROWS;
      } while (first < rows.length);
    },
  };
};

const isAllValid = (statuses: string): boolean => {
  for (let i = 0; i < statuses.length; i++) if (statuses[i] !== 'V') return false;
  return true;
};

/** A statement may touch a clock row once only. */
const oncePerFacility = (batches: readonly MinuteBatch[]): MinuteBatch[] => {
  const latest = new Map<string, MinuteBatch>();
  for (const batch of batches) {
    const known = latest.get(batch.facility);
    if (!known || known.watermark < batch.watermark) latest.set(batch.facility, batch);
  }
  return [...latest.values()];
};

const isMissingPartition = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('no partition of relation "minute"');
