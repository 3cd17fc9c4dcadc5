import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import { averageWords, headroomWords, limitLevel, shareOf, windowWords } from '../../../console/format/headroom.ts';

const record: ComplianceRecord = {
  v: 1,
  facility: '99101',
  source: 'CT1',
  rule: 'nox-4h',
  parameter: 'noxRate',
  unit: 'ppm',
  windowStart: '2018-01-23T12:00Z',
  windowEnd: '2018-01-23T15:00Z',
  operatingHours: 4,
  validHours: 4,
  average: '12',
  limit: '15',
  citation: 'Permit, condition 4',
  state: 'within',
  headroom: { nextHour: '14.2', hoursToLimit: null },
};

describe('the headroom of a limit in words', () => {
  it('says what the next operating hour may average', () => {
    expect(headroomWords(record)).toBe(
      'May average 14.2 ppm for the next operating hour; at present emissions the limit is kept.',
    );
  });

  it('says when the limit is passed if emissions stay as they are', () => {
    const words = (hoursToLimit: number) => headroomWords({ ...record, headroom: { nextHour: '14.2', hoursToLimit } });
    expect(words(1)).toContain('at present emissions over the limit in 1 operating hour.');
    expect(words(66)).toContain('at present emissions over the limit in 66 operating hours.');
  });

  it('says over the limit what brings it back, and when nothing does', () => {
    const over: ComplianceRecord = { ...record, state: 'exceedance', average: '16' };
    expect(headroomWords({ ...over, headroom: { nextHour: '7.5', hoursToLimit: 1 } })).toBe(
      'May average 7.5 ppm for the next operating hour to come back within the limit.',
    );
    expect(headroomWords({ ...over, headroom: { nextHour: '-3', hoursToLimit: 1 } })).toBe(
      'Even an hour without emissions does not bring the next average within the limit.',
    );
  });

  it('promises nothing where no hour has a value', () => {
    expect(headroomWords({ ...record, state: 'no-data', average: null, validHours: 0, headroom: null })).toBe(
      'No hour of the window has a value: nothing can be said of the limit.',
    );
  });

  it('cuts the allowance off after four digits and never rounds it up', () => {
    expect(headroomWords({ ...record, headroom: { nextHour: '0.1868999', hoursToLimit: null } })).toContain(
      'May average 0.1868 ppm',
    );
  });

  it('never allows more than the record does: who keeps to the words keeps the limit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (nextHour) => {
        const text = headroomWords({ ...record, headroom: { nextHour: nextHour.toFixed(12), hoursToLimit: null } });
        const said = Number(/average ([\d,.]+) ppm/.exec(text)?.[1]?.replaceAll(',', ''));
        expect(said).toBeLessThanOrEqual(Number(nextHour.toFixed(12)));
      }),
    );
  });
});

describe('how near a limit is', () => {
  const level = (changes: Partial<ComplianceRecord>) => limitLevel({ ...record, ...changes });

  it('is near from 80 % of the limit on', () => {
    expect(level({ average: '11.99' })).toBe('within');
    expect(level({ average: '12' })).toBe('near');
    expect(level({ average: '15' })).toBe('near');
  });

  it('is near when the limit is passed within three operating hours at present emissions', () => {
    expect(level({ average: '9', headroom: { nextHour: '30', hoursToLimit: 4 } })).toBe('within');
    expect(level({ average: '9', headroom: { nextHour: '30', hoursToLimit: 3 } })).toBe('near');
  });

  it('is over when the record says so, and without an average not known', () => {
    expect(level({ average: '15.0001', state: 'exceedance' })).toBe('over');
    expect(level({ average: null, state: 'no-data' })).toBe('no-data');
  });

  it('has no share where the limit is zero or nothing is averaged', () => {
    expect(shareOf({ average: '1', limit: '0' })).toBeNull();
    expect(shareOf({ average: null, limit: '15' })).toBeNull();
    expect(shareOf({ average: '12', limit: '15' })).toBeCloseTo(0.8, 12);
  });
});

describe('an average in words', () => {
  it('stands beside its limit, with its share', () => {
    expect(averageWords(record)).toBe('12 of 15 ppm (80 %)');
    expect(averageWords({ ...record, average: null })).toBe('no average; the limit is 15 ppm');
  });

  it('says how many hours of the window have a value', () => {
    expect(windowWords(record)).toBe('4 operating hours');
    expect(windowWords({ ...record, validHours: 3 })).toBe('4 operating hours, 3 of them with a value');
  });
});
