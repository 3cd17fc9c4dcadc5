import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grossLoad } from '#core/reduction/gross-load';
import { operatingTime } from '#core/reduction/operating-time';
import { hourOf, minute } from '../sample-plan.ts';

describe('operating time, 40 CFR 75.57(b)(2)', () => {
  it.each([
    [0, '0'],
    [1, '0.01'],
    [35, '0.01'],
    [36, '0.01'],
    [37, '0.02'],
    [60, '0.02'],
    [2988, '0.83'],
    [2989, '0.84'],
    [3599, '1'],
    [3600, '1'],
  ])('of %i seconds of fire is %s h: up to the next hundredth (60 s: V-116)', (seconds, hours) =>
    expect(operatingTime(seconds).toFixed()).toBe(hours),
  );

  it('is never less than the fire lasted, and less than a hundredth more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3600 }), (seconds) => {
        const excess = operatingTime(seconds).times(3600).minus(seconds).toNumber();
        expect(excess).toBeGreaterThanOrEqual(0);
        expect(excess).toBeLessThan(36);
      }),
    );
  });
});

describe('gross load, 40 CFR 75.57(b)(3)', () => {
  it('is the mean over the minutes with fire, rounded to a whole number, the half upwards', () => {
    expect(grossLoad(hourOf((m) => minute(m, [], { grossLoad: m < 30 ? 135 : 136 })))).toBe(136);
    expect(grossLoad(hourOf((m) => minute(m, [], { grossLoad: m < 31 ? 135 : 136 })))).toBe(135);
  });

  it('takes no account of minutes without fire, nor of minutes whose load is not known', () => {
    const minutes = hourOf((m) =>
      minute(m, [], { grossLoad: m < 10 ? 0 : m < 20 ? null : 150, firedSeconds: m < 10 ? 0 : 60 }),
    );
    expect(grossLoad(minutes)).toBe(150);
  });

  it('is not known without fire, or when no minute knows it', () => {
    expect(grossLoad(hourOf((m) => minute(m, [], { firedSeconds: 0 })))).toBeNull();
    expect(grossLoad(hourOf((m) => minute(m, [], { grossLoad: null })))).toBeNull();
    expect(grossLoad([])).toBeNull();
  });
});
