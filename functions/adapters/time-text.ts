/** A timestamp as ISO 8601, UTC, in SQL; null stays null. */
export const instantText = (column: string): string =>
  `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** A minute counted from 1970 as text, in SQL. */
export const minuteText = (column: string): string =>
  `to_char(to_timestamp(cast(${column} as bigint) * 60) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI"Z"')`;

/** An hour counted from 1970 as the text of its first minute, in SQL. */
export const hourText = (column: string): string => minuteText(`${column} * 60`);
