import { describe, expect, test } from 'vitest';
import { explainedHour } from '#core/contracts/api/measurements';
import { emissionHour } from '#core/contracts/emission-hour';
import { explainHour } from '#core/explain/explain-hour';
import { hourOfText, textOfMinute } from '#core/time';
import { derivationText } from '../../../console/hour/derivation-text.ts';
import { stepsOf, textOfParts } from '../../../console/hour/formula.ts';
import { modcWords } from '../../../console/hour/modc-words.ts';
import { type Course, measuredHours, minuteOf, VERSION } from '../fixture/measured.ts';

const input = (symbol: string, value: string | null) => ({ symbol, value });
const step = (
  formula: string,
  inputs: ReturnType<typeof input>[],
  rounding = 'to 0.001 lb/mmBtu, half away from zero',
) => {
  const [only] = stepsOf(formula, inputs, rounding);
  return only!;
};

describe('a formula with its numbers', () => {
  const EQ_19_1 = 'E = K × Ch × Fd × 20.9 / (20.9 - %O2d)';
  const inputs = [
    input('K', '0.0000001194'),
    input('Ch', '21.4'),
    input('Fd', '8710'),
    input('%O2d', '15.6'),
    input('20.9', '20.9'),
  ];

  test('Eq. 19-1: 21.4 ppm at 15.6 % oxygen are 0.088 lb/mmBtu (by hand: 0.0222554436 × 20.9 / 5.3)', () => {
    const { result, inSymbols, inNumbers, unrounded, rounded } = step(EQ_19_1, inputs);
    expect(`${result} = ${textOfParts(inSymbols)}`).toBe('E = K × Ch × Fd × 20.9 / (20.9 − %O2d)');
    expect(textOfParts(inNumbers!)).toBe('1.194e-7 × 21.4 × 8710 × 20.9 / (20.9 − 15.6)');
    expect(unrounded?.toFixed(9)).toBe('0.087762032');
    expect(rounded?.toFixed()).toBe('0.088');
  });

  test('an input without a value leaves the numbers out', () => {
    const { inNumbers, unrounded } = step(EQ_19_1, [...inputs.slice(0, 3), input('%O2d', null), input('20.9', '20.9')]);
    expect([inNumbers, unrounded]).toEqual([undefined, undefined]);
  });

  test('an input named by its reciprocal stands as that: 1/Uf = 385 makes Uf (1 / 385)', () => {
    const { inNumbers, rounded } = step(
      'WCO2 = Fc × H × Uf × MW(CO2) / 2000',
      [input('Fc', '1040'), input('H', '1499.2'), input('1/Uf', '385'), input('MW(CO2)', '44'), input('2000', '2000')],
      'to 0.1 short ton/h, half away from zero',
    );
    expect(textOfParts(inNumbers!)).toBe('1040 × 1499.2 × (1 / 385) × 44 / 2000');
    expect(rounded?.toFixed()).toBe('89.1');
  });

  test('of two equations the second takes the rounded result of the first', () => {
    const steps = stepsOf(
      'SO2rate = ER × HIrate; SO2rate = sum(SO2rate-i × ti) / tu',
      [input('ER', '0.0006'), input('HIrate', '1499.2'), input('ti', '0.83'), input('tu', '0.83')],
      'to 0.00001, then to 0.0001 lb/h, half away from zero',
    );
    expect(steps.map(({ inNumbers }) => textOfParts(inNumbers!))).toEqual([
      '0.0006 × 1499.2',
      'sum(0.89952 × 0.83) / 0.83',
    ]);
    expect(steps.at(-1)?.rounded?.toFixed()).toBe('0.8995');
  });

  test('ties round away from zero, and a negative number stands in brackets', () => {
    const { inNumbers, rounded } = step('E = a × b', [input('a', '-0.5'), input('b', '0.001')]);
    expect(textOfParts(inNumbers!)).toBe('(−0.5) × 0.001');
    expect(rounded?.toFixed()).toBe('-0.001');
  });

  test('what is beyond the four operations is shown and not worked out', () => {
    const { inSymbols, unrounded } = step('E = exp(a) × b', [input('a', '1'), input('b', '2')]);
    expect(textOfParts(inSymbols)).toBe('exp(a) × b');
    expect(unrounded).toBeUndefined();
  });
});

describe('the derivation of a whole hour', () => {
  const course: Course = {
    facility: '99101',
    source: 'CT1',
    utcOffsetMinutes: -420,
    seed: 1,
    end: hourOfText('2026-11-24T12:00Z'),
    mean: 0.0118,
    lastHours: 0,
  };
  const plant = { facility: '99101', name: 'North Fork', utcOffsetMinutes: -420 };
  const hours = measuredHours(course);
  const told = (document: (typeof hours)[number]) =>
    explainedHour.parse({
      hour: emissionHour.parse(document),
      ...explainHour(document, VERSION),
      minutes: {
        channels: VERSION.channels.map(({ channel, parameter, unit, basis }) => ({ channel, parameter, unit, basis })),
        minutes: Array.from({ length: 60 }, (_, of) => {
          const { minute, firedSeconds, grossLoad, readings, statuses } = minuteOf(
            course,
            hourOfText(document.hour) * 60 + of,
          );
          return { minute: textOfMinute(minute), firedSeconds, grossLoad, readings: [...readings], statuses };
        }),
      },
    });

  test('worked out from what the API says, every value of 200 hours comes to the stored digit', () => {
    let compared = 0;
    for (const document of hours.slice(0, 200))
      for (const { formula, inputs, rounding, value } of told(document).values) {
        const last = stepsOf(formula, inputs, rounding).at(-1);
        expect(last?.rounded?.toFixed() ?? null).toBe(value);
        compared++;
      }
    expect(compared).toBeGreaterThan(1500);
  });

  test('as text it has the equation, the numbers, where they are from, and each minute with its status', () => {
    const text = derivationText(told(hours.at(-1)!), plant);
    const rate = hours.at(-1)!.values.noxRate!.value;
    expect(text).toContain('North Fork (99101), source CT1');
    expect(text).toContain(
      'Hour 2026-11-24 04:00–05:00, plant time (UTC−7, no daylight saving); 2026-11-24T11:00Z UTC',
    );
    expect(text).toContain(`NOx rate: ${rate} lb/mmBtu`);
    expect(text).toContain('Equation 19-1 (40 CFR Part 60, App. A-7, Method 19, section 12.2.1, Eq. 19-1)');
    expect(text).toMatch(/E = 1\.194e-7 × [\d.]+ × 8710 × 20\.9 \/ \(20\.9 − [\d.]+\)/);
    expect(text).toMatch(/where Ch = [\d.]+ ppm, dry: NOx concentration; channel nox, mean [\d.]+ of 60 valid minutes/);
    expect(text.match(/fired 60 s/g)).toHaveLength(60);
  });

  test('an hour with missing data says what was left out and that a substitute is due', () => {
    const missing = hours.find(({ values }) => values.noxRate?.value === null);
    const text = derivationText(told(missing!), plant);
    expect(text).toContain('NOx rate: no value');
    expect(text).toContain('Method of determination: none yet: missing data, a substitute is due');
    expect(text).toMatch(/channel nox, not a valid hour: \d+ valid minutes; left out 50 × analyser failure \(F\)/);
  });
});

test('a code of the regulation has words; one that is not known stands for itself', () => {
  expect(modcWords('01', '1')).toBe('01: measured by the primary monitoring system');
  expect(modcWords('99', '1')).toBe('99');
  expect(modcWords(null, '1')).toBe('none, there is no code for this value');
});
