import { textOfMinute } from '#core/time';

/*
 * Times stand on the plant's clock: standard time all year, as the records are kept (40 CFR Part 75). A person in
 * another zone reads the same time as the people at the stack.
 */

const MINUTE_MS = 60_000;
const MINUS = '−';

/** @example offsetText(-420) // 'UTC−7'; offsetText(330) // 'UTC+5:30' */
export const offsetText = (utcOffsetMinutes: number): string => {
  const size = Math.abs(utcOffsetMinutes);
  const minutes = size % 60 === 0 ? '' : `:${String(size % 60).padStart(2, '0')}`;
  return `UTC${utcOffsetMinutes < 0 ? MINUS : '+'}${Math.floor(size / 60)}${minutes}`;
};

const onPlantClock = (utc: string | number, utcOffsetMinutes: number): string | undefined => {
  const ms = typeof utc === 'number' ? utc : Date.parse(utc);
  return Number.isFinite(ms) ? textOfMinute(Math.floor(ms / MINUTE_MS) + utcOffsetMinutes) : undefined;
};

/** Day and minute on the plant's clock. @example plantTime('2018-01-23T12:05Z', -420) // '2018-01-23 05:05' */
export const plantTime = (utc: string | number, utcOffsetMinutes: number): string => {
  const local = onPlantClock(utc, utcOffsetMinutes);
  return local === undefined ? String(utc) : `${local.slice(0, 10)} ${local.slice(11, 16)}`;
};

/** The minute alone. @example plantMinute('2018-01-23T12:05Z', -420) // '05:05' */
export const plantMinute = (utc: string | number, utcOffsetMinutes: number): string =>
  plantTime(utc, utcOffsetMinutes).slice(11);

/** An hour as people speak of it. @example plantHour('2018-01-23T12:00Z', -420) // '2018-01-23 05:00–06:00' */
export const plantHour = (utc: string, utcOffsetMinutes: number): string => {
  const start = Date.parse(utc);
  if (!Number.isFinite(start)) return utc;
  const end = plantMinute(start + 60 * MINUTE_MS, utcOffsetMinutes);
  return `${plantTime(start, utcOffsetMinutes)}–${end === '00:00' ? '24:00' : end}`;
};

/** The day alone, where it is not today; for tables in which most rows are of today. */
export const plantTimeShort = (utc: string | number, utcOffsetMinutes: number, now: number): string => {
  const [text, today] = [plantTime(utc, utcOffsetMinutes), plantTime(now, utcOffsetMinutes)];
  return text.slice(0, 10) === today.slice(0, 10) ? text.slice(11) : text;
};
