import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rollingAverages } from '#core/averaging/rolling';
import { reportedConcentration } from '#core/hour/reporting-precision';
import { traceOf } from '#core/quality/look-back';
import { operatingTime } from '#core/reduction/operating-time';
import { reduceChannel } from '#core/reduction/reduce-channel';
import { emissionRateByCarbonDioxide, emissionRateByOxygen, noxRateByOxygen } from '#core/rules/cfr40-60/method-19';
import { heatInputRateOfFuels, heatInputRateOfGas, so2RateOfGas } from '#core/rules/cfr40-75/appendix-d';
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
import { Decimal } from '#core/units/decimal';
import {
  btuPerHundredScf,
  carbonFFactor,
  dryFFactor,
  hourFraction,
  hundredScfh,
  mmBtuPerHour,
  percentDry,
  percentWet,
  poundPerDscf,
  poundPerMmBtu,
  poundPerScf,
  ppmDry,
  ppmWet,
  scfhWet,
} from '#core/units/quantity';
import { roundHalfAway } from '#core/units/rounding';
import { minute } from '../sample-plan.ts';

/** The reference collection of worked vectors; not part of the repository. */
const FILE = '../shared/reference/vectors.json';
const present = existsSync(FILE);

interface Vector {
  readonly id: string;
  readonly equation: string;
  readonly inputs: Record<string, unknown>;
  readonly expected: Record<string, unknown>;
  readonly tolerance: number;
}

type Results = Record<string, Decimal | number | string | boolean | null | undefined | readonly unknown[]>;

/** A number of a vector, whether it stands bare or with its unit; throws when there is none by these names. */
const numberIn = (inputs: Vector['inputs'], ...names: string[]): string => {
  for (const name of names) {
    const entry = inputs[name];
    const value = typeof entry === 'object' && entry !== null && 'value' in entry ? entry.value : entry;
    if (typeof value === 'number' || typeof value === 'string') return String(value);
  }
  throw new RangeError(`expected one of ${names.join(', ')} among ${Object.keys(inputs).join(', ')}`);
};

const validHour = ({ inputs }: Vector): Results => {
  const operating = new Set(inputs.operatingMinutes as number[]);
  const valid = new Set(inputs.validMinutes as number[]);
  const lost = inputs.qa === true ? 'C' : 'F';
  const minutes = Array.from({ length: 60 }, (_, m) =>
    minute(m, [100], { firedSeconds: operating.has(m) ? 60 : 0, statuses: valid.has(m) ? 'V' : lost }),
  );
  const { average, validMinutes } = reduceChannel(minutes, minutes[0]?.minute ?? 0, noChecks, traceOf(null));
  return { hourValid: average !== undefined, minutesUsed: average === undefined ? 0 : validMinutes };
};

const noChecks = { index: 0, maxChangePerMinute: null, stuckAfterMinutes: null, staleAfterMinutes: 60 };

/** "0-44": 100 and "0-39 (offline)": 2, as the vectors write the minutes of an hour. */
const hourAverage = ({ inputs }: Vector): Results => {
  const spans = Object.entries(inputs.oneMinute as Record<string, number>).map(([span, reading]) => {
    const [first, last] = span.match(/\d+/g)?.map(Number) ?? [];
    return { first: first ?? 0, last: last ?? 0, reading, off: span.includes('offline') };
  });
  const minutes = spans.flatMap(({ first, last, reading, off }) =>
    Array.from({ length: last - first + 1 }, (_, i) =>
      minute(first + i, [reading], { firedSeconds: off ? 0 : 60, statuses: 'V' }),
    ),
  );
  const { average, validMinutes } = reduceChannel(minutes, minutes[0]?.minute ?? 0, noChecks, traceOf(null));
  return { hourAvg: average, operatingMinutes: validMinutes };
};

const operatingTimeOf = ({ inputs }: Vector): Results => {
  const time = operatingTime(Number(numberIn(inputs, 'operatingMinutes')) * 60);
  return { opTime_hundredth: time, isUnitOperatingHour: time.gt(0) };
};

/** Worked numbers of Method 19 for a made-up pollutant: K C is its concentration in lb/scf. */
const methodNineteen = ({ inputs }: Vector): Results => {
  const concentration = new Decimal(numberIn(inputs, 'K')).times(numberIn(inputs, 'C'));
  const diluent = numberIn(inputs, 'diluent');
  const fc = carbonFFactor(numberIn(inputs, 'Fc'));
  const byCarbonDioxide = emissionRateByCarbonDioxide(poundPerScf(concentration), fc, percentDry(diluent));
  return {
    '19-1': emissionRateByOxygen(poundPerDscf(concentration), dryFFactor(numberIn(inputs, 'Fd')), percentDry(diluent)),
    '19-6': byCarbonDioxide,
    '19-7': byCarbonDioxide,
  };
};

const rolling = ({ inputs }: Vector, values: string, length: number, key: string): Results => {
  const limit = new Decimal(numberIn(inputs, 'limit'));
  const averages = rollingAverages(
    (inputs[values] as number[]).map((value) => new Decimal(value)),
    length,
  );
  return {
    [key]: averages.map((average) => average?.toNumber() ?? null),
    excess: averages.map((average) => average?.gt(limit) ?? null),
  };
};

const oxygenRate = ({ inputs }: Vector): Results => {
  const nox = ppmDry(numberIn(inputs, 'NOx'));
  const fd = dryFFactor(numberIn(inputs, 'Fd'));
  const oxygen = percentDry(numberIn(inputs, 'O2'));
  expect(noxRateByDryOxygen(nox, fd, oxygen)).toEqual(noxRateByOxygen(nox, fd, oxygen));
  return { NOxRate: noxRateByOxygen(nox, fd, oxygen) };
};

/** What a vector's equation is called, and how our code answers it. The first that fits is taken. */
const ANSWERS: readonly (readonly [equation: RegExp, answer: (vector: Vector) => Results])[] = [
  [/^(valid hour, full op|QA\/maintenance hour|QA hour|partial hour)/, validHour],
  [/^hourly average/, hourAverage],
  [/^operating time/, operatingTimeOf],
  [/^F-1$/, ({ inputs }) => ({ result: so2MassRate(ppmWet(numberIn(inputs, 'SO2')), scfhWet(numberIn(inputs, 'Q'))) })],
  [
    /^F-11$/,
    ({ inputs }) => ({ result: co2MassRate(percentWet(numberIn(inputs, 'CO2')), scfhWet(numberIn(inputs, 'Q'))) }),
  ],
  [/^F-5 \/ 19-1$/, oxygenRate],
  [
    /^F-6 \//,
    ({ inputs }) => ({
      NOxRate: noxRateByCarbonDioxide(
        ppmDry(numberIn(inputs, 'NOx')),
        carbonFFactor(numberIn(inputs, 'Fc')),
        percentDry(numberIn(inputs, 'CO2')),
      ),
    }),
  ],
  [
    /^F-24[aA]/,
    ({ inputs }) => ({
      NOx: noxMassRate(
        poundPerMmBtu(numberIn(inputs, 'NOxRate', 'noxRate', 'NOxRateAdj')),
        mmBtuPerHour(numberIn(inputs, 'HI')),
      ),
    }),
  ],
  [
    /^F-15$/,
    ({ inputs }) => ({
      HI: heatInputRateByCarbonDioxide(
        scfhWet(numberIn(inputs, 'Q')),
        carbonFFactor(numberIn(inputs, 'Fc')),
        percentWet(numberIn(inputs, 'CO2w', 'CO2')),
      ),
    }),
  ],
  [
    /^HI floor$/,
    ({ inputs }) => {
      const { rate, modc } = flooredHeatInputRate(mmBtuPerHour(numberIn(inputs, 'HI_calculated')));
      return { HI: rate, modc };
    },
  ],
  [
    /^(F-20 \/ D-6|D-6)/,
    ({ inputs }) => ({
      HI: heatInputRateOfGas(
        hundredScfh(numberIn(inputs, 'gas', 'flow', 'V', 'Q')),
        btuPerHundredScf(numberIn(inputs, 'GCV')),
      ),
    }),
  ],
  [
    /^D-5 /,
    ({ inputs }) => ({
      SO2: so2RateOfGas(poundPerMmBtu(numberIn(inputs, 'ER')), mmBtuPerHour(numberIn(inputs, 'HI'))),
    }),
  ],
  [
    /^D-15a/i,
    ({ inputs }) => {
      const fuels = inputs.fuels as Record<string, unknown>[];
      const rates = fuels.map((fuel) => ({
        rate: mmBtuPerHour(numberIn(fuel, 'HI', 'rate')),
        usageTime: hourFraction(numberIn(fuel, 't', 'time')),
      }));
      return { HI: heatInputRateOfFuels(rates, hourFraction(numberIn(inputs, 't_unit', 'tUnit', 't', 'opTime'))) };
    },
  ],
  [
    /^G-4 /,
    ({ inputs }) => ({
      CO2: co2MassRateOfFuel(mmBtuPerHour(numberIn(inputs, 'HI')), carbonFFactor(numberIn(inputs, 'Fc'))),
    }),
  ],
  [
    /^negative concentration/,
    ({ inputs }) => {
      const { value, modc } = reportedConcentration(ppmWet(numberIn(inputs, 'SO2')));
      return { SO2_adjusted: value, modc };
    },
  ],
  [/^19-1\.\.19-9/, methodNineteen],
  [
    /^rounding half away/,
    ({ inputs }) => ({
      rounded: (inputs.cases as [string, number][]).map(([value, places]) =>
        roundHalfAway(ppmDry(value), places).toFixed(),
      ),
    }),
  ],
  [
    /^hourly rounding order/,
    ({ inputs }) => {
      const rate = roundHalfAway(poundPerMmBtu(numberIn(inputs, 'NOxRate_raw')), 3);
      const heat = roundHalfAway(mmBtuPerHour(numberIn(inputs, 'HI_raw')), 1);
      return { NOxRate: rate, HI: heat, NOx: noxMassRate(rate, heat) };
    },
  ],
  [/4-operating-hour rolling/, (vector) => rolling(vector, 'hourly_ppm15', 4, 'rolling')],
  [/^3-hour rolling/, (vector) => rolling(vector, 'hourly_ppmv', 3, 'rolling3h')],
];

const vectors: readonly Vector[] = present
  ? (JSON.parse(readFileSync(FILE, 'utf8')) as { vectors: Vector[] }).vectors
  : [];
const answerOf = ({ equation }: Vector) => ANSWERS.find(([pattern]) => pattern.test(equation))?.[1];
const ours = vectors.filter((vector) => answerOf(vector) !== undefined);
const others = vectors.filter((vector) => answerOf(vector) === undefined);

const compare = (expected: unknown, result: unknown, tolerance: number) => {
  if (typeof expected === 'number') expect(Math.abs(Number(result) - expected)).toBeLessThanOrEqual(tolerance);
  else if (Array.isArray(expected)) {
    expect(result).toHaveLength(expected.length);
    for (const [index, item] of expected.entries()) compare(item, (result as unknown[])[index], tolerance);
  } else expect(result).toEqual(expected);
};

describe('worked vectors of the reference collection', () => {
  it.skipIf(!present)(`are there (skipped without ${FILE}, which is not part of the repository)`, () => {
    console.log(`vectors: ${ours.length} run; not yet: ${others.map(({ id }) => id).join(' ')}`);
    expect(ours.length).toBeGreaterThanOrEqual(20);
  });

  it.each(ours)('$id $equation', (vector) => {
    const results = answerOf(vector)?.(vector) ?? {};
    const compared = Object.keys(vector.expected).filter((key) => key in results);
    expect(compared.length).toBeGreaterThan(0);
    // Rounded values are exact; only what an equation gives unrounded has a tolerance.
    for (const key of compared)
      compare(
        vector.expected[key],
        results[key],
        Array.isArray(results[key]) || key.startsWith('19-') ? vector.tolerance : 1e-12,
      );
  });
});
