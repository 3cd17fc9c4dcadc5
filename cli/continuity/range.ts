import { InvalidArgumentError } from 'commander';
import { lastExpected } from '#core/continuity/expected';
import type { Range } from '#core/continuity/ranges';
import { MOST_DAYS } from '#core/contracts/continuity-report';
import { minuteOfText } from '#core/time';

const UNITS = { m: 1, h: 60, d: 24 * 60 } as const;

/** Minutes counted from 1970, by the minute that it is now. */
export type RangeOf = (nowMinute: number) => Range;

/** `last-30m`, `last-24h`, `last-7d`, or two minutes or days in UTC with two dots between. */
export const range = (text: string): RangeOf => {
  const [, count, unit] = /^last-([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) {
    const minutes = Number(count) * UNITS[unit as keyof typeof UNITS];
    checkLength(minutes);
    return (nowMinute) => ({ from: lastExpected(nowMinute) - minutes, until: lastExpected(nowMinute) });
  }
  const [from, until, ...more] = text.split('..').map(minuteOf);
  if (from === undefined || until === undefined || more.length > 0)
    throw new InvalidArgumentError(
      'expected last-30m, last-24h, last-7d, or FROM..UNTIL in UTC such as 2026-01-23T12:05Z..2026-01-24.',
    );
  if (from >= until) throw new InvalidArgumentError('it must end after it begins.');
  checkLength(until - from);
  return () => ({ from, until });
};

const checkLength = (minutes: number): void => {
  if (minutes > MOST_DAYS * UNITS.d)
    throw new InvalidArgumentError(`expected at most ${MOST_DAYS} days at a time: ask for parts of it.`);
};

const minuteOf = (text: string): number | undefined => {
  try {
    return minuteOfText(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00Z` : text);
  } catch {
    return undefined; // said with what is expected
  }
};
