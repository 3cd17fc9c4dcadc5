import type { WatchedFacility } from '#adapters/data-api-continuity';
import { lastExpected } from '#core/continuity/expected';
import type { Hole } from '#core/continuity/find-gaps';
import { joinGaps } from '#core/continuity/join-gaps';
import { minutesIn, type Range, unite } from '#core/continuity/ranges';
import { CLASS_OF_REASON, GAP_CLASSES, type Gap, type GapClass, isMissing } from '#core/contracts/continuity-report';
import { hourOfMinute } from '#core/time';
import { ask } from './ask.ts';
import { type ExamineFacility, examine, hull } from './examine.ts';
import { portions, type SizedRange } from './portions.ts';

const DAY = 24 * 60;
/** After a longer standstill of the check itself, older minutes are for a check on request. */
const MOST = 31 * DAY;
/** Gaps of a facility that are remembered one by one; where there are more, near ones are remembered together. */
const MOST_REMEMBERED = 500;
/** Facilities with gaps that are looked into at a time. */
const AT_A_TIME = 8;

export interface RegularResult {
  readonly facilities: number;
  /** Minutes of open gaps by class; what was stored without a reading, or not reported, of the minutes looked at now. */
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
  for (const portion of portions(windows)) for (const hole of await store.holes(portion)) holes.push(hole);

  const lacking = Map.groupBy(holes, ({ facility }) => facility);
  const looked = Map.groupBy(windows, ({ facility }) => facility);
  const open = new Map<string, readonly Gap[]>();
  const failed = new Map<string, unknown>();
  let asked = 0;
  const lookInto = async (facility: string) => {
    const found = lacking.get(facility) ?? [];
    try {
      const now =
        found.length > 0 ? await gapsNow(parts, facility, hull(looked.get(facility)!), found, nowMinute) : NOTHING;
      const missing = now.gaps.filter(isToBeRemembered);
      if (missing.length > 0 || remembered.has(facility))
        await store.rememberGaps(facility, joinGaps(missing, MOST_REMEMBERED));
      open.set(facility, now.gaps);
      asked += now.asked;
    } catch (error) {
      failed.set(facility, error);
    }
  };
  const troubled = watched.map(({ facility }) => facility).filter((one) => lacking.has(one) || remembered.has(one));
  for (let i = 0; i < troubled.length; i += AT_A_TIME)
    await Promise.all(troubled.slice(i, i + AT_A_TIME).map(lookInto));

  const checked = watched.filter(({ facility }) => !failed.has(facility));
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

/** What one agent has left out of its messages it does not have: there is nothing to come back to but a declaration. */
const isToBeRemembered = (gap: Gap): boolean => isMissing(gap) && gap.reason !== 'not-reported';

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
  range: Range,
  holes: readonly Hole[],
  nowMinute: number,
) => {
  const { examined, asked } = await ask(parts, await examine(parts, facility, range, holes, nowMinute));
  return { gaps: examined.gaps, asked: asked.length };
};

const minutesByClass = (gaps: readonly Gap[]): Readonly<Record<GapClass, number>> => {
  const minutes = Object.fromEntries(GAP_CLASSES.map((name) => [name, 0])) as Record<GapClass, number>;
  for (const gap of gaps) minutes[CLASS_OF_REASON[gap.reason]] += minutesIn([gap]);
  return minutes;
};
