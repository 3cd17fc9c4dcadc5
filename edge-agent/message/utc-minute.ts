const MINUTE = 60_000;

/** A minute counted from 1970 as the contract writes it. @example minuteText(25278485) // 2018-01-23T12:05Z */
export const minuteText = (minute: number): string => `${new Date(minute * MINUTE).toISOString().slice(0, 16)}Z`;

/** The reverse of `minuteText`. */
export const minuteOf = (text: string): number => Date.parse(text) / MINUTE;
