import type { FacilitySummary } from '#core/contracts/api/facilities';
import type { Child } from '../dom.ts';
import { lag, timeOf } from './times.ts';

type Facts = Pick<FacilitySummary, 'facility' | 'completeSince' | 'checkedUntil'>;

/** Since when nothing is missing. */
export const completeSince = ({ facility, completeSince: since }: Facts): Child =>
  since === null ? 'not checked yet' : timeOf(since, facility);

/** Up to where that was checked. */
export const checkedUntil = ({ facility, checkedUntil: until }: Facts): Child =>
  until === null ? null : ['checked to ', timeOf(until, facility)];

/** How far the stored minutes are behind now. */
export const behind = ({ lastMinute }: Pick<FacilitySummary, 'lastMinute'>): Child =>
  lastMinute === null ? 'no data yet' : lag(lastMinute);
