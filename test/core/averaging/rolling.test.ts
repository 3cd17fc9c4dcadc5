import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rollingAverages, runningTotals, windowTotal } from '#core/averaging/rolling';
import { Decimal } from '#core/units/decimal';

const decimals = (values: readonly (number | null)[]) =>
  values.map((value) => (value === null ? undefined : new Decimal(value)));

const averages = (values: readonly (number | null)[], length: number) =>
  rollingAverages(decimals(values), length).map((average) => average?.toNumber() ?? average);

describe('rolling average over operating hours', () => {
  it('is the mean of this hour and the three before it, and is not there before the fourth (V-502)', () =>
    expect(averages([14, 15.5, 16, 15.2, 13], 4)).toEqual([null, null, null, 15.175, 14.925]));

  it('leaves an hour without a value out of the mean and in the window', () => {
    // (14 + 16) / 2, then (16 + 10) / 2: the hour of 14 has left the window of three.
    expect(averages([14, null, 16, 10], 3)).toEqual([null, null, 15, 13]);
  });

  it('is undefined when no hour of the window has a value', () =>
    expect(averages([null, null, 4], 2)).toEqual([null, undefined, 4]));

  it('is the hour itself in a window of one', () => expect(averages([1, null, 3], 1)).toEqual([1, undefined, 3]));

  it('lies between the least and the greatest value of its window, and is what the window alone gives', () => {
    const values = fc.array(fc.option(fc.integer({ min: -500, max: 99_999 })), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 20 }), (thousandths, length) => {
        const all = thousandths.map((value) => (value === null ? undefined : new Decimal(value).div(1000)));
        rollingAverages(all, length).forEach((average, i) => {
          const window = all.slice(Math.max(0, i + 1 - length), i + 1).filter((value) => value !== undefined);
          if (i + 1 < length) expect(average).toBeNull();
          else if (window.length === 0) expect(average).toBeUndefined();
          else {
            expect(average?.gte(Decimal.min(...window))).toBe(true);
            expect(average?.lte(Decimal.max(...window))).toBe(true);
            expect(average?.eq(window.reduce((a, b) => a.plus(b)).div(window.length))).toBe(true);
          }
        });
      }),
    );
  });

  it('refuses a window that the hours do not have', () =>
    expect(() => windowTotal(runningTotals(decimals([1, 2])), 1, 3)).toThrow('expected a window within 2 hours'));
});
