import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { traceOf } from '#core/quality/look-back';
import { type ChannelPlace, reduceChannel } from '#core/reduction/reduce-channel';
import { HOUR, hourOf, minute } from '../sample-plan.ts';

const noChecks: ChannelPlace = { index: 0, maxChangePerMinute: null, stuckAfterMinutes: null, staleAfterMinutes: 5 };

const reduce = (minutes: ReturnType<typeof hourOf>, checks = noChecks) =>
  reduceChannel(minutes, HOUR * 60, checks, traceOf(null));

/** An hour of readings of 100 with the letter that `letters` gives each minute; fuel burned where `fired` says so. */
const hour = (letters: (m: number) => string, fired: (m: number) => boolean = () => true) =>
  hourOf((m) => {
    const letter = letters(m);
    return minute(m, [letter === 'N' ? null : 100], { statuses: letter, firedSeconds: fired(m) ? 60 : 0 });
  });

const isValid = (minutes: ReturnType<typeof hourOf>) => reduce(minutes).average !== undefined;
const only = (good: readonly number[], lost: string) => (m: number) => (good.includes(m) ? 'V' : lost);

describe('valid hour, 40 CFR 75.10(d)(1)', () => {
  it('needs one valid reading in each quadrant, wherever in the quadrant it lies', () => {
    expect(isValid(hour(only([0, 15, 30, 45], 'F')))).toBe(true);
    expect(isValid(hour(only([14, 29, 44, 59], 'F')))).toBe(true);
    expect(isValid(hour(only([0, 15, 30], 'F')))).toBe(false);
    expect(isValid(hour(only([0, 14, 15, 30, 44], 'F')))).toBe(false);
  });

  it('asks nothing of a quadrant in which no fuel was burned', () => {
    expect(isValid(hour(only([42, 50], 'F'), (m) => m >= 40))).toBe(true);
    expect(isValid(hour(only([50, 55], 'F'), (m) => m >= 40))).toBe(false);
  });

  it('does not count a reading taken while no fuel was burned', () => {
    // Fuel from minute 40; the readings of 30 to 39 are of the same quadrant and of a cold stack.
    expect(isValid(hour(only([35, 50], 'F'), (m) => m >= 40))).toBe(false);
  });

  it.each(['C', 'Q', 'M'])('takes two readings 15 minutes apart when status %s took the others, not 14', (upkeep) => {
    expect(isValid(hour(only([3, 18], upkeep)))).toBe(true);
    expect(isValid(hour(only([3, 17], upkeep)))).toBe(false);
    expect(isValid(hour(only([3], upkeep)))).toBe(false);
  });

  it.each(['N', 'X', 'F', 'H', 'L', 'O', 'U', 'D'])('does not when status %s took them', (lost) =>
    expect(isValid(hour(only([3, 50], lost)))).toBe(false),
  );

  it('does not when a fault took part of a lacking quadrant', () => {
    const faultAt = (at: number) => (m: number) => (m === at ? 'F' : only([3, 50], 'M')(m));
    expect(isValid(hour(faultAt(20)))).toBe(false);
    // A fault in a quadrant that has its reading all the same takes nothing away.
    expect(isValid(hour(faultAt(5)))).toBe(true);
  });

  it('counts a quadrant without a stored minute as fired and lost, where the unit fired in the hour', () => {
    const good = (count: number) => hour(() => 'V').slice(0, count);
    for (const count of [5, 15, 30, 45]) expect(isValid(good(count)), `${count} minutes`).toBe(false);
    expect(isValid(good(46))).toBe(true);
    // Stored and not fired is known: nothing is asked of it.
    expect(
      isValid(
        hour(
          () => 'V',
          (m) => m < 5,
        ),
      ),
    ).toBe(true);
  });

  it('does not take jumps of a faulty analyser as part of one minute of calibration', () => {
    // Calibration in minute 15; then the analyser jumps up and down for the rest of the quadrant.
    const minutes = hourOf((m) =>
      minute(m, [m > 15 && m < 30 && m % 2 === 0 ? 500 : 100], { statuses: m === 15 ? 'C' : 'V' }),
    );
    expect(reduce(minutes, { ...noChecks, maxChangePerMinute: 10 }).average).toBeUndefined();
  });

  it('takes the jump back from calibration gas as part of the calibration', () => {
    const readings = (m: number) => (m < 29 && m > 14 ? 0 : 100);
    const minutes = hourOf((m) => minute(m, [readings(m)], { statuses: m < 29 && m > 14 ? 'C' : 'V' }));
    const { average, leftOut } = reduce(minutes, { ...noChecks, maxChangePerMinute: 10 });
    expect(average?.toFixed()).toBe('100');
    expect(leftOut).toEqual({ C: 14, R: 1 });
  });
});

describe('hour average', () => {
  it('is the mean of all valid operating minutes (V-113)', () => {
    const minutes = hourOf((m) => minute(m, [m < 45 ? 100 : 140]));
    expect(reduce(minutes)).toMatchObject({ validMinutes: 60, leftOut: {} });
    expect(reduce(minutes).average?.toFixed()).toBe('110');
  });

  it('leaves out minutes in which no fuel was burned, without counting them as lost (V-114)', () => {
    const minutes = hourOf((m) => minute(m, [m < 40 ? 2 : 80], { firedSeconds: m < 40 ? 0 : 60 }));
    expect(reduce(minutes)).toMatchObject({ validMinutes: 20, leftOut: {} });
    expect(reduce(minutes).average?.toFixed()).toBe('80');
  });

  it('counts what was left out by its letter', () => {
    const minutes = hour((m) => (m < 3 ? 'C' : m < 5 ? 'N' : m < 6 ? 'X' : 'V'));
    expect(reduce(minutes)).toMatchObject({ validMinutes: 54, leftOut: { C: 3, N: 2, X: 1 } });
  });

  it('calls a long silence stale, and a silence with a reason by its reason', () => {
    const silence = (letter: string) =>
      hourOf((m) => minute(m, [m < 30 ? m : null], { statuses: m < 30 ? 'V' : letter }));
    expect(reduce(silence('N')).leftOut).toEqual({ N: 5, T: 25 });
    expect(reduce(silence('X')).leftOut).toEqual({ X: 30 });
  });

  it('counts a channel that the stored minutes do not have as no data', () => {
    const minutes = hourOf((m) => minute(m, []));
    expect(reduce(minutes)).toMatchObject({ validMinutes: 0, leftOut: { N: 60 } });
    expect(reduce(hourOf((m) => minute(m, [null], { statuses: '.' })))).toMatchObject({ leftOut: { N: 60 } });
  });

  it('lies between the least and the greatest reading, and is exact in decimals', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 60, maxLength: 60 }), (tenths) => {
        const { average } = reduce(hourOf((m) => minute(m, [(tenths[m] ?? 0) / 10])));
        expect(average?.gte(Math.min(...tenths) / 10)).toBe(true);
        expect(average?.lte(Math.max(...tenths) / 10)).toBe(true);
        // 600 times the mean is the whole number that the tenths add up to.
        expect(average?.times(600).toSignificantDigits(20).toFixed()).toBe(String(tenths.reduce((a, b) => a + b, 0)));
      }),
    );
  });
});
