import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HOUR_STATES, type Series } from '#core/contracts/api/measurements';
import { averagingWindow } from '../../../console/chart/averaging-window.ts';
import { drawnLimits, hourlyCurve, stateCounts } from '../../../console/chart/hourly-curve.ts';
import { scaleOf } from '../../../console/chart/scale.ts';
import { seriesOf } from './series.ts';

describe('laying hours out for a curve', () => {
  test('an hour that is not stored is a gap, not a zero and not a shorter curve', () => {
    const curve = hourlyCurve(seriesOf({ hours: [100, 101, 104], values: [0.1, 0.2, 0.3] }));
    expect(curve.hours).toEqual([100, 101, 102, 103, 104]);
    expect(curve.values).toEqual([0.1, 0.2, null, null, 0.3]);
    expect(curve.states).toEqual(['measured', 'measured', 'not-stored', 'not-stored', 'measured']);
  });

  test('no stored hour gives an empty curve', () => {
    expect(hourlyCurve(seriesOf({ hours: [], values: [] })).hours).toEqual([]);
  });

  test('an average stands at the hour in which its window ends', () => {
    const curve = hourlyCurve(
      seriesOf({ hours: [100, 101, 102], values: [1, 2, 3], windowEnds: [101, 102], averages: [1.5, 2.5], limit: 2 }),
    );
    expect(curve.limits[0]?.averages).toEqual([null, 1.5, 2.5]);
    expect(curve.limits[0]?.exceeded).toEqual([false, false, true]);
  });

  test('the limit holds through hours without operation, but not before its first window', () => {
    const curve = hourlyCurve(
      seriesOf({
        hours: [100, 101, 102, 103],
        values: [1, 1, null, 1],
        windowEnds: [101, 103],
        averages: [1, 1],
        limit: 2,
      }),
    );
    expect(curve.limits[0]?.limits).toEqual([null, 2, 2, 2]);
  });

  test('a limit in another unit is not drawn on the scale of the values', () => {
    const series = seriesOf({ hours: [100], values: [1], windowEnds: [100], averages: [1], limit: 2 });
    const [limit] = series.limits;
    const other = hourlyCurve({ ...series, limits: [{ ...limit!, unit: 'ppm' }] });
    expect(drawnLimits(other)).toEqual([]);
    expect(other.limits).toHaveLength(1);
  });

  test('whatever hours are stored, each keeps its value and its state, and every hour is counted once', () => {
    const stored = fc.uniqueArray(fc.integer({ min: 0, max: 900 }), { minLength: 1 });
    fc.assert(
      fc.property(stored, (unordered) => {
        const hours = unordered.toSorted((a, b) => a - b);
        const states = hours.map((hour) => HOUR_STATES[hour % HOUR_STATES.length]!);
        const curve = hourlyCurve(seriesOf({ hours, values: hours.map((hour) => hour / 10), states }));
        for (const [i, hour] of hours.entries()) {
          const at = hour - curve.hours[0]!;
          expect([curve.hours[at], curve.values[at], curve.states[at]]).toEqual([hour, hour / 10, states[i]]);
        }
        const counted = Object.values(stateCounts(curve)).reduce((sum, each) => sum + each, 0);
        expect(counted).toBe(hours.at(-1)! - hours[0]! + 1);
      }),
    );
  });
});

describe('the averaging window of an hour', () => {
  const states = (text: string): Pick<ReturnType<typeof hourlyCurve>, 'states'> => ({
    states: [...text].map(
      (letter) =>
        (({ m: 'measured', s: 'substituted', d: 'substitute-due', o: 'not-operating', n: 'not-stored' }) as const)[
          letter as 'm'
        ],
    ),
  });

  test('it counts operating hours and passes over the others', () => {
    expect(averagingWindow(states('mmoonmsdm'), 4, 8)).toEqual({ from: 5, to: 8, complete: true });
    expect(averagingWindow(states('mmoonmsdm'), 5, 8)).toEqual({ from: 1, to: 8, complete: true });
  });

  test('at an hour without operation it is that of the last operating hour before', () => {
    expect(averagingWindow(states('mmmoo'), 2, 4)).toEqual({ from: 1, to: 2, complete: true });
  });

  test('it is said to begin earlier when the curve does not hold all of it', () => {
    expect(averagingWindow(states('mmm'), 4, 2)).toEqual({ from: 0, to: 2, complete: false });
    expect(averagingWindow(states('ooo'), 4, 2)).toBeUndefined();
  });
});

describe('the scale of a curve', () => {
  const scale = (values: number[], limit: number, states?: Series['states']) =>
    scaleOf(
      hourlyCurve(
        seriesOf({
          hours: values.map((_, i) => i),
          values,
          ...(states ? { states } : {}),
          windowEnds: [values.length - 1],
          averages: [values[0]!],
          limit,
        }),
      ),
    );

  test('it begins at zero and holds the limit', () => {
    expect(scale([1, 2], 4)).toMatchObject({ low: 0, limitsAbove: [] });
    expect(scale([1, 2], 4).high).toBeGreaterThan(4);
  });

  test('a limit more than four times as high as all values does not press them flat', () => {
    expect(scale([1, 2], 9)).toMatchObject({ limitsAbove: [9] });
    expect(scale([1, 2], 9).high).toBeLessThan(4);
    expect(scale([1, 2], 8).limitsAbove).toEqual([]);
  });

  test('hours without a value get room under zero', () => {
    expect(scale([1, 2], 4, ['measured', 'not-operating']).low).toBeLessThan(0);
  });
});
