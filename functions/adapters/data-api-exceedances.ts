import type { StoredRun, Stretch } from '#core/compliance/exceedance-runs';
import type { LockedCompliance, RunsAround } from '#core/ports';
import { type Execute, numbers, type Row, texts } from './data-api.ts';
import { everyPage } from './pages.ts';

/** Rows an answer: a run has some 400 bytes, two stretches 600, and an answer may hold 1 MiB. */
const READ_ROWS = 800;
/** Runs a write, with their notices; under the limit of the request. */
const WRITE_RUNS = 500;

/** Runs of windows over a limit, inside a transaction that holds the locks of their facilities. */
export const exceedanceRunStatements = (execute: Execute): Pick<LockedCompliance, 'runsAround' | 'keepRuns'> => ({
  runsAround: async (ranges) => {
    const given = {
      sources: numbers(ranges.map(({ sourceId }) => sourceId)),
      from: numbers(ranges.map(({ from }) => from)),
      to: numbers(ranges.map(({ to }) => to)),
    };
    const rules = ranges.flatMap(({ sourceId, rules }) => rules.map((rule) => ({ sourceId, rule })));
    const around = new Map<string, RunsAround & { readonly stored: StoredRun[] }>();
    const gaps = ranges.flatMap(({ sourceId, unlimited }) => unlimited.map((gap) => ({ sourceId, ...gap })));
    const asked = {
      ...given,
      gapSources: numbers(gaps.map(({ sourceId }) => sourceId)),
      gapRules: texts(gaps.map(({ rule }) => rule)),
      gapFrom: numbers(gaps.map(({ from }) => from)),
      gapTo: numbers(gaps.map(({ to }) => to)),
      ruleSources: numbers(rules.map(({ sourceId }) => sourceId)),
      rules: texts(rules.map(({ rule }) => rule)),
    };
    const surroundings = await rowsOf((last) =>
      execute(AROUND, { ...asked, ...after(last, [0, '']), limit: READ_ROWS }),
    );
    for (const [sourceId, rule, before, stretch, ends] of surroundings)
      around.set(`${sourceId} ${rule}`, {
        sourceId: sourceId as number,
        rule: rule as string,
        stored: [],
        before: stretchOf(before),
        after: { stretch: stretchOf(stretch), ends: ends as boolean },
      });
    const runs = await rowsOf((last) => execute(STORED, { ...given, afterId: last?.[2] ?? 0, limit: READ_ROWS }));
    for (const [sourceId, rule, id, state, run, told] of runs)
      around
        .get(`${sourceId} ${rule}`)
        ?.stored.push({ ...stretchOf(run)!, id, state, told: stretchOf(told) } as StoredRun);
    return [...around.values()];
  },

  keepRuns: async (changes) => {
    const created = changes.flatMap(({ facility, sourceId, rule, created }) =>
      created.map(({ run, notice }) => ({
        facility,
        sourceId,
        rule,
        ...run,
        ...run.worst,
        told: notice ? stretchList(run) : null,
        notice: notice ?? null,
      })),
    );
    const changed = changes.flatMap(({ facility, changed }) =>
      changed.map(({ run, notice, correction }) => ({
        facility,
        ...run,
        ...run.worst,
        told: run.told ? stretchList(run.told) : null,
        notice: notice ?? null,
        correction,
      })),
    );
    const retracted = changes.flatMap(({ facility, retracted }) =>
      retracted.map(({ run, into, notice }) => ({ facility, id: run.id, into, notice: notice ?? null })),
    );
    for (const some of portions(retracted)) await execute(RETRACT, { runs: JSON.stringify(some) });
    for (const some of portions(changed)) await execute(CHANGE, { runs: JSON.stringify(some) });
    for (const some of portions(created)) await execute(CREATE, { runs: JSON.stringify(some) });
  },
});

const after = (last: Row | undefined, first: readonly [number, string]) => ({
  afterSource: last?.[0] ?? first[0],
  afterRule: last?.[1] ?? first[1],
});

const rowsOf = (read: (last: Row | undefined) => Promise<readonly Row[]>): Promise<Row[]> =>
  everyPage(read, (row) => row, READ_ROWS);

const portions = function* <T>(items: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += WRITE_RUNS) yield items.slice(i, i + WRITE_RUNS);
};

/** As the database has a stretch; `stretchOf` reads it. */
export const stretchList = ({ first, last, windows, worst }: Stretch) => {
  const { average, limit, parameter, unit, citation } = worst;
  return [first, last, windows, average, limit, parameter, unit, citation];
};

const stretchOf = (text: unknown): Stretch | undefined => {
  if (typeof text !== 'string') return undefined;
  const [first, last, windows, average, limit, parameter, unit, citation] = JSON.parse(text);
  return { first, last, windows, worst: { average, limit, parameter, unit, citation } };
};

const RANGES = `ranges as (
  select * from unnest(cast(:sources as integer[]), cast(:from as integer[]), cast(:to as integer[]))
    as t (source_id, "from", "to")
)`;

const RUN = (e: string) => `json_build_array(${e}.first_window_end, ${e}.last_window_end, ${e}.windows,
  ${e}.worst_average, ${e}.limit_value, ${e}.parameter, ${e}.unit, ${e}.citation)`;

/** The windows over the limit between two hours, exclusive, summed up; the worst as core/compliance/exceedance-runs.ts has it. */
const SUMMED_UP = (low: string, high: string) => `
  select json_build_array(min(window_end), max(window_end), count(*), worst ->> 'average', worst ->> 'limit',
    worst ->> 'parameter', worst ->> 'unit', worst ->> 'citation') as stretch
  from (
    select window_end, first_value(document) over (order by
      cast(document ->> 'average' as numeric) / nullif(cast(document ->> 'limit' as numeric), 0) desc nulls first,
      cast(document ->> 'average' as numeric) desc, window_end) as worst
    from compliance_record
    where source_id = w.source_id and rule = w.rule and state = 'exceedance'
      and window_end > ${low} and window_end < ${high}
  ) as over_limit
  group by worst`;

/** The nearest hour on one side of a range that ends a run: its window is within the limit, or it has none by the plan. */
const NEAREST = (side: string, order: 'asc' | 'desc') => `
  (select window_end from compliance_record
  where source_id = w.source_id and rule = w.rule and state = 'within' and window_end ${side}
  order by window_end ${order} limit 1)
  union all
  (select unlimited.hour from gaps g cross join lateral (
    select hour from hour
    where source_id = w.source_id and operating_time > 0 and hour ${side} and hour between g."from" and g."to"
      and not exists (select from compliance_record c
        where c.source_id = w.source_id and c.window_end = hour.hour and c.rule = w.rule)
    order by hour ${order} limit 1
  ) as unlimited
  where g.source_id = w.source_id and g.rule = w.rule)`;

/**
 * Ahead of a range its windows over the limit are as a rule those of the run on record that ends there: then that is
 * taken, and a run of years is not counted anew each hour.
 */
const AROUND = `
with ${RANGES},
wanted as (
  select r.*, rule from ranges r
  join unnest(cast(:ruleSources as integer[]), cast(:rules as text[])) as t (source_id, rule) using (source_id)
  union
  select r.*, e.rule from ranges r join exceedance e using (source_id) where e.state <> 'retracted'
),
gaps as (
  select source_id, rule, coalesce(g."from", 0) as "from", coalesce(g."to", 2147483647) as "to"
  from wanted
  left join unnest(cast(:gapSources as integer[]), cast(:gapRules as text[]), cast(:gapFrom as integer[]),
    cast(:gapTo as integer[])) as g (source_id, rule, "from", "to") using (source_id, rule)
)
select w.source_id, w.rule, cast(coalesce(known.run, earlier.stretch) as text), cast(later.stretch as text),
  high.window_end is not null
from (
  select * from wanted where (source_id, rule collate "C") > (:afterSource, :afterRule collate "C")
  order by source_id, rule collate "C" limit :limit
) as w
cross join lateral (select max(window_end) as window_end from (${NEAREST('< w."from"', 'desc')}) as ends) as low
cross join lateral (select min(window_end) as window_end from (${NEAREST('> w."to"', 'asc')}) as ends) as high
left join lateral (
  select ${RUN('e')} as run from exceedance e
  where e.source_id = w.source_id and e.rule = w.rule and e.state <> 'retracted'
    and e.last_window_end < w."from" and e.last_window_end > coalesce(low.window_end, -1)
  limit 1
) as known on true
left join lateral (${SUMMED_UP('coalesce(low.window_end, -1)', 'w."from"')}
) as earlier on known.run is null
left join lateral (${SUMMED_UP('w."to"', 'coalesce(high.window_end, 2147483647)')}
) as later on true
order by w.source_id, w.rule collate "C"`;

/** Nobody tells of them meanwhile: what was told is what a correction speaks of. */
const STORED = `
with ${RANGES}
select e.source_id, e.rule, e.exceedance_id, e.state, cast(${RUN('e')} as text), cast(e.told as text)
from ranges r join exceedance e using (source_id)
where e.state <> 'retracted' and e.exceedance_id > :afterId
  and e.last_window_end >= coalesce((select max(b.last_window_end) from exceedance b where b.source_id = e.source_id
    and b.rule = e.rule and b.state <> 'retracted' and b.last_window_end < r."from"), r."from")
  and e.first_window_end <= coalesce((select min(a.first_window_end) from exceedance a where a.source_id = e.source_id
    and a.rule = e.rule and a.state <> 'retracted' and a.first_window_end > r."to"), r."to")
order by e.exceedance_id limit :limit for update of e`;

/** What is told of a run, once, whatever is replayed: the key is its number and what has happened to it. */
const TELL = (runs: string, kind: 'raised' | 'retracted', what = `'${kind}'`) => `
insert into notice (notice_key, topic, facility, kind, document)
select 'exceedance ' || exceedance_id || ' ' || ${what}, 'notices', facility, '${kind}',
  notice || jsonb_build_object('exceedanceId', exceedance_id,
    'at', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
from ${runs} where jsonb_typeof(notice) = 'object' order by exceedance_id
on conflict (notice_key) do nothing`;

const RETRACT = `
with given as (
  select * from jsonb_to_recordset(cast(:runs as jsonb)) as t (facility text, id integer, "into" integer, notice jsonb)
),
gone as (
  update exceedance e set state = 'retracted', retracted_at = now(), merged_into = g."into"
  from given g where e.exceedance_id = g.id
  returning e.exceedance_id, g.facility, g.notice
),
carried as (
  update exceedance k set
    acknowledged_at = coalesce(k.acknowledged_at, seen.acknowledged_at),
    acknowledged_by = case when k.acknowledged_at is null then seen.acknowledged_by else k.acknowledged_by end,
    reason = coalesce(k.reason, explained.reason),
    action = case when k.reason is null then coalesce(k.action, explained.action) else k.action end,
    note = case when k.reason is null then coalesce(k.note, explained.note) else k.note end
  from (select distinct "into" from given where "into" is not null) as i
  left join lateral (
    select acknowledged_at, acknowledged_by from exceedance r join given g on g.id = r.exceedance_id
    where g."into" = i."into" and r.acknowledged_at is not null order by r.exceedance_id limit 1
  ) as seen on true
  left join lateral (
    select r.reason, r.action, r.note from exceedance r join given g on g.id = r.exceedance_id
    where g."into" = i."into" and r.reason is not null order by r.exceedance_id limit 1
  ) as explained on true
  where k.exceedance_id = i."into"
)
${TELL('gone', 'retracted')}`;

const COLUMNS = `"first" integer, "last" integer, windows integer, state text, average text, "limit" text, parameter text,
  unit text, citation text, told jsonb, notice jsonb`;

const CHANGE = `
with given as (
  select * from jsonb_to_recordset(cast(:runs as jsonb)) as t (facility text, id integer, correction text, ${COLUMNS})
),
changed as (
  update exceedance e set first_window_end = g."first", last_window_end = g."last", windows = g.windows, state = g.state,
  worst_average = g.average, limit_value = g."limit", parameter = g.parameter, unit = g.unit, citation = g.citation,
    told = case when jsonb_typeof(g.told) = 'array' then g.told end
  from given g where e.exceedance_id = g.id
  returning e.exceedance_id, g.facility, g.notice, g.correction
)
${TELL('changed', 'retracted', "'corrected ' || correction")}`;

const CREATE = `
with given as (
  select * from jsonb_to_recordset(cast(:runs as jsonb))
    as t (facility text, "sourceId" integer, rule text, ${COLUMNS})
),
found as (
  insert into exceedance (facility, source_id, rule, first_window_end, last_window_end, windows, state, parameter, unit,
    citation, worst_average, limit_value, told)
  select facility, "sourceId", rule, "first", "last", windows, state, parameter, unit, citation, average, "limit",
    case when jsonb_typeof(told) = 'array' then told end
  from given order by "first"
  returning exceedance_id, source_id, rule, first_window_end
),
told as (
  select f.exceedance_id, g.facility, g.notice
  from found f join given g on g."sourceId" = f.source_id and g.rule = f.rule and g."first" = f.first_window_end
)
${TELL('told', 'raised')}`;
