import type { Limit, SourcePlan } from '../contracts/monitoring-plan.ts';
import { inForce } from '../rules/dated.ts';
import { minuteOfText } from '../time.ts';

/**
 * The value of a limit on a day of the plant's clock; undefined before the limit's first day.
 * @param date the plant's day (standard time) on which the window ends
 */
export const limitOn = (limit: Limit, date: string): Limit['versions'][number] | undefined =>
  inForce(limit.versions, date);

export interface LimitInRange {
  readonly limit: Limit;
  /** First and last hour in which the plan holds the limit, within the range asked for. */
  readonly from: number;
  readonly to: number;
}

/**
 * The limits that a source's plan holds in a range of hours. A plan's version counts from the first hour that begins
 * in it; the first version already in the hour in which it begins, as for the hours themselves.
 */
export const limitsInRange = (plan: SourcePlan, from: number, to: number): LimitInRange[] =>
  planSpans(plan).flatMap(({ limits, first, last }) => {
    const span = { from: Math.max(from, first), to: Math.min(to, last) };
    return span.from > span.to ? [] : limits.map((limit) => ({ limit, ...span }));
  });

/** Hours in which a limit that a plan names is not in force. */
export interface UnlimitedHours {
  readonly rule: string;
  readonly from: number;
  readonly to: number;
}

/** Later than any hour that there will be; the database's largest integer. */
const NEVER = 2_147_483_647;

/**
 * When the limits of a source are not in force: no version of its plan holds them, or the day of the plant's clock is
 * ahead of their first value. Each limit has hours ahead of its first, so one without any is in no version.
 */
export const unlimitedHours = (plan: SourcePlan, utcOffsetMinutes: number): UnlimitedHours[] => {
  const held = planSpans(plan).flatMap(({ limits, first, last }) =>
    limits.map(({ rule, versions }) => {
      const days = versions.map(({ effectiveFrom }) => effectiveFrom).sort();
      const firstDay = Math.ceil((minuteOfText(`${days[0]}T00:00Z`) - utcOffsetMinutes) / 60);
      return { rule, first: Math.max(first, firstDay), last };
    }),
  );
  return [...Map.groupBy(held, ({ rule }) => rule)].flatMap(([rule, spans]) => {
    let from = 0;
    const between = spans.flatMap(({ first, last }) => {
      if (first > last) return [];
      const gap = { rule, from, to: first - 1 };
      from = last + 1;
      return gap.to < gap.from ? [] : [gap];
    });
    return from > NEVER ? between : [...between, { rule, from, to: NEVER }];
  });
};

/** The versions of a source's plan in order, each with the first and last hour that count by it. */
const planSpans = ({ versions }: SourcePlan) => {
  const inOrder = [...versions].sort((a, b) => (a.effectiveFrom < b.effectiveFrom ? -1 : 1));
  const starts = inOrder.map(({ effectiveFrom }, index) => {
    const hour = minuteOfText(effectiveFrom) / 60;
    return index === 0 ? Math.floor(hour) : Math.ceil(hour);
  });
  return inOrder.map(({ limits }, index) => ({
    limits,
    first: starts[index]!,
    last: (starts[index + 1] ?? NEVER + 1) - 1,
  }));
};
