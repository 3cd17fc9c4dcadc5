import type { ComplianceRecord } from '../contracts/compliance-record.ts';
import { hourOfText } from '../time.ts';
import { Decimal } from '../units/decimal.ts';

/** The window of a run that is furthest over its limit. */
export interface WorstWindow {
  readonly average: string;
  readonly limit: string;
  readonly parameter: string;
  readonly unit: string;
  readonly citation: string;
}

/** Windows over one limit without a window within it between; hours are counted from 1970, UTC. */
export interface Stretch {
  /** Hours in which the first and the last of them end. */
  readonly first: number;
  readonly last: number;
  readonly windows: number;
  readonly worst: WorstWindow;
}

/**
 * A run of windows over a limit: `lasting` until a later window is within the limit, or the source operates in a later
 * hour in which the limit is not in force. A window without data says nothing of the emissions, so it neither ends a run
 * nor counts in it; and while the source does not operate there are no windows at all.
 */
export interface ExceedanceRun extends Stretch {
  readonly state: 'lasting' | 'ended';
}

/** A run on record. */
export interface StoredRun extends ExceedanceRun {
  readonly id: number;
  /** What people were last told of it; undefined: nothing, as of runs older than the telling. */
  readonly told: Stretch | undefined;
}

/** The records of one source and limit in a range of hours, and what lies around it. */
export interface Surroundings {
  /** In order of their window's end. */
  readonly records: readonly ComplianceRecord[];
  /** Operating hours of the range in which the limit is not in force, in order. */
  readonly unlimited: readonly number[];
  /** Windows over the limit just ahead of the range, back to what ends a run. */
  readonly before: Stretch | undefined;
  /** Windows over the limit just after the range, and whether something later ends their run. */
  readonly after: { readonly stretch: Stretch | undefined; readonly ends: boolean };
}

/** The runs in and next to a range of hours, in order. */
export const exceedanceRuns = ({ records, unlimited, before, after }: Surroundings): ExceedanceRun[] => {
  const runs: ExceedanceRun[] = [];
  let open = before;
  const end = () => {
    if (open) runs.push({ ...open, state: 'ended' });
    open = undefined;
  };
  let passed = 0;
  const endBefore = (hour: number) => {
    for (; (unlimited[passed] ?? hour) < hour; passed++) end();
  };
  for (const record of records) {
    endBefore(hourOfText(record.windowEnd));
    if (record.state === 'exceedance') open = joined(open, stretchOf(record));
    else if (record.state === 'within') end();
  }
  endBefore(Number.POSITIVE_INFINITY);
  if (after.stretch) open = joined(open, after.stretch);
  if (after.ends) end();
  if (open) runs.push({ ...open, state: 'lasting' });
  return runs;
};

const stretchOf = ({ windowEnd, average, limit, parameter, unit, citation }: ComplianceRecord): Stretch => {
  const hour = hourOfText(windowEnd);
  // A window over its limit has an average.
  return { first: hour, last: hour, windows: 1, worst: { average: average!, limit, parameter, unit, citation } };
};

/** Two stretches as one; `earlier` begins first. */
const joined = (earlier: Stretch | undefined, later: Stretch): Stretch =>
  earlier === undefined
    ? later
    : {
        first: earlier.first,
        last: Math.max(earlier.last, later.last),
        windows: earlier.windows + later.windows,
        worst: isWorse(later.worst, earlier.worst) ? later.worst : earlier.worst,
      };

/** By the share of the limit, then by the average; of equal ones neither, so that the earlier stays. */
const isWorse = (a: WorstWindow, b: WorstWindow): boolean => {
  const [left, right] = [new Decimal(a.average).times(b.limit), new Decimal(b.average).times(a.limit)];
  return left.eq(right) ? new Decimal(a.average).gt(b.average) : left.gt(right);
};

/** What has to change on record. */
export interface Reconciliation {
  readonly created: readonly ExceedanceRun[];
  readonly changed: readonly StoredRun[];
  /** `into`: the run that now contains it; null: its windows are not over the limit any more. */
  readonly retracted: readonly { readonly run: StoredRun; readonly into: number | null }[];
}

/**
 * Holds the runs on record against those that there are. A run keeps its number as long as it overlaps; of several that
 * have become one the earliest number stays, and the others are retracted as merged into it; what was told of them was
 * then told of it. Of a run that has become several, the first keeps the number.
 * @param stored runs on record that overlap or adjoin the range; one that none of `runs` can have come from, because it
 *   lies apart from the range, is left alone
 * @param range  hours whose records have changed, inclusive
 */
export const reconcileRuns = (
  stored: readonly StoredRun[],
  runs: readonly ExceedanceRun[],
  range: { readonly from: number; readonly to: number },
): Reconciliation => {
  const span = {
    first: Math.min(range.from, ...runs.map(({ first }) => first)),
    last: Math.max(range.to, ...runs.map(({ last }) => last)),
  };
  const unclaimed = new Set(stored.filter((run) => overlap(run, span)).sort((a, b) => a.id - b.id));
  const created: ExceedanceRun[] = [];
  const kept = new Map<StoredRun, ExceedanceRun>();
  for (const run of runs) {
    const known = [...unclaimed].find((candidate) => overlap(candidate, run));
    if (known) {
      unclaimed.delete(known);
      kept.set(known, run);
    } else created.push(run);
  }
  const retracted = [...unclaimed].map((run) => ({
    run,
    into: [...kept].find(([, other]) => overlap(other, run))?.[0].id ?? null,
  }));
  const changed = [...kept].flatMap(([{ id, told, ...known }, run]): StoredRun[] => {
    const merged = retracted.flatMap(({ run, into }) => (into === id && run.told ? [run.told] : []));
    if (isSame(known, run) && merged.length === 0) return [];
    const all = [...(told ? [told] : []), ...merged].sort((a, b) => a.first - b.first);
    return [{ ...run, id, told: all.reduce<Stretch | undefined>((sum, one) => joined(sum, one), undefined) }];
  });
  return { created, changed, retracted };
};

/** Whether people were told of windows that are not in the run. */
export const isToldTooMuch = ({ told, ...run }: StoredRun): boolean =>
  told !== undefined && (told.first < run.first || told.last > run.last || told.windows > run.windows);

interface Interval {
  readonly first: number;
  readonly last: number;
}

const overlap = (a: Interval, b: Interval): boolean => a.first <= b.last && b.first <= a.last;

const isSame = (a: ExceedanceRun, b: ExceedanceRun): boolean =>
  a.first === b.first &&
  a.last === b.last &&
  a.windows === b.windows &&
  a.state === b.state &&
  WORST.every((name) => a.worst[name] === b.worst[name]);

const WORST = ['average', 'limit', 'parameter', 'unit', 'citation'] as const;
