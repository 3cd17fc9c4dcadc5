import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addTo, meanOf } from '#core/reduction/mean';
import { decimalText } from '#core/units/decimal';
import { ppmDry } from '#core/units/quantity';
import { roundHalfAway } from '#core/units/rounding';

const mean = (readings: readonly number[]) => {
  const total = { sum: 0, lost: 0 };
  for (const reading of readings) addTo(total, reading);
  return meanOf(total.sum, readings.length);
};

describe('mean of readings', () => {
  it('decides a tie as a calculation by hand does', () => {
    // 60 x 10.15 / 60: the double sum is 609.0000000000003, and 10.15 as a double is below the tie.
    expect(decimalText(roundHalfAway(ppmDry(mean(Array.from({ length: 60 }, () => 10.15))), 1))).toBe('10.2');
    expect(decimalText(mean([0.1, 0.2]))).toBe('0.15');
    expect(decimalText(roundHalfAway(ppmDry(mean([0.1, 0.2])), 1))).toBe('0.2');
    expect(decimalText(roundHalfAway(ppmDry(mean([-0.1, -0.2])), 1))).toBe('-0.2');
  });

  it('is the decimal mean of readings with three decimals, in whatever order they come', () => {
    const thousandths = fc.array(fc.integer({ min: 0, max: 99_999_999 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(thousandths, (whole) => {
        const exact = whole.reduce((sum, value) => sum + BigInt(value), 0n);
        const result = mean(whole.map((value) => value / 1000));
        expect(result.times(whole.length).times(1000).toSignificantDigits(20).toFixed()).toBe(exact.toString());
        expect(mean(whole.map((value) => value / 1000).reverse()).eq(result)).toBe(true);
      }),
    );
  });

  it('is 0, not negative zero, of readings that cancel out', () => expect(decimalText(mean([0.3, -0.3]))).toBe('0'));
});
