import * as z from 'zod';
import { NOT_FITTED, STATUSES } from './status.ts';

/** Largest message as it travels, compressed: IoT Core takes 128 KB, the agent stays under this. */
export const MAX_COMPRESSED_BYTES = 96 * 1024;
/** Largest message once decompressed; a longer one is quarantined unread. */
export const MAX_DECOMPRESSED_BYTES = 1024 * 1024;
export const MAX_MINUTES = 60;
export const MAX_CHANNELS = 64;
export const MAX_SOURCES = 200;

/** Name of a source or channel: no separators, no spaces. EPA has units called `**GT2`. */
export const NAME = /^[A-Za-z0-9_*][A-Za-z0-9_.*-]{0,31}$/;

/** Name of a facility, as it stands in topics, policies and file names. */
export const FACILITY_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

/** A UTC minute from 1970 to 2099, `2018-01-23T12:05Z`. */
export const MINUTE_TEXT = /^(19[7-9]\d|20\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\dZ$/;

/** The way back must give the same day: Date.parse takes 30 February for 2 March. */
const dayExists = (text: string): boolean => {
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text.slice(0, 10));
};

export const minuteText = z
  .string()
  .regex(MINUTE_TEXT, 'expected a UTC minute such as 2018-01-23T12:05Z')
  .refine(dayExists, 'expected a day that exists');

/** By code of the letter; a typed array, because every letter of every minute passes here. */
const IS_LETTER = new Uint8Array(128);
for (const letter of [...STATUSES, NOT_FITTED]) IS_LETTER[letter.charCodeAt(0)] = 1;

const isStatuses = (value: unknown): value is string => {
  if (typeof value !== 'string') return false;
  for (let i = 0; i < value.length; i++) if (IS_LETTER[value.charCodeAt(i)] !== 1) return false;
  return true;
};

const VALID = 'V'.charCodeAt(0);
const NO_DATA = 'N'.charCodeAt(0);
const ABSENT = NOT_FITTED.charCodeAt(0);

/** Far outside what any analyser reads, and inside what a store of four bytes a reading can hold. */
const LARGEST = 1e12;
const SMALLEST = 1e-30;

/** One loop over a flat array: a message holds hundreds of readings, and a schema object per reading costs ten times more. */
export const isNumbersOrNull = (value: unknown): value is (number | null)[] => {
  if (!Array.isArray(value)) return false;
  for (const item of value) {
    if (item === null) continue;
    if (typeof item !== 'number') return false;
    const size = Math.abs(item);
    // Written so that NaN fails as well.
    if (!(size <= LARGEST) || (size < SMALLEST && size !== 0)) return false;
  }
  return true;
};
export const NUMBERS_OR_NULL = `expected null or numbers up to ${LARGEST}, and none but 0 nearer to 0 than ${SMALLEST}`;

const isFiredSeconds = (value: unknown): value is number[] => {
  if (!Array.isArray(value)) return false;
  for (const item of value) if (!Number.isInteger(item) || item < 0 || item > 60) return false;
  return true;
};

const sourceMinutes = z.strictObject({
  /** Unit, stack or pipe of the facility. */
  source: z.string().regex(NAME),
  /** Higher replaces lower for the same minutes: a corrected transmission counts up. */
  revision: z.int().min(0).max(2_147_483_647).default(0),
  /** Seconds in which fuel was burned, one value a minute. */
  firedSeconds: z.custom<readonly number[]>(),
  /** Gross load, MW (or 1000 lb/h steam, by the plan), one value a minute; null where it is not known. */
  grossLoad: z.custom<readonly (number | null)[]>(),
  /** Readings, minute by minute, each minute in the order of the message's channels. */
  readings: z.custom<readonly (number | null)[]>(),
  /** One status letter a reading, in the same order. */
  statuses: z.custom<string>(),
});

interface Fault {
  readonly path: (string | number)[];
  readonly text: string;
}

/**
 * The first fault in the four lists of a source. They are checked here and not field by field: a check of its own
 * costs a field more than the loop over its values, and a message of twenty sources has eighty such fields.
 */
const faultIn = (source: z.infer<typeof sourceMinutes>, minutes: number, width: number): Fault | undefined => {
  const { firedSeconds, grossLoad, readings, statuses } = source;
  const fault = (list: string, text: string): Fault => ({ path: [list], text });
  if (!isFiredSeconds(firedSeconds)) return fault('firedSeconds', 'expected whole seconds from 0 to 60');
  if (!isNumbersOrNull(grossLoad)) return fault('grossLoad', NUMBERS_OR_NULL);
  if (!isNumbersOrNull(readings)) return fault('readings', NUMBERS_OR_NULL);
  if (!isStatuses(statuses)) return fault('statuses', 'expected status letters');
  const count = minutes * width;
  if (firedSeconds.length !== minutes)
    return fault('firedSeconds', `expected ${minutes} values, got ${firedSeconds.length}`);
  if (grossLoad.length !== minutes) return fault('grossLoad', `expected ${minutes} values, got ${grossLoad.length}`);
  if (readings.length !== count) return fault('readings', `expected ${count} values, got ${readings.length}`);
  if (statuses.length !== count) return fault('statuses', `expected ${count} letters, got ${statuses.length}`);
  for (let i = 0; i < count; i++) {
    const letter = statuses.charCodeAt(i);
    if (readings[i] === null) {
      if (letter === VALID) return { path: ['readings', i], text: 'a valid reading needs a value' };
    } else if (letter === NO_DATA || letter === ABSENT)
      return { path: ['readings', i], text: `status ${statuses[i]} has no value, got ${readings[i]}` };
  }
  return undefined;
};

/**
 * What a facility sends: one upload interval, all its sources, columnar. Facility and thing are not in it: they come
 * from the topic, which the device policy vouches for. A message without sources only says that time has passed.
 */
export const measurementMessage = z
  .strictObject({
    v: z.literal(1),
    /** First minute, UTC. */
    start: minuteText,
    /** Number of whole minutes. */
    minutes: z.int().min(1).max(MAX_MINUTES),
    channels: z.array(z.string().regex(NAME)).max(MAX_CHANNELS),
    sources: z.array(sourceMinutes).max(MAX_SOURCES),
  })
  .superRefine((message, context) => {
    const { minutes, channels, sources } = message;
    const wrong = (path: (string | number)[], text: string) =>
      context.addIssue({ code: 'custom', path, message: text });
    if (new Set(channels).size !== channels.length) wrong(['channels'], 'a channel is named twice');
    const seen = new Set<string>();
    for (const [s, source] of sources.entries()) {
      if (seen.has(source.source)) wrong(['sources', s, 'source'], `source ${source.source} stands twice`);
      seen.add(source.source);
      const fault = faultIn(source, minutes, channels.length);
      if (fault) wrong(['sources', s, ...fault.path], fault.text);
    }
  });

export type MeasurementMessage = z.infer<typeof measurementMessage>;
