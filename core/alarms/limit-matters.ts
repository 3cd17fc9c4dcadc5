import { Decimal } from '../units/decimal.ts';
import { counted, figureAgainst, percent, plantHour } from './figures.ts';
import { holding, type Matter, openAlarmOf } from './matter.ts';
import type { LimitStanding, PlantState } from './plant-state.ts';

/** An average must fall so far below a share, as a share of the limit, before it counts as below. */
export const SHARE_HYSTERESIS = 0.02;
/** So many hours more than those that raise a warning must there be before it clears. */
const HEADROOM_HYSTERESIS_HOURS = 1;

/**
 * Warnings ahead of a limit, from its newest window. While it is exceeded, and while a window has no data, they stay as
 * they are: the exceedance is told of, and no data say nothing.
 */
export const limitMatters = (state: PlantState): Matter[] =>
  state.limits.flatMap((standing) => [...shareMatters(state, standing), ...headroomMatters(state, standing)]);

const shareMatters = (state: PlantState, standing: LimitStanding): Matter[] => {
  const name = { source: standing.source, kind: 'limit-warning', subject: standing.rule, run: null } as const;
  const open = openAlarmOf(state, name);
  const { warningShares } = state.settings;
  if (warningShares.length === 0) return [];
  if (standing.state !== 'within') return open ? [holding(open)] : [];
  const reached = warningShares.filter((share) => isAt(standing, share)).reduce((a, b) => Math.max(a, b), 0);
  const keeps =
    open !== undefined &&
    open.level > reached &&
    warningShares.includes(open.level) &&
    isAt(standing, open.level - SHARE_HYSTERESIS);
  const level = keeps ? open.level : reached;
  if (level === 0) return [];
  const { source, rule, average, limit, unit, operatingHours, windowEnd } = standing;
  const text =
    `Source ${source} has reached ${percent(level)} of its limit ${rule}: ${figureAgainst(average!, limit)} ${unit} ` +
    `on average over ${counted(operatingHours, 'operating hour')} where ${limit} is allowed, ` +
    `as of the hour of ${plantHour(windowEnd, state.utcOffsetMinutes)}.${nextHour(standing)}`;
  return [{ ...name, minute: windowEnd * 60, level, text, stand: 'raise' }];
};

/** A limit of 0 or less has no shares. */
const isAt = ({ average, limit }: LimitStanding, share: number): boolean =>
  average !== null && new Decimal(limit).gt(0) && new Decimal(average).gte(new Decimal(limit).times(share));

const headroomMatters = (state: PlantState, standing: LimitStanding): Matter[] => {
  const name = { source: standing.source, kind: 'headroom', subject: standing.rule, run: null } as const;
  const open = openAlarmOf(state, name);
  const { headroomHours } = state.settings;
  if (headroomHours === null) return [];
  if (standing.state !== 'within') return open ? [holding(open)] : [];
  const { source, rule, hoursToLimit, windowEnd } = standing;
  if (hoursToLimit === null) return [];
  if (hoursToLimit > headroomHours)
    return open && hoursToLimit <= headroomHours + HEADROOM_HYSTERESIS_HOURS ? [holding(open)] : [];
  const text =
    `At present emissions source ${source} exceeds its limit ${rule} in ${counted(hoursToLimit, 'operating hour')}, ` +
    `as of the hour of ${plantHour(windowEnd, state.utcOffsetMinutes)}.${nextHour(standing)}`;
  return [{ ...name, minute: windowEnd * 60, level: 0, text, stand: 'raise' }];
};

const nextHour = ({ nextHour, unit }: LimitStanding): string => {
  if (nextHour === null) return '';
  const allowed = new Decimal(nextHour);
  // Rounded down: keeping to what is said is keeping the limit.
  return allowed.lt(0)
    ? ' Not even an hour without emissions keeps it.'
    : ` The next operating hour may average ${allowed.toSignificantDigits(4, Decimal.ROUND_DOWN).toFixed()} ${unit}.`;
};
