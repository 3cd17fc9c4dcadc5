import { describe, expect, test } from 'vitest';
import { hourOfText } from '#core/time';
import { hourWords, spokenHour } from '../../../console/chart/hour-words.ts';
import { hourlyCurve } from '../../../console/chart/hourly-curve.ts';
import { placeAfter } from '../../../console/chart/keys.ts';
import { minuteCurve, minuteWords } from '../../../console/chart/minute-curve.ts';
import { markLabels, timeMarks } from '../../../console/chart/time-axis.ts';
import { valueLabels } from '../../../console/chart/value-axis.ts';
import { seriesOf } from './series.ts';

const START = hourOfText('2018-01-23T12:00Z');
const curve = hourlyCurve(
  seriesOf({
    hours: [START, START + 1, START + 2, START + 4],
    values: [0.18, null, null, 0.015],
    states: ['measured', 'substitute-due', 'not-operating', 'measured'],
    windowEnds: [START, START + 1, START + 4],
    averages: [0.0149999, null, 0.0150001],
    limit: 0.015,
    operatingHours: 1,
  }),
);
const spoken = (at: number): string => spokenHour(hourWords(curve, at, -420));

describe('what the cursor of a curve says', () => {
  test('a measured hour: plant time, value, unit, state, average and limit', () => {
    expect(spoken(0)).toBe(
      '2018-01-23 05:00–06:00: 0.180 lb/mmBtu, measured; average over 1 operating hour 0.0149999 lb/mmBtu, limit 0.015.',
    );
  });

  test('an average that is over its limit by a little does not read as the limit', () => {
    expect(spoken(4)).toContain('0.0150001 lb/mmBtu, over the limit of 0.015');
  });

  test('an hour that needs a substitute, one without operation and one that is not stored say so', () => {
    expect(spoken(1)).toBe('2018-01-23 06:00–07:00: substitute due; not one of the 1 operating hour has a value.');
    expect(spoken(2)).toBe('2018-01-23 07:00–08:00: not operating; no window ends in an hour without operation.');
    expect(spoken(3)).toBe('2018-01-23 08:00–09:00: not stored.');
  });
});

describe('the minutes of a channel', () => {
  const channels = [{ channel: 'nox', parameter: 'NOXC', unit: 'ppm', basis: 'dry' as const }];
  const minute = (of: number, reading: number | null, statuses: string, firedSeconds = 60) => ({
    minute: `2018-01-23T12:0${of}Z`,
    firedSeconds,
    grossLoad: 170,
    readings: [reading],
    statuses,
  });
  const minutes = [minute(0, 21.4, 'V'), minute(1, 80.1, 'C'), minute(2, null, 'N'), minute(5, 0.1, 'V', 0)];
  const told = minuteCurve({ channels, minutes }, 0)!;

  test('only a valid reading while fuel is burned is measured', () => {
    expect(told.states).toEqual(['measured', 'left-out', 'left-out', 'not-stored', 'not-stored', 'not-operating']);
  });

  test('each minute says its reading and its status in words', () => {
    expect([0, 1, 2, 3, 5].map((at) => minuteWords(told, at, -420))).toEqual([
      '2018-01-23 05:00: 21.4 ppm, valid',
      '2018-01-23 05:01: 80.1 ppm, calibration',
      '2018-01-23 05:02: no reading, no data',
      '2018-01-23 05:03: not stored',
      '2018-01-23 05:05: 0.100 ppm, valid, no fuel burned',
    ]);
  });
});

describe('the axes', () => {
  test('times stand on round hours of the plant, with the day at midnight', () => {
    const from = START * 3600;
    const marks = timeMarks(from, from + 86_400, -420, 12);
    expect(markLabels(marks, -420).slice(0, 3)).toEqual(['06:00\n23 Jan', '08:00', '10:00']);
    expect(markLabels(marks, -420)).toContain('24 Jan');
  });

  test('a plant half an hour off UTC has its marks on its own full hours', () => {
    expect(markLabels(timeMarks(0, 6 * 3600, 330, 8), 330)[0]).toBe('06:00\n1 Jan');
  });

  test('there are never more marks than have room', () => {
    for (const most of [3, 5, 12]) expect(timeMarks(0, 720 * 3600, -420, most).length).toBeLessThanOrEqual(most + 1);
  });

  test('values have as many decimals as they need, all alike; under zero nothing is written', () => {
    expect(valueLabels([-0.0025, 0, 0.0025, 0.005])).toEqual(['', '0', '0.0025', '0.0050']);
    expect(valueLabels([0, 500, 1000])).toEqual(['0', '500', '1,000']);
    expect(valueLabels([0, 2e-7])).toEqual(['0', '0.0000002']);
  });
});

describe('walking over a chart by keyboard', () => {
  test.each([
    ['ArrowLeft', 9],
    ['ArrowRight', 11],
    ['PageDown', 0],
    ['PageUp', 29],
    ['Home', 0],
    ['End', 29],
    ['Tab', undefined],
  ])('%s leads from the 11th of 30 hours to place %s', (key, place) => {
    expect(placeAfter(key, 10, 30, 24)).toBe(place);
  });
});
