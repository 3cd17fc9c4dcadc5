import { minuteOfText, textOfMinute } from '#core/time';

/**
 * The newest calendar quarter of the plant in which a whole hour is stored; undefined before the first.
 * @param lastMinute the newest stored minute, UTC
 */
export const newestQuarter = ({
  lastMinute,
  utcOffsetMinutes,
}: {
  readonly lastMinute: string | null;
  readonly utcOffsetMinutes: number;
}): { readonly year: number; readonly quarter: number } | undefined => {
  if (lastMinute === null) return undefined;
  // The hour that the newest minute belongs to may not be over yet: the one before it is.
  const day = textOfMinute(minuteOfText(lastMinute) - 59 + utcOffsetMinutes);
  return { year: Number(day.slice(0, 4)), quarter: Math.ceil(Number(day.slice(5, 7)) / 3) };
};
