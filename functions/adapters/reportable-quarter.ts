import type { ReportRequest } from '#core/contracts/report';
import { quarterName } from '#core/report/names';
import { quarterHours } from '#core/report/quarter';
import type { QuarterStore } from './data-api-quarter.ts';

const HOUR_MS = 3_600_000;

/**
 * Why no report can be made of a quarter: it has not begun by the plant's clock, or nothing of it is stored. Asked before
 * anything is started, so that a wish that cannot come true disturbs nobody.
 * @param now milliseconds since 1970, UTC
 * @returns undefined when one can be made
 */
export const whyNoReport = async (
  store: Pick<QuarterStore, 'facilityHasHours'>,
  { facility, ...quarter }: ReportRequest,
  { utcOffsetMinutes, now }: { readonly utcOffsetMinutes: number; readonly now: number },
): Promise<string | undefined> => {
  const { from, until, firstDay } = quarterHours(quarter, utcOffsetMinutes);
  if (from * HOUR_MS > now)
    return `${quarterName(quarter)} has not begun at facility ${facility}: its first day is ${firstDay}`;
  if (await store.facilityHasHours(facility, { from, until })) return undefined;
  return `no hour of ${facility} ${quarterName(quarter)} is stored: a report needs at least one`;
};
