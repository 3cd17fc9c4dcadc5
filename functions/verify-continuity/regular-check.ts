import type { FacilityRange, WatchedFacility } from '#adapters/data-api-continuity';
import { lastExpected } from '#core/continuity/expected';
import type { Hole } from '#core/continuity/find-gaps';
import { minutesIn, unite } from '#core/continuity/ranges';
import { CLASS_OF_REASON, GAP_CLASSES, type Gap, type GapClass, isMissing } from '#core/contracts/continuity-report';
import { hourOfMinute } from '#core/time';
import { ask } from './ask.ts';
import { type ExamineFacility, examine, hull } from './examine.ts';
import { portions, type SizedRange } from './portions.ts';

const DAY = 24 * 60;
/** After a longer standstill of the check itself, older minutes are for a check on request. */
const MOST = 31 * DAY;
/** Facilities with gaps that are looked into at a time. */
const AT_A_TIME = 8;

export interface RegularResult {
  readonly facilities: number;
  /** Minutes of open gaps by class, and for an analyser that is down of those looked at now. */
  readonly gapMinutes: Readonly<Record<GapClass, number>>;
  readonly facilitiesOffline: number;
  readonly asked: number;
  readonly failed: ReadonlyMap<string, unknown>;
}

/**
 * Looks at the minutes that have come due since the last time and at the gaps that were open then; once an hour at the
 * whole last day again, for minutes before those that a source began with. Gaps are remembered, and edge agents asked
 * for them. A facility that cannot be looked into stays to be looked at, and the others go on.
 */
export const regularCheck = async (parts: ExamineFacility, nowMinute: number): Promise<RegularResult> => {
  const { store } = parts;
  const until = lastExpected(nowMinute);
  const hour = hourOfMinute(nowMinute);
  const watched = await store.facilities();
  const remembered = await store.openGaps();
  const windows = watched.flatMap((facility) => windowsOf(facility, remembered.get(facility.facility), until, hour));
  const holes: (Hole & { readonly facility: string })[] = [];
  for (const portion of portions(windows)) holes.push(...(await store.holes(portion)));

  const lacking = Map.groupBy(holes, ({ facility }) => facility);
  const open = new Map<string, readonly Gap[]>();
  const failed = new Map<string, unknown>();
  let asked = 0;
  const lookInto = async (facility: string) => {
    const found = lacking.get(facility) ?? [];
    try {
      const looked = found.length > 0 ? await gapsNow(parts, facility, windows, found, nowMinute) : NOTHING;
      const missing = looked.gaps.filter(isMissing);
      if (missing.length > 0 || remembered.has(facility)) await store.rememberGaps(facility, missing);
      open.set(facility, looked.gaps);
      asked += looked.asked;
    } catch (error) {
      failed.set(facility, error);
    }
  };
  const troubled = watched.map(({ facility }) => facility).filter((one) => lacking.has(one) || remembered.has(one));
  for (let i = 0; i < troubled.length; i += AT_A_TIME)
    await Promise.all(troubled.slice(i, i + AT_A_TIME).map(lookInto));

  const checked = watched.map(({ facility }) => facility).filter((one) => !failed.has(one));
  await store.markChecked(checked, until, hour);
  const gaps = [...open.values()];
  return {
    facilities: watched.length,
    gapMinutes: minutesByClass(gaps.flat()),
    facilitiesOffline: gaps.filter((some) => some.some(({ reason }) => reason === 'facility-silent')).length,
    asked,
    failed,
  };
};

const NOTHING: { readonly gaps: readonly Gap[]; readonly asked: number } = { gaps: [], asked: 0 };

const windowsOf = (
  { facility, sources, checkedUntil, sweptHour }: WatchedFacility,
  gaps: readonly Gap[] = [],
  until: number,
  hour: number,
): SizedRange[] => {
  const since = checkedUntil ?? until - DAY;
  const from = Math.max(until - MOST, sweptHour === hour ? since : Math.min(since, until - DAY));
  return unite([...gaps, { from, until }]).map((range) => ({ ...range, facility, sources }));
};

const gapsNow = async (
  parts: ExamineFacility,
  facility: string,
  windows: readonly FacilityRange[],
  holes: readonly Hole[],
  nowMinute: number,
) => {
  const range = hull(windows.filter((window) => window.facility === facility));
  const { examined, asked } = await ask(parts, await examine(parts, facility, range, holes, nowMinute));
  return { gaps: examined.gaps, asked: asked.length };
};

const minutesByClass = (gaps: readonly Gap[]): Readonly<Record<GapClass, number>> => {
  const minutes = Object.fromEntries(GAP_CLASSES.map((name) => [name, 0])) as Record<GapClass, number>;
  for (const gap of gaps) minutes[CLASS_OF_REASON[gap.reason]] += minutesIn([gap]);
  return minutes;
};
