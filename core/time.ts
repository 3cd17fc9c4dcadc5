/** Minutes and hours are integers counted from 1970-01-01T00:00Z; texts are UTC, such as `2018-01-23T12:05Z`. */

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;

/**
 * @example textOfMinute(25_278_485) // '2018-01-23T12:05Z'
 */
export const textOfMinute = (minute: number): string => `${new Date(minute * MINUTE_MS).toISOString().slice(0, 16)}Z`;

export const textOfHour = (hour: number): string => textOfMinute(hour * HOUR_MINUTES);

/**
 * @throws RangeError when the text is no UTC minute or its day does not exist
 * @example minuteOfText('2018-01-23T12:05Z') // 25_278_485
 */
export const minuteOfText = (text: string): number => {
  const minute = Date.parse(text) / MINUTE_MS;
  // The way back must give the same text: Date.parse takes 30 February for 2 March.
  if (!Number.isInteger(minute) || textOfMinute(minute) !== text)
    throw new RangeError(`expected a UTC minute such as 2018-01-23T12:05Z, got ${text}`);
  return minute;
};

/** @throws RangeError when the text is no full UTC hour */
export const hourOfText = (text: string): number => {
  const hour = minuteOfText(text) / HOUR_MINUTES;
  if (!Number.isInteger(hour)) throw new RangeError(`expected a full UTC hour such as 2018-01-23T12:00Z, got ${text}`);
  return hour;
};

/** The hour in which a minute lies. */
export const hourOfMinute = (minute: number): number => Math.floor(minute / HOUR_MINUTES);

export interface PlantClock {
  /** ISO date. */
  readonly date: string;
  /** 0 to 23: the clock hour in which the hour begins. */
  readonly clockHour: number;
}

/**
 * An hour on the plant's clock: local standard time all year, no daylight saving (40 CFR Part 75 reporting).
 * @param utcOffsetMinutes minutes east of UTC, -420 for Mountain Standard Time
 * @example plantClock(hourOfText('2018-01-01T07:00Z'), -420) // { date: '2018-01-01', clockHour: 0 }
 */
export const plantClock = (hour: number, utcOffsetMinutes: number): PlantClock => {
  const local = textOfMinute(hour * HOUR_MINUTES + utcOffsetMinutes);
  return { date: local.slice(0, 10), clockHour: Number(local.slice(11, 13)) };
};
