import type { FacilitySummary } from '#core/contracts/api/facilities';
import type { Child } from '../dom.ts';
import { durationText } from '../format/duration.ts';
import { timeOf } from './times.ts';

type Facts = Pick<FacilitySummary, 'facility' | 'completeSince' | 'checkedUntil'>;

/** Since when nothing is missing. */
export const completeSince = ({ facility, completeSince: since }: Facts): Child =>
  since === null ? 'not checked yet' : timeOf(since, facility);

/** Up to where that was checked. */
export const checkedUntil = ({ facility, checkedUntil: until }: Facts): Child =>
  until === null ? null : ['checked to ', timeOf(until, facility)];

/** How far the stored minutes are behind now. */
export const behind = ({ minutesBehind }: Pick<FacilitySummary, 'minutesBehind'>): string =>
  minutesBehind === null ? 'no data yet' : durationText(minutesBehind);
