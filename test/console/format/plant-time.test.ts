import { describe, expect, it } from 'vitest';
import { ageText, durationText } from '../../../console/format/duration.ts';
import { offsetText, plantHour, plantMinute, plantTime, plantTimeShort } from '../../../console/format/plant-time.ts';

describe('a time on the clock of the plant', () => {
  it('is standard time all year: in July as in January', () => {
    expect(plantTime('2018-01-23T12:05Z', -420)).toBe('2018-01-23 05:05');
    expect(plantTime('2018-07-23T12:05Z', -420)).toBe('2018-07-23 05:05');
  });

  it('falls on the day that the plant has', () => {
    expect(plantTime('2018-01-01T06:59Z', -420)).toBe('2017-12-31 23:59');
    expect(plantTime('2018-01-01T06:59Z', 330)).toBe('2018-01-01 12:29');
    expect(plantMinute('2018-01-01T06:59Z', -420)).toBe('23:59');
  });

  it('names an hour by its beginning and its end, the last of a day by 24:00', () => {
    expect(plantHour('2018-01-23T12:00Z', -420)).toBe('2018-01-23 05:00–06:00');
    expect(plantHour('2018-01-24T06:00Z', -420)).toBe('2018-01-23 23:00–24:00');
  });

  it('leaves out the day where it is today', () => {
    const now = Date.parse('2018-01-24T05:00Z');
    expect(plantTimeShort('2018-01-24T04:59Z', -420, now)).toBe('21:59');
    expect(plantTimeShort('2018-01-23T06:59Z', -420, now)).toBe('2018-01-22 23:59');
  });

  it('shows a text that is no time as it is', () => {
    expect(plantTime('soon', -420)).toBe('soon');
    expect(plantHour('soon', -420)).toBe('soon');
  });

  it.each([
    [-420, 'UTC−7'],
    [0, 'UTC+0'],
    [330, 'UTC+5:30'],
  ])('%d minutes from UTC are said as %s', (minutes, text) => {
    expect(offsetText(minutes)).toBe(text);
  });
});

describe('a length of time', () => {
  it.each([
    [0, '0 min'],
    [59, '59 min'],
    [60, '1 h'],
    [160, '2 h 40 min'],
    [48 * 60, '2 d'],
    [49 * 60 + 30, '2 d 1 h'],
    [1000 * 1440, '1,000 d'],
  ])('%d minutes are %s', (minutes, text) => {
    expect(durationText(minutes)).toBe(text);
  });

  it.each([
    [-5_000, 'just now'],
    [999, 'just now'],
    [3_000, '3 s ago'],
    [59_999, '59 s ago'],
    [60_000, '1 min ago'],
    [9_600_000, '2 h 40 min ago'],
  ])('%d ms ago is %s', (ms, text) => {
    expect(ageText(ms)).toBe(text);
  });
});
