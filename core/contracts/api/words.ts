import * as z from 'zod';
import { FACILITY_NAME, NAME } from '../measurement-message.ts';

/** Words that several answers of the API share. */
export const facilityName = z.string().regex(FACILITY_NAME, 'expected the name of a facility');
export const sourceName = z.string().regex(NAME, 'expected the name of a source');
export const ruleName = z.string().regex(NAME, 'expected the name of a limit');
export const instant = z.iso.datetime();
/** Where the next page begins; null on the last one. Given back as `cursor`. */
export const nextCursor = z.string().nullable();
export const cursor = z.string().max(200).optional();
/** A free text of a person; no control characters but line feeds. */
export const note = z
  .string()
  .trim()
  .max(2000)
  .regex(/^[^\p{Cc}\p{Cs}]*(\n[^\p{Cc}\p{Cs}]*)*$/u, 'expected text without control characters and half characters');
/** Why a person changes something; it stands in the audit trail. */
export const why = note.min(3, 'expected a reason of at least 3 characters');
