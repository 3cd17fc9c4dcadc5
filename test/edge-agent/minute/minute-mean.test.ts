import { describe, expect, it } from 'vitest';
import { STATUSES, type Status } from '#core/contracts/status';
import { minuteMean, type Sample } from '../../../edge-agent/minute/minute-mean.ts';

const MINUTE = 25_278_485;
const at = (second: number, value: number | null, status: Status = 'V'): Sample => ({
  at: MINUTE * 60 + second,
  value,
  status,
});
const sixOf = (...values: number[]) => values.map((value, i) => at(10 * i, value));
const mean = (samples: readonly Sample[], decimals = 1) => minuteMean(samples, MINUTE, 6, decimals);

describe('a minute of one channel', () => {
  it('is the mean of its samples', () => {
    expect(mean(sixOf(10, 11, 12, 13, 14, 15))).toEqual({ value: 12.5, status: 'V' });
  });

  it('is valid with five of six samples, and no data with four (75 % are 4.5)', () => {
    expect(mean(sixOf(10, 10, 10, 10, 10))).toEqual({ value: 10, status: 'V' });
    expect(mean(sixOf(10, 10, 10, 10))).toEqual({ value: null, status: 'N' });
  });

  it('is valid with exactly 75 % of four scheduled samples', () => {
    expect(minuteMean(sixOf(1, 2, 3), MINUTE, 4, 1)).toEqual({ value: 2, status: 'V' });
  });

  it('does not count stale samples from before the minute, nor those after it', () => {
    const five = sixOf(10, 10, 10, 10, 10);
    expect(mean([at(-1, 99), ...five, at(60, 99)])).toEqual({ value: 10, status: 'V' });
    expect(mean([at(-10, 10), at(-1, 10), ...five.slice(0, 4)])).toEqual({ value: null, status: 'N' });
  });

  it('does not count a sample that got lost', () => {
    expect(mean([...sixOf(10, 10, 10, 10, 10), at(50, null, 'N')]).value).toBe(10);
    expect(mean([...sixOf(10, 10, 10, 10), at(40, null, 'N'), at(50, null, 'N')]).status).toBe('N');
  });

  it('has the weightiest status of its samples, whatever their order', () => {
    for (const [i, status] of STATUSES.slice(1, -1).entries()) {
      const lighter = STATUSES[i + 2]!;
      const samples = [
        at(0, 1, lighter),
        at(10, 1, lighter),
        at(20, 1, status),
        at(30, 1, lighter),
        at(40, 1, lighter),
      ];
      expect(mean(samples).status).toBe(status);
      expect(mean(samples.reverse()).status).toBe(status);
    }
  });

  it('never averages calibration gas with stack gas', () => {
    expect(mean([...sixOf(60, 61, 62, 63), at(40, 180, 'C'), at(50, 182, 'C')])).toEqual({ value: 181, status: 'C' });
  });

  it('has no reading when the analyser is off line', () => {
    expect(mean(Array.from({ length: 6 }, (_, i) => at(10 * i, null, 'O')))).toEqual({ value: null, status: 'O' });
  });

  it('keeps a negative mean: zero drift is for the hour to deal with', () => {
    expect(mean(sixOf(-0.4, -0.2, -0.3, -0.3, -0.3, -0.3)).value).toBe(-0.3);
  });

  it('is rounded to the resolution of the analyser: hundredths, or thousands of scfh', () => {
    expect(mean(sixOf(0.1, 0.2, 0.3, 0.3, 0.3, 0.3), 2).value).toBe(0.25);
    expect(mean(sixOf(36_754_999, 36_754_999, 36_755_001, 36_755_001, 36_755_000, 36_755_000), -3).value).toBe(
      36_755_000,
    );
  });
});
