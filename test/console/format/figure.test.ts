import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { besideLimit, counted, figure, percent, storedFigure } from '../../../console/format/figure.ts';

describe('a figure on a page', () => {
  it.each([
    ['14.23456', '14.2'],
    ['0.0123456', '0.0123'],
    ['123.4', '123'],
    ['1234567.8', '1,234,568'],
    ['-1234.5', '-1,235'],
    ['0', '0'],
    ['-0.0000000001', '0.000000'],
    [9.999, '10.00'],
  ])('%s is read as %s', (value, text) => {
    expect(figure(value)).toBe(text);
  });

  it('is a dash where there is none, and never zero', () => {
    for (const none of [null, undefined, '']) expect(figure(none)).toBe('–');
  });

  it('stays within half a unit of its third digit, and keeps its sign', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e9, noNaN: true }), (value) => {
        const shown = Number(figure(value).replaceAll(',', ''));
        const lastPlace = Math.max(-6, Math.min(0, Math.floor(Math.log10(value)) - 2));
        expect(Math.abs(shown - value)).toBeLessThanOrEqual(0.501 * 10 ** lastPlace);
        expect(figure(-value)).toBe(`-${figure(value)}`);
      }),
    );
  });
});

describe('a stored figure', () => {
  it('keeps every digit it is stored with', () => {
    expect(storedFigure('0.0120')).toBe('0.0120');
    expect(storedFigure('1333.8')).toBe('1,333.8');
    expect(storedFigure(null)).toBe('–');
  });

  it('gets the zeros back that the record leaves out, and loses no digit', () => {
    expect(storedFigure('0.18', 3)).toBe('0.180');
    expect(storedFigure('84', 1)).toBe('84.0');
    expect(storedFigure('313.85', 3)).toBe('313.850');
    expect(storedFigure('0.1234', 3)).toBe('0.1234');
    expect(storedFigure(null, 3)).toBe('–');
  });
});

describe('an average beside its limit', () => {
  it('has four digits, as the notices and the terminal write it', () => {
    expect(besideLimit('12.3456', '15')).toBe('12.35');
    expect(besideLimit('0.0647512', '0.1')).toBe('0.06475');
    expect(besideLimit('0.18559', '0.2')).toBe('0.1856');
    expect(besideLimit('1234.56', '2000')).toBe('1,235');
  });

  it('never looks like the limit when it is over it or under it', () => {
    expect(besideLimit('15.0004', '15')).toBe('15.0004');
    expect(besideLimit('14.99996', '15')).toBe('14.99996');
    expect(besideLimit('15', '15')).toBe('15');
  });
});

describe('a share of a limit', () => {
  it.each([
    [0.0123, '1.2 %'],
    [0.86, '86 %'],
    [0.9996, '99.96 %'],
    [1.0004, '100.04 %'],
    [1, '100.0 %'],
    [1.16, '116 %'],
  ])('%d is %s', (share, text) => {
    expect(percent(share)).toBe(text);
  });
});

describe('a count', () => {
  it('has its word in the right number', () => {
    expect(counted(1, 'alarm')).toBe('1 alarm');
    expect(counted(0, 'alarm')).toBe('0 alarms');
    expect(counted(1200, 'facility', 'facilities')).toBe('1,200 facilities');
  });
});
