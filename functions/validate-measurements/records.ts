import type { ValidatedMinutes } from '#core/contracts/validated-minutes';
import { minuteOfText, textOfMinute } from '#core/time';

/** Kinesis takes 1 MiB, the key included. */
const MAX_BYTES = 1_000_000;

const part = (whole: ValidatedMinutes, from: number, to: number): ValidatedMinutes => ({
  ...whole,
  start: textOfMinute(minuteOfText(whole.start) + from),
  minutes: to - from,
  sources: whole.sources.map((source) => ({
    ...source,
    firedSeconds: source.firedSeconds.slice(from, to),
    grossLoad: source.grossLoad.slice(from, to),
    readings: source.readings.slice(from, to),
    statuses: source.statuses.slice(from, to),
  })),
});

/**
 * Validated minutes as the stream takes them: one record, or several where one would be too long. A message names only
 * the channels it has, the record has every position of the plan: an hour of many sources may grow fivefold. One minute
 * of the most sources and positions that a plan may have is a third of what a record may hold.
 */
export const recordsOf = (validated: ValidatedMinutes): string[] => {
  const text = JSON.stringify(validated);
  if (Buffer.byteLength(text) <= MAX_BYTES || validated.minutes === 1) return [text];
  const half = Math.ceil(validated.minutes / 2);
  return [...recordsOf(part(validated, 0, half)), ...recordsOf(part(validated, half, validated.minutes))];
};
