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
    const read = whole ? place.safeParse(JSON.parse(text)) : undefined;
    if (!read?.success)
      throw violation([
        { path: 'query.cursor', message: 'is not one that this list has given; begin without a cursor' },
      ]);
    return read.data;
  },
});

const SUM_LENGTH = 8;

const parted = (text: string): [string, string] => [text.slice(0, SUM_LENGTH), text.slice(SUM_LENGTH)];

/** No secret: a cursor gives nobody more than the list does. It tells a damaged one, or one of another list. */
const sumOf = (list: string, text: string): string =>
  createHash('sha256').update(`${list}\n${text}`).digest('hex').slice(0, SUM_LENGTH);

/** A number below which the list goes on, and where it begins. */
export const numberPlace = z.int().min(0);
export const FIRST_NUMBER = Number.MAX_SAFE_INTEGER;
