import type { AlarmKind } from '#core/alarms/alarm-kinds';
import type { AlarmSettings } from '#core/contracts/alarm';
import type { SourceSummary } from '#core/contracts/api/facilities';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import { CLASS_OF_REASON, type GapReason, isMissing } from '#core/contracts/continuity-report';
import { type Database, texts } from './data-api.ts';
import { jsonPage, type Page } from './json-page.ts';
import { FIRST_MINUTE, LAST_MISSING, NEWEST_MINUTE } from './source-times.ts';
import { isVisible, type Visible, visible } from './visible.ts';

/** How a facility stands, as stored; minutes are counted from 1970. */
export interface StoredStanding {
  readonly facility: string;
  readonly orisCode: number | null;
  readonly name: string;
  readonly utcOffsetMinutes: number;
  readonly sources: number;
  readonly operating: number;
  readonly openAlarms: number;
  readonly openKinds: readonly AlarmKind[];
  readonly worst: ComplianceRecord | null;
  readonly lastMinute: number | null;
  /** Milliseconds since 1970, UTC. */
  readonly heardAt: number | null;
  readonly completeSince: number | null;
  readonly checkedUntil: number | null;
  readonly settings: AlarmSettings | null;
}

/** How a source stands, as stored. */
export interface StoredSource {
  readonly source: string;
  readonly latestHour: SourceSummary['latestHour'];
  readonly lastMinute: number | null;
  readonly firedSeconds: number | null;
  readonly grossLoad: number | null;
  readonly compliance: readonly ComplianceRecord[];
  readonly openAlarms: number;
  readonly completeSince: number | null;
}

export const MISSING = texts((Object.keys(CLASS_OF_REASON) as GapReason[]).filter((reason) => isMissing({ reason })));

/** More facilities do not fit into an answer anyway. */
const MOST_FACILITIES = 500;
/** More than a plan has sources. */
const MOST_SOURCES = 1000;

/** What is stored last of facilities and their sources, in Aurora by way of the Data API. */
export const dataApiPlantState = ({ execute }: Pick<Database, 'execute'>) => ({
  /** By name. */
  standings: (facilities: Visible, after: string, limit: number): Promise<Page<StoredStanding>> =>
    jsonPage(execute, STANDINGS, { ...visible(facilities), after, missing: MISSING }, Math.min(limit, MOST_FACILITIES)),

  /** Every source of a facility, by name. */
  sources: async (facility: string): Promise<readonly StoredSource[]> => {
    const sources: StoredSource[] = [];
    for (;;) {
      const after = sources.at(-1)?.source ?? '';
      const { items, more } = await jsonPage<StoredSource>(
        execute,
        SOURCES,
        { facility, after, missing: MISSING },
        MOST_SOURCES,
      );
      sources.push(...items);
      if (!more) return sources;
    }
  },
});

/** average / limit of a record, in SQL; a limit of nothing still has a share. */
const SHARE = `cast(document ->> 'average' as numeric) / greatest(cast(document ->> 'limit' as numeric), 0.000000001)`;

const NEWEST_RECORDS = `
  select document from compliance_record
  where source_id = s.source_id and window_end = (
    select window_end from compliance_record where source_id = s.source_id order by window_end desc limit 1)`;

const STANDINGS = `
select json_build_object('facility', f.facility, 'orisCode', f.plan -> 'orisCode', 'name', f.plan -> 'name',
  'utcOffsetMinutes', f.plan -> 'utcOffsetMinutes', 'sources', t.sources, 'operating', t.operating,
  'openAlarms', a.open, 'openKinds', a.kinds, 'worst', t.worst, 'lastMinute', t.last_minute,
  'heardAt', floor(extract(epoch from c.arrived_at) * 1000),
  'completeSince', case when k.until_minute is not null then t.complete_since end, 'checkedUntil', k.until_minute,
  'settings', st.settings) as document
from facility f
left join facility_clock c using (facility)
left join continuity_checked k using (facility)
left join alarm_setting st using (facility)
cross join lateral (
  select count(*) as open, coalesce(json_agg(distinct kind), '[]') as kinds
  from alarm where facility = f.facility and cleared_at is null
) as a
cross join lateral (
  select count(*) as sources, count(*) filter (where h.operating_time > 0) as operating, max(m.minute) as last_minute,
    max(coalesce(g.until, b.minute)) as complete_since,
    (array_agg(w.document order by w.share desc) filter (where w.share is not null))[1] as worst
  from source s
  left join lateral (
    select operating_time from hour where source_id = s.source_id order by hour desc limit 1) as h on true
  left join lateral (${NEWEST_MINUTE}) as m on true
  left join lateral (${LAST_MISSING}) as g on true
  left join lateral (${FIRST_MINUTE}) as b on true
  left join lateral (
    select document, ${SHARE} as share from (${NEWEST_RECORDS}) as newest order by share desc nulls last limit 1
  ) as w on true
  where s.facility = f.facility
) as t
where ${isVisible('f.facility')} and f.facility collate "C" > :after
order by f.facility collate "C"`;

const SOURCES = `
select json_build_object('source', s.source, 'latestHour', h.document, 'lastMinute', m.minute,
  'firedSeconds', m.fired_seconds, 'grossLoad', m.gross_load, 'compliance', r.records, 'openAlarms', a.open,
  'completeSince', case when k.until_minute is not null then coalesce(g.until, b.minute) end) as document
from source s
left join continuity_checked k using (facility)
left join lateral (
  select document - 'channels' as document from hour where source_id = s.source_id order by hour desc limit 1
) as h on true
left join lateral (${NEWEST_MINUTE}) as m on true
left join lateral (${LAST_MISSING}) as g on true
left join lateral (${FIRST_MINUTE}) as b on true
cross join lateral (
  select coalesce(json_agg(document order by document ->> 'rule'), '[]') as records from (${NEWEST_RECORDS}) as newest
) as r
cross join lateral (
  select count(*) as open from alarm where facility = s.facility and source = s.source and cleared_at is null
) as a
where s.facility = :facility and s.source collate "C" > :after
order by s.source collate "C"`;
