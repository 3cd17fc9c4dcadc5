import { describe, expect, it } from 'vitest';
import { ALARM_KINDS } from '#core/alarms/alarm-kinds';
import { ACTION_CODES, REASON_CODES } from '#core/compliance/exceedance-codes';
import { GROUPS } from '#core/contracts/api/access';
import { FACILITY_STATES } from '#core/contracts/api/facilities';
import { HOUR_STATES } from '#core/contracts/api/measurements';
import { OPERATIONS } from '#core/contracts/api/operations';
import { note, why } from '#core/contracts/api/words';
import { GAP_CLASSES } from '#core/contracts/continuity-report';
import { PARAMETERS } from '#core/contracts/emission-hour';
import { EXCEEDANCE_STATES } from '#core/contracts/exceedance';
import { REPORT_STATES } from '#core/contracts/report';
import { ENDPOINTS } from '../../console/endpoints.ts';
import * as signs from '../../console/format/state.ts';
import * as words from '../../console/format/words.ts';
import { LONGEST_NOTE, SHORTEST_WHY } from '../../console/format/words.ts';

describe('the console and the contracts', () => {
  it('ask for the same operations in the same way', () => {
    const contract = Object.entries(OPERATIONS).map(([name, { method, path }]) => [name, [method, path]]);
    expect(ENDPOINTS).toEqual(Object.fromEntries(contract));
  });

  it('say the same words of alarms, reasons and actions', () => {
    expect(words.ALARM_WORDS).toEqual(ALARM_KINDS);
    expect(words.REASON_WORDS).toEqual(REASON_CODES);
    expect(words.ACTION_WORDS).toEqual(ACTION_CODES);
  });

  it('know the same groups and hourly values', () => {
    expect(Object.keys(words.GROUP_WORDS)).toEqual([...GROUPS]);
    expect(Object.keys(words.PARAMETER_WORDS)).toEqual([...PARAMETERS]);
  });

  it('take the same texts of people', () => {
    expect(why.safeParse('x'.repeat(SHORTEST_WHY)).success).toBe(true);
    expect(why.safeParse('x'.repeat(SHORTEST_WHY - 1)).success).toBe(false);
    expect(note.safeParse('x'.repeat(LONGEST_NOTE)).success).toBe(true);
    expect(note.safeParse('x'.repeat(LONGEST_NOTE + 1)).success).toBe(false);
  });
});

describe('a state', () => {
  it.each([
    ['of a facility', signs.FACILITY_SIGNS, FACILITY_STATES],
    ['of an hour', signs.HOUR_SIGNS, HOUR_STATES],
    ['of an exceedance', signs.EXCEEDANCE_SIGNS, EXCEEDANCE_STATES],
    ['of a report', signs.REPORT_SIGNS, REPORT_STATES],
    ['of a gap', signs.GAP_SIGNS, GAP_CLASSES],
    ['of a limit', signs.LIMIT_SIGNS, ['over', 'near', 'within', 'no-data']],
  ])('%s has a symbol and a word that no other has, so that nobody needs the colour', (_, all, states) => {
    expect(Object.keys(all).sort()).toEqual([...states].sort());
    const each = Object.values(all);
    expect(new Set(each.map(({ symbol }) => symbol)).size).toBe(each.length);
    expect(new Set(each.map(({ word }) => word)).size).toBe(each.length);
  });
});
