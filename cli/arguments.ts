import { InvalidArgumentError, Option } from 'commander';
import { SERIAL_NUMBER, THING_NAME } from '#core/contracts/device';
import { FACILITY_NAME, NAME } from '#core/contracts/measurement-message';
import { minuteOfText } from '#core/time';

const matching = (pattern: RegExp, expected: string) => (text: string) => {
  if (!pattern.test(text)) throw new InvalidArgumentError(`expected ${expected}.`);
  return text;
};

export const facilityName = matching(FACILITY_NAME, 'a name of up to 32 letters, digits and _ -');
export const sourceName = matching(NAME, 'a name of up to 32 letters, digits and _ . * -');
export const serialNumber = matching(SERIAL_NUMBER, '3 to 64 letters, digits and -');
export const thingName = matching(THING_NAME, '1 to 128 letters, digits and : _ -, not beginning with claim-');

/** Minutes since 1970. */
export const minute = (text: string): number => {
  try {
    return minuteOfText(text);
  } catch {
    throw new InvalidArgumentError('expected a UTC minute such as 2026-01-23T12:05Z.');
  }
};

/** ISO 8601 in UTC, from a day or a minute. */
export const time = (text: string): string => {
  const day = /^\d{4}-\d\d-\d\d$/.test(text);
  const at = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{3})?)?Z)?$/.test(text) ? new Date(text) : new Date(Number.NaN);
  // Date takes 30 February for 2 March.
  if (Number.isNaN(at.getTime()) || !at.toISOString().startsWith(day ? text : text.slice(0, 16)))
    throw new InvalidArgumentError('expected a day or time in UTC such as 2026-01-23 or 2026-01-23T12:05Z.');
  return at.toISOString();
};

const MAX_LIMIT = 10_000;

export const count = (text: string): number => {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MAX_LIMIT)
    throw new InvalidArgumentError(`expected a whole number from 1 to ${MAX_LIMIT}.`);
  return number;
};

export const wholeNumber = (text: string): number => {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
};

const MAX_WHY = 500;

const reason = (text: string): string => {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > MAX_WHY || /\p{Cc}/u.test(trimmed))
    throw new InvalidArgumentError(`expected a reason in one line of up to ${MAX_WHY} characters.`);
  return trimmed;
};

/** Every change says why; where most changes need no explaining, it may be left out. */
export const why = () => new Option('--why <reason>', 'goes into the audit trail').argParser(reason);
export const mandatoryWhy = () => why().makeOptionMandatory();
