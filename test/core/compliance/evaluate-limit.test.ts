import { describe, expect, it } from 'vitest';
import { evaluateLimit } from '#core/compliance/evaluate-limit';
import { limitOn, limitsInRange } from '#core/compliance/limits';
import { complianceRecord } from '#core/contracts/compliance-record';
import type { EmissionHour } from '#core/contracts/emission-hour';
import type { Limit } from '#core/contracts/monitoring-plan';
import { hourOfText, plantClock, textOfHour } from '#core/time';
import { turbineVersion } from '../sample-plan.ts';

const FIRST = hourOfText('2018-01-23T12:00Z');

const limit: Limit = {
  rule: 'NOX-4H',
  parameter: 'noxRate',
  unit: 'lb/mmBtu',
  operatingHours: 4,
  versions: [{ effectiveFrom: '2018-01-01', value: '15', citation: '40 CFR 60.4380(b)(1)' }],
};

/** An operating hour that holds nothing but the NOx rate. */
const operatingHour = (hour: number, noxRate: string | null): EmissionHour => ({
  v: 1,
  facility: 'PLANT',
  source: 'U1',
  hour: textOfHour(hour),
  ...plantClock(hour, -420),
  minutes: 60,
  operatingTime: '1',
  grossLoad: null,
  channels: {},
  values: { noxRate: { value: noxRate, unit: 'lb/mmBtu', equation: '19-1', modc: noxRate === null ? null : '01' } },
});

const hoursOf = (values: readonly (string | null)[]) => values.map((value, i) => operatingHour(FIRST + i, value));
const everything = { from: 0, to: Number.MAX_SAFE_INTEGER };

describe('a rolling limit over four operating hours', () => {
  const records = evaluateLimit({ hours: hoursOf(['14.0', '15.5', '16.0', '15.2', '13.0']), limit, ...everything });

  it('has a record from the fourth operating hour on (V-502)', () =>
    expect(records.map(({ average, state }) => [average, state])).toEqual([
      ['15.175', 'exceedance'],
      ['14.925', 'within'],
    ]));

  it('says of each window where it lies, which limit applied, and what room is left', () => {
    for (const record of records) expect(() => complianceRecord.parse(record)).not.toThrow();
    expect(records[1]).toEqual({
      v: 1,
      facility: 'PLANT',
      source: 'U1',
      rule: 'NOX-4H',
      parameter: 'noxRate',
      unit: 'lb/mmBtu',
      windowStart: '2018-01-23T13:00Z',
      windowEnd: '2018-01-23T16:00Z',
      operatingHours: 4,
      validHours: 4,
      average: '14.925',
      limit: '15',
      citation: '40 CFR 60.4380(b)(1)',
      state: 'within',
      // 4 x 15 - (16 + 15.2 + 13); 13 an hour never exceeds 15.
      headroom: { nextHour: '15.8', hoursToLimit: null },
    });
    // 4 x 15 - (15.5 + 16 + 15.2); at 15.2 the next window is over again.
    expect(records[0]?.headroom).toEqual({ nextHour: '13.3', hoursToLimit: 1 });
  });

  it('passes over hours in which the source stood still: they are not in the list', () => {
    const hours = [0, 5, 100, 2000].map((after) => operatingHour(FIRST + after, '14'));
    const [record] = evaluateLimit({ hours, limit, ...everything });
    expect(record).toMatchObject({ windowStart: hours[0]?.hour, windowEnd: hours[3]?.hour, average: '14' });
  });

  it('averages the hours that have a value, and says how many', () => {
    const [record] = evaluateLimit({ hours: hoursOf(['14', null, '16', null]), limit, ...everything });
    expect(record).toMatchObject({ validHours: 2, average: '15', state: 'within' });
  });

  it('has no verdict when no hour has a value, and none on a value that the hours do not hold', () => {
    const noData = { validHours: 0, average: null, state: 'no-data', headroom: null };
    expect(evaluateLimit({ hours: hoursOf([null, null, null, null]), limit, ...everything })).toMatchObject([noData]);
    const other = { ...limit, parameter: 'so2MassRate' as const };
    expect(evaluateLimit({ hours: hoursOf(['1', '1', '1', '1']), limit: other, ...everything })).toMatchObject([
      noData,
    ]);
  });

  it('compares the average before it is rounded for storing', () => {
    // Mean of three hours: 15.0000000000001, which 12 digits show as 15.
    const three = { ...limit, operatingHours: 3 };
    const hours = hoursOf(['15', '15', '15.0000000000003']);
    expect(evaluateLimit({ hours, limit: three, ...everything })).toMatchObject([
      { average: '15', state: 'exceedance' },
    ]);
    // Three times 0.1 is not over 0.1, whatever doubles say.
    const tenth = { ...three, versions: [{ effectiveFrom: '2018-01-01', value: '0.1', citation: 'test' }] };
    expect(evaluateLimit({ hours: hoursOf(['0.1', '0.1', '0.1']), limit: tenth, ...everything })).toMatchObject([
      { state: 'within', headroom: { nextHour: '0.1', hoursToLimit: null } },
    ]);
  });

  it('gives only the windows that end in the range asked for', () => {
    const hours = hoursOf(['1', '2', '3', '4', '5', '6', '7']);
    const range = { from: FIRST + 4, to: FIRST + 5 };
    expect(evaluateLimit({ hours, limit, ...range }).map(({ windowEnd, average }) => [windowEnd, average])).toEqual([
      ['2018-01-23T16:00Z', '3.5'],
      ['2018-01-23T17:00Z', '4.5'],
    ]);
  });

  it('gives the same record whether it is evaluated alone or among others', () => {
    const hours = hoursOf(['1', null, '3', '4', '5', '6.5', '17']);
    const all = evaluateLimit({ hours, limit, ...everything });
    all.forEach((record, i) => {
      const end = FIRST + 3 + i;
      expect(evaluateLimit({ hours: hours.slice(i, i + 4), limit, from: end, to: end })).toEqual([record]);
    });
  });
});

describe('a limit through time', () => {
  const changing: Limit = {
    ...limit,
    operatingHours: 1,
    versions: [
      { effectiveFrom: '2018-01-23', value: '15', citation: 'condition 1' },
      { effectiveFrom: '2018-01-24', value: '10', citation: 'condition 2' },
    ],
  };

  it("changes with the plant's day: at 07:00 UTC in Idaho", () => {
    const hours = [6, 7].map((h) => operatingHour(hourOfText(`2018-01-24T0${h}:00Z`), '12'));
    expect(evaluateLimit({ hours, limit: changing, ...everything })).toMatchObject([
      { limit: '15', citation: 'condition 1', state: 'within' },
      { limit: '10', citation: 'condition 2', state: 'exceedance' },
    ]);
  });

  it('has no record on days before its first value', () => {
    const hours = [operatingHour(hourOfText('2018-01-23T06:00Z'), '99')];
    expect(evaluateLimit({ hours, limit: changing, ...everything })).toEqual([]);
    expect(limitOn(changing, '2018-01-22')).toBeUndefined();
  });

  it('holds in the hours of the plan version that has it', () => {
    const versions = [
      turbineVersion({ effectiveFrom: '2018-01-02T00:30Z', limits: [{ ...limit, rule: 'LATER' }] }),
      turbineVersion({ effectiveFrom: '2018-01-01T00:30Z', limits: [limit] }),
    ];
    const [start, change] = [hourOfText('2018-01-01T00:00Z'), hourOfText('2018-01-02T01:00Z')];
    const range = limitsInRange({ source: 'U1', versions }, 0, change + 5);
    expect(range.map(({ limit: { rule }, from, to }) => [rule, from, to])).toEqual([
      ['NOX-4H', start, change - 1],
      ['LATER', change, change + 5],
    ]);
    expect(limitsInRange({ source: 'U1', versions }, change, change)).toHaveLength(1);
    expect(limitsInRange({ source: 'U1', versions }, 0, start - 1)).toEqual([]);
  });
});
