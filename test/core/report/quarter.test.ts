import { describe, expect, it } from 'vitest';
import { daysOf, quarterHours, quarterOfDay, quarterOfName } from '#core/report/quarter';
import { textOfHour } from '#core/time';

const texts = (year: number, quarter: number, offset: number) => {
  const { from, until, firstDay, lastDay } = quarterHours({ year, quarter }, offset);
  return [textOfHour(from), textOfHour(until), firstDay, lastDay, until - from];
};

describe('a quarter', () => {
  // By the calendar: 31 + 28 + 31 days of 24 h; midnight in Mountain Standard Time is 07:00 UTC, in summer as well.
  it('begins and ends at midnight of the standard time of the plant', () => {
    expect(texts(2018, 1, -420)).toEqual(['2018-01-01T07:00Z', '2018-04-01T07:00Z', '2018-01-01', '2018-03-31', 2160]);
    expect(texts(2018, 3, -420)).toEqual(['2018-07-01T07:00Z', '2018-10-01T07:00Z', '2018-07-01', '2018-09-30', 2208]);
    expect(texts(2018, 4, 480)).toEqual(['2018-09-30T16:00Z', '2018-12-31T16:00Z', '2018-10-01', '2018-12-31', 2208]);
  });

  it('has a day more in a leap year', () => {
    expect(texts(2020, 1, 0)[4]).toBe(91 * 24);
    expect(daysOf({ year: 2020, quarter: 1 })).toHaveLength(91);
    expect(daysOf({ year: 2020, quarter: 1 })).toContain('2020-02-29');
  });

  it('takes the hours that begin on its days where the plant has half hours', () => {
    // India, UTC+05:30: midnight is 18:30 UTC, and the hour of 18:00 UTC begins at 23:30 of the day before.
    expect(texts(2018, 1, 330).slice(0, 2)).toEqual(['2017-12-31T19:00Z', '2018-03-31T19:00Z']);
  });

  it('is found by the day, and by its name', () => {
    expect(quarterOfDay('2018-03-31')).toEqual({ year: 2018, quarter: 1 });
    expect(quarterOfDay('2018-04-01')).toEqual({ year: 2018, quarter: 2 });
    expect(quarterOfName('2018-Q4')).toEqual({ year: 2018, quarter: 4 });
    for (const wrong of ['2018-Q5', '2018Q1', '18-Q1', '2018-Q1 ', '1889-Q1'])
      expect(() => quarterOfName(wrong), wrong).toThrow(/expected a quarter such as 2018-Q1/);
  });
});
