import { describe, expect, it } from 'vitest';
import { newestQuarter } from '../../../console/format/newest-quarter.ts';

describe('the quarter that a report is suggested for', () => {
  it.each([
    ['2018-03-31T23:59Z', 0, { year: 2018, quarter: 1 }],
    ['2018-04-01T00:30Z', 0, { year: 2018, quarter: 1 }],
    ['2018-04-01T00:59Z', 0, { year: 2018, quarter: 2 }],
    ['2018-04-01T05:00Z', -420, { year: 2018, quarter: 1 }],
    ['2019-01-01T07:59Z', -420, { year: 2019, quarter: 1 }],
  ])(
    'after the minute %s, %d minutes from UTC, is the newest in which an hour is whole',
    (lastMinute, offset, quarter) => {
      expect(newestQuarter({ lastMinute, utcOffsetMinutes: offset })).toEqual(quarter);
    },
  );

  it('is none before the first minute', () => {
    expect(newestQuarter({ lastMinute: null, utcOffsetMinutes: -420 })).toBeUndefined();
  });
});
