import { describe, expect, it } from 'vitest';
import { STATUSES } from '#core/contracts/status';
import { weightier } from '#core/quality/precedence';
import { statusInRange } from '#core/quality/range';

const range = { low: 0, high: 500 };

describe('range check', () => {
  it.each([
    [-0.1, 'L'],
    [0, 'V'],
    [0.1, 'V'],
    [499.9, 'V'],
    [500, 'V'],
    [500.1, 'H'],
  ] as const)('finds a valid reading of %f in a range of 0 to 500: %s', (reading, status) =>
    expect(statusInRange('V', reading, range)).toBe(status),
  );

  it.each(['N', 'X', 'F', 'C', 'Q', 'M'] as const)('leaves status %s, which weighs more than out of range', (status) =>
    expect(statusInRange(status, 9999, range)).toBe(status),
  );

  it.each(['O', 'U', 'D', 'V'] as const)('takes the place of status %s, which weighs less', (status) => {
    expect(statusInRange(status, 9999, range)).toBe('H');
    expect(statusInRange(status, -1, range)).toBe('L');
  });
});

describe('precedence of statuses', () => {
  it('is no data, communication, failure, calibration, test, maintenance, range, start-up and shut-down, valid', () => {
    expect(STATUSES.join('')).toBe('NXFCQMHLOUDV');
    expect(weightier('C', 'H')).toBe('C');
    expect(weightier('V', 'U')).toBe('U');
    expect(weightier('F', 'F')).toBe('F');
  });

  it('does not depend on which status is named first', () => {
    for (const a of STATUSES) for (const b of STATUSES) expect(weightier(a, b)).toBe(weightier(b, a));
  });
});
