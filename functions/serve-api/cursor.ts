import { createHash } from 'node:crypto';
import * as z from 'zod';
import { violation } from './api-problem.ts';

/** Places in a list, as they travel: opaque, and good for the list that gave them. */
export const cursorOf = <Place extends z.ZodType>(list: string, place: Place) => ({
  write: (value: z.output<Place>): string => {
    const text = JSON.stringify(value);
    return Buffer.from(`${sumOf(list, text)}${text}`).toString('base64url');
  },

  /**
   * Undefined for the beginning.
   * @throws ApiProblem 400 for one that this list has not given
   */
  read: (cursor: string | undefined): z.output<Place> | undefined => {
    if (cursor === undefined) return undefined;
    const [sum, text] = parted(Buffer.from(cursor, 'base64url').toString('utf8'));
    // The same bytes have several spellings in base64; only the one that was given is taken.
    const whole = sum === sumOf(list, text) && Buffer.from(`${sum}${text}`).toString('base64url') === cursor;
    const read = whole ? place.safeParse(jsonOf(text)) : undefined;
    if (!read?.success)
      throw violation([
        { path: 'query.cursor', message: 'is not one that this list has given; begin without a cursor' },
      ]);
    return read.data;
  },
});

const SUM_LENGTH = 8;

const parted = (text: string): [string, string] => [text.slice(0, SUM_LENGTH), text.slice(SUM_LENGTH)];

/**
 * No secret: a cursor gives nobody more than the list does. It tells a damaged one, or one of another list. Anybody can
 * make one that fits, so what is in it is held to the schema of its place like any other thing that is given.
 */
const sumOf = (list: string, text: string): string =>
  createHash('sha256').update(`${list}\n${text}`).digest('hex').slice(0, SUM_LENGTH);

/** Undefined, which is no place, for what is not JSON. */
const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const LARGEST_INT4 = 2_147_483_647;
const END_OF_TIME = Date.UTC(2100, 0, 1);

/** A number below which the list goes on, and where it begins. */
export const numberPlace = z.int().min(1).max(LARGEST_INT4);
export const FIRST_NUMBER = Number.MAX_SAFE_INTEGER;

/** Counted from 1970; also the one after the last. */
export const minutePlace = z
  .int()
  .min(0)
  .max(END_OF_TIME / 60_000);
export const hourPlace = z
  .int()
  .min(0)
  .max(END_OF_TIME / 3_600_000);

/** As PostgreSQL writes one, to the microsecond. It knows no offsets like +23:59, which ISO 8601 has. */
export const instantPlace = z.iso
  .datetime({ offset: true })
  .max('2026-03-01T12:00:30.123456+00:00'.length)
  .regex(/(Z|[+-](0\d|1[0-4]):[0-5]\d)$/)
  .refine((text) => Date.parse(text) >= 0 && Date.parse(text) < END_OF_TIME);
