import { describe, expect, it } from 'vitest';
import { figureAgainst, percent, plantTime } from '#core/alarms/figures';
import { minuteOfText } from '#core/time';

describe('figures in notices', () => {
  it.each([
    ['0.123456', '0.1', '0.1235'],
    ['0.100000412345', '0.1', '0.1000004'],
    ['0.0999999', '0.1', '0.0999999'],
    ['0.1', '0.1', '0.1'],
    ['12', '15', '12'],
  ])('%s against a limit of %s is told as %s: on the side on which it lies', (average, limit, said) => {
    expect(figureAgainst(average, limit)).toBe(said);
  });

  it('times are those of the plant, and say how far they are from UTC', () => {
    const minute = minuteOfText('2018-01-23T12:05Z');
    expect(plantTime(minute, -420)).toBe('2018-01-23 05:05 plant time (UTC-07:00)');
    expect(plantTime(minute, 330)).toBe('2018-01-23 17:35 plant time (UTC+05:30)');
  });

  it('shares are percent', () => {
    expect([percent(0.8), percent(0.825)]).toEqual(['80 %', '82.5 %']);
  });
});
