import { z } from 'zod';
import { minuteText } from './measurement-message.ts';

/** One source's part of a message that has passed validation: readings stand at the plan's positions. */
const validatedSource = z.strictObject({
  sourceId: z.int().min(1),
  revision: z.int().min(0),
  firedSeconds: z.array(z.number()),
  grossLoad: z.array(z.number().nullable()),
  /** One array a minute; index 0 is position 1. */
  readings: z.array(z.array(z.number().nullable())),
  /** One string a minute, a letter a position; range findings are in it. */
  statuses: z.array(z.string()),
});

/** What validate-measurements passes on: a facility's minutes, ready to be stored. */
export const validatedMinutes = z.strictObject({
  v: z.literal(1),
  facility: z.string(),
  start: minuteText,
  minutes: z.int().min(1).max(60),
  sources: z.array(validatedSource),
});

export type ValidatedMinutes = z.infer<typeof validatedMinutes>;
