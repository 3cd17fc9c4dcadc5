import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { noxRateByOxygen } from '#core/rules/cfr40-60/method-19';
import {
  heatInputRateOfFuels,
  heatInputRateOfGas,
  so2MassRateOfFuels,
  so2RateOfGas,
} from '#core/rules/cfr40-75/appendix-d';
import {
  co2MassRate,
  flooredHeatInputRate,
  heatInputRateByCarbonDioxide,
  noxMassRate,
  noxRateByCarbonDioxide,
  noxRateByDryOxygen,
  so2MassRate,
} from '#core/rules/cfr40-75/appendix-f';
import { co2MassRateOfFuel } from '#core/rules/cfr40-75/appendix-g';
import { type Decimal, decimalText } from '#core/units/decimal';
import {
  btuPerHundredScf,
  carbonFFactor,
  dryFFactor,
  hourFraction,
  hundredScfh,
  mmBtuPerHour,
  percentDry,
  percentWet,
  poundPerHour,
  poundPerMmBtu,
  ppmDry,
  ppmWet,
  scfhWet,
} from '#core/units/quantity';

const [, ...rows] = readFileSync('test/golden/equations.csv', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split(';'));

type Inputs = (name: string) => string;

const fuels = <Rate>(rate: (value: string) => Rate, get: Inputs) => {
  const times = get('times').split(',');
  return get('rates')
    .split(',')
    .map((value, index) => ({ rate: rate(value), usageTime: hourFraction(times[index] ?? '') }));
};

const unitTime = (get: Inputs) => hourFraction(get('unit'));

const EQUATIONS: Record<string, (get: Inputs) => Decimal | undefined> = {
  'F-1': (get) => so2MassRate(ppmWet(get('so2')), scfhWet(get('flow'))),
  'F-5': (get) => noxRateByDryOxygen(ppmDry(get('nox')), dryFFactor(get('fd')), percentDry(get('o2'))),
  'F-6': (get) => noxRateByCarbonDioxide(ppmDry(get('nox')), carbonFFactor(get('fc')), percentDry(get('co2'))),
  'F-11': (get) => co2MassRate(percentWet(get('co2')), scfhWet(get('flow'))),
  'F-15': (get) => heatInputRateByCarbonDioxide(scfhWet(get('flow')), carbonFFactor(get('fc')), percentWet(get('co2'))),
  'F-24A': (get) => noxMassRate(poundPerMmBtu(get('noxRate')), mmBtuPerHour(get('heat'))),
  '19-1': (get) => noxRateByOxygen(ppmDry(get('nox')), dryFFactor(get('fd')), percentDry(get('o2'))),
  'D-5': (get) => so2RateOfGas(poundPerMmBtu(get('rate')), mmBtuPerHour(get('heat'))),
  'D-6': (get) => heatInputRateOfGas(hundredScfh(get('flow')), btuPerHundredScf(get('gcv'))),
  'D-12': (get) => so2MassRateOfFuels(fuels(poundPerHour, get), unitTime(get), get('gas') === '1'),
  'D-15A': (get) => heatInputRateOfFuels(fuels(mmBtuPerHour, get), unitTime(get)),
  'G-4': (get) => co2MassRateOfFuel(mmBtuPerHour(get('heat')), carbonFFactor(get('fc'))),
};

test('the golden table was found', () => expect(rows.length).toBeGreaterThan(25));

describe('equations of 40 CFR Parts 60 and 75', () => {
  it.each(rows.map(([origin, equation, inputs, expected]) => ({ origin, equation, inputs, expected })))(
    '$equation, $inputs: $expected ($origin)',
    ({ equation, inputs, expected }) => {
      const values = new Map((inputs ?? '').split(' ').map((pair) => pair.split('=') as [string, string]));
      const get: Inputs = (name) => values.get(name) ?? '';
      if (equation === 'floor') {
        const { rate, modc } = flooredHeatInputRate(mmBtuPerHour(get('heat')));
        expect(`${decimalText(rate)} ${modc ?? '-'}`).toBe(expected);
        return;
      }
      const result = EQUATIONS[equation ?? '']?.(get);
      expect(result === undefined ? 'none' : decimalText(result)).toBe(expected);
    },
  );

  it('Eq. F-6 gives the same for both wet as for both dry', () => {
    const wet = noxRateByCarbonDioxide(ppmWet('212.4'), carbonFFactor(1800), percentWet('12.9'));
    expect(wet && decimalText(wet)).toBe('0.354');
  });
});
