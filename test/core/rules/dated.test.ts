import { describe, expect, it } from 'vitest';
import { inForce } from '#core/rules/dated';

const versions = [
  { effectiveFrom: '2025-07-01', value: '0.15' },
  { effectiveFrom: '2019-01-01', value: '0.2' },
];

describe('a dated value', () => {
  it.each([
    ['2018-12-31', undefined],
    ['2019-01-01', '0.2'],
    ['2025-06-30', '0.2'],
    ['2025-07-01', '0.15'],
    ['2030-01-01', '0.15'],
  ])('is on %s the one that began last: %s, in whatever order the versions stand', (date, value) => {
    expect(inForce(versions, date)?.value).toBe(value);
    expect(inForce([...versions].reverse(), date)?.value).toBe(value);
  });
});
