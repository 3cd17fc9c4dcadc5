import { describe, expect, it } from 'vitest';
import { noxRateByOxygen } from '#core/rules/cfr40-60/method-19';
import { heatInputRateOfGas } from '#core/rules/cfr40-75/appendix-d';
import {
  co2MassRate,
  heatInputRateByCarbonDioxide,
  noxMassRate,
  noxRateByCarbonDioxide,
  so2MassRate,
} from '#core/rules/cfr40-75/appendix-f';
import { decimalText } from '#core/units/decimal';
import {
  btuPerHundredScf,
  carbonFFactor,
  dryFFactor,
  mmBtu,
  mmBtuPerHour,
  percentDry,
  percentWet,
  poundPerHour,
  poundPerMmBtu,
  ppmDry,
  ppmWet,
  scfhWet,
} from '#core/units/quantity';
import { roundHalfAway } from '#core/units/rounding';

/** Every line under a directive is one that the compiler refuses; it complains about a directive it does not need. */
const mustNotCompile = () => {
  // @ts-expect-error a dry concentration needs Eq. F-2 and the moisture
  so2MassRate(ppmDry(500), scfhWet(1));
  // @ts-expect-error ppm are not percent
  co2MassRate(ppmWet(11), scfhWet(1));
  // @ts-expect-error percent are not ppm
  so2MassRate(percentWet(11), scfhWet(1));
  // @ts-expect-error Eq. 19-1 wants dry oxygen
  noxRateByOxygen(ppmDry(20), dryFFactor(8710), percentWet(15));
  // @ts-expect-error Eq. 19-1 wants dry NOx
  noxRateByOxygen(ppmWet(20), dryFFactor(8710), percentDry(15));
  // @ts-expect-error Fc is not Fd
  noxRateByOxygen(ppmDry(20), carbonFFactor(1040), percentDry(15));
  // @ts-expect-error Eq. F-6 wants both on one moisture basis
  noxRateByCarbonDioxide(ppmDry(20), carbonFFactor(1040), percentWet(11));
  // @ts-expect-error Eq. F-15 wants wet carbon dioxide
  heatInputRateByCarbonDioxide(scfhWet(1), carbonFFactor(1800), percentDry(11));
  // @ts-expect-error a stack flow is not a fuel flow
  heatInputRateOfGas(scfhWet(1), btuPerHundredScf(100_000));
  // @ts-expect-error a heat input of the hour is not a rate
  noxMassRate(poundPerMmBtu('0.1'), mmBtu(100));
  // @ts-expect-error a mass rate is not an emission rate
  noxMassRate(poundPerHour('0.1'), mmBtuPerHour(100));
  // @ts-expect-error a bare number has no unit
  so2MassRate(500, scfhWet(1));
};

describe('quantities', () => {
  it('keep the basis of wet and dry apart at compile time', () => expect(mustNotCompile).toBeTypeOf('function'));

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('are never %s', (value) =>
    expect(() => ppmDry(value)).toThrow(RangeError),
  );

  it('are written without exponent, negative zero and trailing zeros', () => {
    expect(decimalText(ppmDry('1e-7'))).toBe('0.0000001');
    expect(decimalText(scfhWet('2.5e10'))).toBe('25000000000');
    expect(decimalText(roundHalfAway(ppmDry('-0.04'), 1))).toBe('0');
    expect(decimalText(ppmDry('21.40'))).toBe('21.4');
  });
});

describe('rounding', () => {
  it.each([
    ['1.005', 2, '1.01'],
    ['2.5', 0, '3'],
    ['-2.5', 0, '-3'],
    ['0.0005', 3, '0.001'],
    ['1711.75', 1, '1711.8'],
    ['0.3535', 3, '0.354'],
    ['8.345', 2, '8.35'],
    ['1.45', 1, '1.5'],
  ])('takes %s to %i decimals half away from zero: %s (V-265)', (value, places, rounded) =>
    expect(decimalText(roundHalfAway(ppmDry(value), places))).toBe(rounded),
  );

  it('takes a stack flow to the nearest 1000 scfh, the tie upwards', () => {
    expect(decimalText(roundHalfAway(scfhWet('24999499.9'), -3))).toBe('24999000');
    expect(decimalText(roundHalfAway(scfhWet('24999500'), -3))).toBe('25000000');
  });
});
