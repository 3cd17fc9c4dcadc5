import type { Group } from '#core/contracts/api/access';
import type { Parameter } from '#core/contracts/emission-hour';
import { PARAMETER_WORDS as SMALL } from '#core/hour/parameter-words';

/*
 * Words of the contracts, and words for what the contracts have only a code for. The contracts' modules hold their
 * schemas too, which the bundle does without; a test holds the words here to the ones there.
 */

export { ALARM_KINDS as ALARM_WORDS } from '#core/alarms/alarm-kinds';
export { ACTION_CODES as ACTION_WORDS, REASON_CODES as REASON_WORDS } from '#core/compliance/exceedance-codes';

export const GROUP_WORDS: Readonly<Record<Group, string>> = {
  viewer: 'Viewer: sees',
  operator: 'Operator: acknowledges and explains',
  engineer: 'Engineer: starts reports, sets alarms, reads the audit trail',
  admin: 'Administrator',
};

/** With a capital, for a heading or a sentence. */
export const capital = (words: string): string => `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;

/** Names of the hourly values, with a capital; rates are per hour of operation, the others totals of the hour. */
export const PARAMETER_WORDS = Object.fromEntries(
  Object.entries(SMALL).map(([parameter, words]) => [parameter, capital(words)]),
) as Readonly<Record<Parameter, string>>;

/** EPA's fuel codes that the rules here know; another code stands for itself. */
const FUELS: Readonly<Record<string, string>> = {
  PNG: 'pipeline natural gas',
  NNG: 'natural gas',
  DSL: 'diesel oil',
  C: 'coal',
};
export const fuelWords = (code: string): string => FUELS[code] ?? code;

/** The shortest reason that the audit trail takes and the longest text of a person, in characters. */
export const SHORTEST_WHY = 3;
export const LONGEST_NOTE = 2000;
