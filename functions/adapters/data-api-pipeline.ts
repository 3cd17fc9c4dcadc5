import type { Quarantined } from '#core/contracts/api/pipeline';
import type { GapReason } from '#core/contracts/continuity-report';
import type { Database } from './data-api.ts';
import { MISSING } from './data-api-plant-state.ts';
import { jsonPage, type Page } from './json-page.ts';
import { FIRST_MINUTE, LAST_MISSING } from './source-times.ts';
import { instantText } from './time-text.ts';
import { isVisible, type Visible, visible } from './visible.ts';

/** How far the work is; minutes are counted from 1970, times are ISO 8601, UTC. */
export interface Progress {
  readonly hoursWaiting: number;
  /** Milliseconds since 1970: the longest ago that a facility was heard that has not stopped. */
  readonly oldestHeard: number | null;
  readonly quarantineOpen: number;
  readonly lastQuarantined: string | null;
  readonly checkedUntil: number | null;
  readonly openGaps: number;
  readonly noticesWaiting: number;
  readonly lastPublished: string | null;
  readonly lastSelfTest: string | null;
}

export interface StoredContinuity {
  readonly facility: string;
  readonly completeSince: number | null;
  readonly checkedUntil: number | null;
  readonly gaps: readonly {
    readonly source: string;
    readonly from: number;
    readonly until: number;
    readonly reason: GapReason;
  }[];
  readonly openGaps: number;
}

export interface QuarantineFilter {
  readonly facilities: Visible;
  readonly state: 'open' | 'all';
  /** Only those behind this one, which the page before ended with: when it was quarantined, and its id. */
  readonly after: readonly [string, string] | undefined;
}

/** A quarantined record with the exact time by which the list is ordered. */
export type QuarantineRow = Quarantined & { readonly place: string };

const GAPS_SHOWN = 200;

/** How the pipeline does, in Aurora by way of the Data API. */
export const dataApiPipeline = ({ execute }: Pick<Database, 'execute'>) => ({
  progress: async (facilities: Visible): Promise<Progress> => {
    const [row] = await execute(PROGRESS, visible(facilities));
    return JSON.parse(row![0] as string) as Progress;
  },

  /** The newest first. What names no facility is for those who see all. */
  quarantine: ({ facilities, state, after }: QuarantineFilter, limit: number): Promise<Page<QuarantineRow>> =>
    jsonPage(
      execute,
      QUARANTINE,
      {
        ...visible(facilities),
        taken: state === 'all',
        afterTime: after?.[0] ?? null,
        afterId: after?.[1] ?? '',
      },
      limit,
    ),

  /** By facility. */
  continuity: (facilities: Visible, after: string, limit: number): Promise<Page<StoredContinuity>> =>
    jsonPage(execute, CONTINUITY, { ...visible(facilities), after, missing: MISSING }, limit),
});

/** When a facility counts as stopped, in minutes: as its alarm settings say, or as everybody's. */
const STOPPED_AFTER = `coalesce(cast(st.settings ->> 'dataStoppedMinutes' as integer), 10)`;

const PROGRESS = `
select cast(json_build_object(
  'hoursWaiting', (select count(*) from dirty_hour where ${isVisible('facility')}),
  'oldestHeard', (
    select floor(extract(epoch from min(c.arrived_at)) * 1000)
    from facility_clock c left join alarm_setting st using (facility)
    where ${isVisible('c.facility')} and c.arrived_at > now() - ${STOPPED_AFTER} * interval '1 minute'),
  'quarantineOpen', (select count(*) from quarantine where ${isVisible('facility')} and state <> 'reprocessed'),
  'lastQuarantined', (
    select ${instantText('quarantined_at')} from quarantine where ${isVisible('facility')}
    order by quarantined_at desc limit 1),
  'checkedUntil', (select min(until_minute) from continuity_checked where ${isVisible('facility')}),
  'openGaps', (select count(*) from continuity_gap where ${isVisible('facility')} and closed_at is null),
  'noticesWaiting', (select count(*) from notice where ${isVisible('facility')} and published_at is null),
  'lastPublished', (
    select ${instantText('published_at')} from notice where ${isVisible('facility')} and published_at is not null
    order by published_at desc limit 1),
  'lastSelfTest', (
    select ${instantText('published_at')} from notice where kind = 'self-test' and published_at is not null
    order by published_at desc limit 1)) as text)`;

const QUARANTINE = `
select json_build_object('id', record_id, 'code', code, 'reason', reason, 'facility', facility, 'thing', thing,
  'received', ${instantText('received')}, 'quarantinedAt', ${instantText('quarantined_at')}, 'state', state,
  'place', quarantined_at) as document
from quarantine
where ${isVisible('facility')} and (:taken or state <> 'reprocessed')
  and (cast(:afterTime as timestamptz) is null
    or (quarantined_at, record_id) < (cast(:afterTime as timestamptz), cast(:afterId as text)))
order by quarantined_at desc, record_id desc`;

const CONTINUITY = `
select json_build_object('facility', f.facility, 'checkedUntil', k.until_minute,
  'completeSince', case when k.until_minute is not null then (
    select max(coalesce(g.until, b.minute)) from source s
    left join lateral (${LAST_MISSING}) as g on true
    left join lateral (${FIRST_MINUTE}) as b on true
    where s.facility = f.facility) end,
  'openGaps', (select count(*) from continuity_gap where facility = f.facility and closed_at is null),
  'gaps', coalesce((
    select json_agg(json_build_object('source', source, 'from', first_minute, 'until', until_minute, 'reason', reason)
      order by first_minute desc, source)
    from (
      select s.source, g.first_minute, g.until_minute, g.reason
      from continuity_gap g join source s using (source_id)
      where g.facility = f.facility and g.closed_at is null
      order by g.first_minute desc, s.source limit ${GAPS_SHOWN}) as newest), '[]')) as document
from facility f left join continuity_checked k using (facility)
where ${isVisible('f.facility')} and f.facility collate "C" > :after
order by f.facility collate "C"`;
