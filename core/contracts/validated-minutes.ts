import * as z from 'zod';
import { isNumbersOrNull, minuteText, NUMBERS_OR_NULL } from './measurement-message.ts';

const numbers = z.custom<readonly number[]>(
  (value) => isNumbersOrNull(value) && !value.includes(null),
  'expected finite numbers',
);
const numbersOrNull = z.custom<readonly (number | null)[]>(isNumbersOrNull, NUMBERS_OR_NULL);
const minutesOfReadings = z.custom<(readonly (number | null)[])[]>(
  (value) => Array.isArray(value) && value.every(isNumbersOrNull),
  'expected a list of finite numbers or null for each minute',
);

/** One source's part of a message that has passed validation: readings stand at the plan's positions. */
const validatedSource = z.object({
  sourceId: z.int().min(1),
  /** Its name in the plan. */
  source: z.string().optional(),
  /** Which list of `channels` names its positions; the first when it does not say. */
  layout: z.int().min(0).optional(),
  revision: z.int().min(0),
  firedSeconds: numbers,
  grossLoad: numbersOrNull,
  /** One array a minute; index 0 is position 1. */
  readings: minutesOfReadings,
  /** One string a minute, a letter a position; range findings are in it. */
  statuses: z.array(z.string()),
});

/**
 * What validate-measurements passes on: a facility's minutes, ready to be stored. Names are for readers that have no
 * plan. While a new version is rolled out old and new code read the same stream, so a reader passes over what it does
 * not know, and what was added later may be absent.
 */
export const validatedMinutes = z.object({
  v: z.literal(1),
  facility: z.string(),
  start: minuteText,
  minutes: z.int().min(1).max(60),
  /** Lists of channel names by position, empty where a source has no channel; each list once, whoever shares it. */
  channels: z.array(z.array(z.string())).optional(),
  sources: z.array(validatedSource),
});

export type ValidatedMinutes = z.infer<typeof validatedMinutes>;
