import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hourOfMinute, hourOfText, minuteOfText, plantClock, textOfHour, textOfMinute } from '#core/time';

describe('minutes and hours', () => {
  it('counts minutes from 1970 in UTC', () => {
    expect(minuteOfText('1970-01-01T00:00Z')).toBe(0);
    expect(minuteOfText('1970-01-02T00:01Z')).toBe(1441);
    expect(textOfMinute(1441)).toBe('1970-01-02T00:01Z');
  });

  it('gives back the text of every minute of two centuries', () => {
    fc.assert(
      fc.property(fc.integer({ min: -26_000_000, max: 68_000_000 }), (minute) => {
        expect(minuteOfText(textOfMinute(minute))).toBe(minute);
      }),
    );
  });

  it.each([
    '2018-02-30T12:05Z',
    '2018-01-23',
    '2018-01-23T12:05',
    '2018-01-23T12:05:00Z',
    '2018-01-23T12:05+01:00',
    '',
  ])('does not take %j for a minute', (text) => expect(() => minuteOfText(text)).toThrow(RangeError));

  it('counts hours, and takes only full ones', () => {
    expect(hourOfText('1970-01-02T01:00Z')).toBe(25);
    expect(textOfHour(25)).toBe('1970-01-02T01:00Z');
    expect(hourOfMinute(25 * 60 + 59)).toBe(25);
    expect(() => hourOfText('1970-01-02T01:30Z')).toThrow(RangeError);
  });
});

describe("the plant's clock", () => {
  it('is standard time, seven hours behind UTC in Idaho, in January as in July', () => {
    expect(plantClock(hourOfText('2018-01-01T06:00Z'), -420)).toEqual({ date: '2017-12-31', clockHour: 23 });
    expect(plantClock(hourOfText('2018-01-01T07:00Z'), -420)).toEqual({ date: '2018-01-01', clockHour: 0 });
    expect(plantClock(hourOfText('2018-07-01T07:00Z'), -420)).toEqual({ date: '2018-07-01', clockHour: 0 });
  });

  it('runs ahead of UTC east of Greenwich', () => {
    expect(plantClock(hourOfText('2018-12-31T20:00Z'), 480)).toEqual({ date: '2019-01-01', clockHour: 4 });
  });
});
