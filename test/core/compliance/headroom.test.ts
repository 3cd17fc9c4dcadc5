import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averageOf, runningTotals, windowTotal } from '#core/averaging/rolling';
import { allowedAverage, hoursToLimit } from '#core/compliance/headroom';
import { Decimal } from '#core/units/decimal';

const decimals = (values: readonly (number | null)[]) =>
  values.map((value) => (value === null ? undefined : new Decimal(value)));

describe('the average still allowed', () => {
  it.each([
    // 4 x 15 - (15.5 + 16 + 15.2)
    ['the next hour after an exceedance', [14, 15.5, 16, 15.2], 15, 4, 1, '13.3'],
    // 4 x 15 - (16 + 15.2 + 13)
    ['the next hour', [15.5, 16, 15.2, 13], 15, 4, 1, '15.8'],
    // (4 x 15 - (15.2 + 13)) / 2
    ['the next two hours', [15.5, 16, 15.2, 13], 15, 4, 2, '15.9'],
    ['a whole new window: the limit itself', [15.5, 16, 15.2, 13], 15, 4, 4, '15'],
    // 12 x 3 - (10 + 13): the hour without a value gives no room.
    ['the next hour, one without a value in the window', [10, null, 10, 13], 12, 4, 1, '13'],
    ['the next hour after hours without values: the limit itself', [10, null, null, null], 12, 4, 1, '12'],
    // 12 x 4 - 60: nothing the next hour does brings it back.
    ['less than nothing after a great excess', [1, 20, 20, 20], 12, 4, 1, '-12'],
  ] as const)('%s: %j, limit %d, %i hours, %i to come: %s', (_, values, limit, hours, remaining, allowed) =>
    expect(allowedAverage(decimals(values), new Decimal(limit), hours, remaining).toFixed()).toBe(allowed),
  );

  it('keeps the window within the limit when it is kept to, and not when it is exceeded by the least amount', () => {
    const value = fc.option(fc.integer({ min: 0, max: 5000 }));
    const window = fc
      .integer({ min: 1, max: 30 })
      .chain((hours) =>
        fc.tuple(fc.array(value, { minLength: hours, maxLength: hours }), fc.integer({ min: 1, max: hours })),
      );
    fc.assert(
      fc.property(window, fc.integer({ min: 1, max: 5000 }), ([thousandths, remaining], limitThousandths) => {
        const values = decimals(thousandths).map((item) => item?.div(1000));
        const limit = new Decimal(limitThousandths).div(1000);
        const allowed = allowedAverage(values, limit, values.length, remaining);
        const averageWith = (each: Decimal) => {
          const next = [...values.slice(remaining), ...Array.from({ length: remaining }, () => each)];
          return averageOf(windowTotal(runningTotals(next), 0, next.length));
        };
        expect(averageWith(allowed)?.lte(limit)).toBe(true);
        expect(averageWith(allowed.plus('1e-11'))?.gt(limit)).toBe(true);
      }),
    );
  });
});

describe('hours to the limit at the present rate', () => {
  it.each([
    // 10 + 10 + 13 + 13 = 46 of 48; then 10 + 13 + 13 + 13 = 49 of 48.
    ['the second hour', [10, 10, 10, 13], 12, 13, 2],
    // 10 + 10 + 16 + 16 = 52 of 48.
    ['the next hour', [10, 10, 10, 16], 12, 16, 1],
    ['never: the present rate is the limit', [10, 10, 10, 12], 12, 12, null],
    ['never: the present rate is below it', [11, 11, 11, 11], 12, 11, null],
    // 10 + 13 + 13 is 36 of 36, equal and within; then 10 + 13 + 13 + 13 = 49 of 48.
    ['the second hour, an hour without a value in the window', [10, null, 10, 13], 12, 13, 2],
    // A peak that is still in the window meets hours that leave it: 20 + 11 + 11 = 42 of 39.
    ['the next hour, though the present rate is below the limit', [1, 20, 11], 13, 11, 1],
  ] as const)('%s: %j, limit %d, now %d: %s', (_, values, limit, present, hours) =>
    expect(hoursToLimit(decimals(values), new Decimal(limit), values.length, new Decimal(present))).toBe(hours),
  );

  it('is what trying out hour after hour gives', () => {
    const value = fc.option(fc.integer({ min: 0, max: 40 }));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 12 }),
        fc.nat(40),
        fc.nat(40),
        (tenths, limit, present) => {
          const values = decimals(tenths).map((item) => item?.div(10));
          const [l, x] = [new Decimal(limit).div(10), new Decimal(present).div(10)];
          let expected: number | null = null;
          for (let k = 1; k <= values.length && expected === null; k++) {
            const window = [...values.slice(k), ...Array.from({ length: k }, () => x)].filter(
              (item) => item !== undefined,
            );
            const sum = window.reduce((a, b) => a.plus(b), new Decimal(0));
            if (sum.gt(l.times(window.length))) expected = k;
          }
          expect(hoursToLimit(values, l, values.length, x)).toBe(expected);
        },
      ),
    );
  });
});
