import type { SourceMinute } from '../ports.ts';
import { Decimal } from '../units/decimal.ts';

/*
 * The digest of stored minutes, so that anybody with the minutes can compute it again:
 *
 * 1. A minute is one line, a JSON list without blanks, ended by a line feed:
 *    [minute, revision, seconds fired, gross load, [readings], "statuses"]
 *    The minute counts from 1970-01-01T00:00Z. Readings stand at the monitoring plan's positions, a status letter for
 *    each. Readings and load are null or decimal numbers without exponent, in the fewest digits that are nearer to the
 *    stored number of 32 bits than to any other: 14992.3, not 14992.2998046875.
 * 2. The digest of a source's day in UTC is the SHA-256 of the lines of its stored minutes in the range, in order of
 *    time. A day of which no minute is stored has none.
 * 3. The digest of a source is the SHA-256 of one line a day in order, "<date> <digest>" and a line feed.
 * 4. The digest of everything is the SHA-256 of one line a source, "<facility> <source> <digest>" and a line feed, by
 *    facility and source in the order of their UTF-16 code units.
 *
 * Digests are 64 lower-case hexadecimal digits, texts are UTF-8.
 */

/** SHA-256 of a text in UTF-8, in hexadecimal: core has no cryptography of its own. */
export type Sha256 = (text: string) => string;

const plainNumber = (value: number | null): string => (value === null ? 'null' : new Decimal(value).toFixed());

/** The line of one stored minute. */
export const minuteLine = ({ minute, revision, firedSeconds, grossLoad, readings, statuses }: SourceMinute): string =>
  `[${minute},${revision},${firedSeconds},${plainNumber(grossLoad)},[${readings.map(plainNumber).join()}],"${statuses}"]\n`;

export interface DayDigest {
  readonly source: string;
  /** Days since 1970 in UTC. */
  readonly day: number;
  readonly minutes: number;
  readonly digest: string;
}

const DAY_MS = 24 * 60 * 60_000;
const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** A source's digest and how many minutes it covers, from those of its days in any order. */
export const sourceDigest = (days: readonly DayDigest[], sha256: Sha256) => ({
  storedMinutes: days.reduce((sum, { minutes }) => sum + minutes, 0),
  digest: sha256(
    [...days]
      .sort((a, b) => a.day - b.day)
      .map(({ day, digest }) => `${dateOf(day)} ${digest}\n`)
      .join(''),
  ),
});

interface DigestedFacility {
  readonly facility: string;
  readonly sources: readonly { readonly source: string; readonly digest: string }[];
}

/** The digest of everything, from those of the sources in any order. */
export const wholeDigest = (facilities: readonly DigestedFacility[], sha256: Sha256): string =>
  sha256(
    facilities
      .flatMap(({ facility, sources }) => sources.map(({ source, digest }) => ({ facility, source, digest })))
      .sort((a, b) => compare(a.facility, b.facility) || compare(a.source, b.source))
      .map(({ facility, source, digest }) => `${facility} ${source} ${digest}\n`)
      .join(''),
  );

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
