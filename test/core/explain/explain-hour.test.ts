import { describe, expect, it } from 'vitest';
import { explainedValue } from '#core/contracts/api/measurements';
import type { EmissionHour, Parameter } from '#core/contracts/emission-hour';
import type { SourceVersion } from '#core/contracts/monitoring-plan';
import { explainHour } from '#core/explain/explain-hour';
import { tryPlan } from '#core/explain/version-that-made';
import { computeHour } from '#core/hour/compute-hour';
import { hourState } from '#core/hour/hour-state';
import { parametersOf, UNIT_OF } from '#core/hour/parameters';
import { HOUR, hourOf, minute, planOf, stackVersion, turbineVersion } from '../sample-plan.ts';

const hourBy = (
  version: SourceVersion,
  readings: readonly (number | null)[],
  fired = (_: number) => 60,
): EmissionHour => {
  const plan = planOf([version]);
  const minutes = hourOf((m) =>
    minute(m, readings, {
      firedSeconds: fired(m),
      statuses: readings.map((reading) => (reading === null ? 'F' : 'V')).join(''),
    }),
  );
  return computeHour({ plan, source: plan.sources[0]!, hour: HOUR, minutes, before: undefined }).document;
};

const explained = (document: EmissionHour, version: SourceVersion, parameter: Parameter) => {
  const found = explainHour(document, version).values.find((value) => value.parameter === parameter)!;
  expect(() => explainedValue.parse(found)).not.toThrow();
  return found;
};

const figures = ({ inputs }: ReturnType<typeof explained>) =>
  Object.fromEntries(inputs.map(({ symbol, value, unit }) => [symbol, `${value} ${unit}`]));

describe("the number page of EPA's test hour of a gas turbine, 0.83 h of operation", () => {
  const version = turbineVersion();
  // 49 minutes and 48 s: 2988 s.
  const document = hourBy(version, [14641.53, 21.38, 15.62], (m) => (m < 49 ? 60 : m === 49 ? 48 : 0));

  it('tells the NOx rate by Method 19 as one works it out by hand', () => {
    const nox = explained(document, version, 'noxRate');
    expect(nox).toMatchObject({
      value: '0.088',
      unit: 'lb/mmBtu',
      modc: '01',
      equation: '19-1',
      formula: 'E = K × Ch × Fd × 20.9 / (20.9 - %O2d)',
      citation: '40 CFR Part 60, App. A-7, Method 19, section 12.2.1, Eq. 19-1',
      rounding: 'to 0.001 lb/mmBtu, half away from zero',
    });
    // The means 21.38 and 15.62 go in as reported, to 0.1. 1.194e-7 x 21.4 x 8710 x 20.9 / 5.3 = 0.08776.
    expect(figures(nox)).toEqual({
      K: '0.0000001194 (lb/scf)/ppm',
      Ch: '21.4 ppm, dry',
      Fd: '8710 dscf/mmBtu',
      '%O2d': '15.6 %, dry',
      '20.9': '20.9 %',
    });
    expect(nox.inputs.map(({ from, of }) => [from, of])).toEqual([
      ['constant', null],
      ['channel', 'NOX'],
      ['plan', 'PNG'],
      ['channel', 'O2'],
      ['constant', null],
    ]);
  });

  it('tells the heat input rate by the two equations that give it', () => {
    const heat = explained(document, version, 'heatInputRate');
    expect(heat).toMatchObject({
      value: '1499.2',
      equation: 'D-15A',
      formula: 'HIrate = GASrate × GCV / 10^6; HIrate = sum(HIrate-i × ti) / tu',
      citation: '40 CFR Part 75, App. D, section 3.4.1, Eq. D-6; 40 CFR Part 75, App. D, section 3.5, Eq. D-15a',
      rounding: 'to 0.1, then to 0.1 mmBtu/h, half away from zero',
    });
    // 14641.5 x 102392 / 10^6 = 1499.17
    expect(figures(heat)).toEqual({
      GASrate: '14641.5 100 scf/h',
      GCV: '102392 Btu/100 scf',
      '10^6': '1000000 Btu/mmBtu',
      ti: '0.83 h',
      tu: '0.83 h',
    });
  });

  it('tells a value that is made of other values by these', () => {
    expect(figures(explained(document, version, 'noxMassRate'))).toEqual({
      'R(NOx)': '0.088 lb/mmBtu',
      HI: '1499.2 mmBtu/h',
    });
    const mass = explained(document, version, 'noxMass');
    expect(mass).toMatchObject({
      formula: 'noxMass = noxRate × heatInput',
      rounding: 'to 0.001 lb, half away from zero',
    });
    expect(figures(mass)).toEqual({ noxRate: '0.088 lb/mmBtu', heatInput: '1244.336 mmBtu' });
    expect(explained(document, version, 'heatInput').rounding).toBe('not rounded');
    expect(explained(document, version, 'so2MassRate')).toMatchObject({
      equation: 'D-12',
      formula: 'SO2rate = ER × HIrate; SO2rate = sum(SO2rate-i × ti) / tu',
      rounding: 'to 0.00001, then to 0.0001 lb/h, half away from zero',
    });
  });

  it('works every value out anew and says that it is the same', () =>
    expect(explainHour(document, version).reproduced).toBe(true));

  it('says that it is not, of a stored value that the inputs do not give', () => {
    const noxRate = { ...document.values.noxRate!, value: '0.087' };
    const forged = { ...document, values: { ...document.values, noxRate } };
    expect(explainHour(forged, version).reproduced).toBe(false);
  });

  it('is made by the version of the plan that gives its values, not by one with another F-factor', () => {
    const other = planOf([turbineVersion({ fuel: { ...version.fuel, fd: '9000' } })]).sources[0]!;
    expect(tryPlan(document, planOf([version]).sources[0]!)).toMatchObject({ made: true });
    expect(tryPlan(document, other)).toMatchObject({ made: false });
    expect(tryPlan(document, { ...other, versions: [turbineVersion({ effectiveFrom: '2050-01-01T00:00Z' })] })).toBe(
      undefined,
    );
  });
});

describe('the number page of a coal stack', () => {
  const version = stackVersion();
  const document = hourBy(version, [450.31, 11.93, 25_000_400, 212.44]);

  it('tells SO2, CO2 and heat input by wet concentration and stack flow, to 1000 scf/h', () => {
    // 1.660e-7 x 450.3 x 25,000,000 = 1868.745
    expect(explained(document, version, 'so2MassRate').value).toBe('1868.7');
    expect(figures(explained(document, version, 'so2MassRate'))).toEqual({
      K: '0.000000166 (lb/scf)/ppm',
      Ch: '450.3 ppm, wet',
      Qh: '25000000 scf/h, wet',
    });
    // 25,000,000 x 11.9 / (100 x 1800) = 1652.78
    expect(explained(document, version, 'heatInputRate').value).toBe('1652.8');
    expect(figures(explained(document, version, 'heatInputRate'))).toEqual({
      Qw: '25000000 scf/h, wet',
      Fc: '1800 scf CO2/mmBtu',
      '%CO2w': '11.9 %, wet',
    });
    expect(explained(document, version, 'co2MassRate').inputs.map(({ symbol }) => symbol)).toEqual(['K', 'Ch', 'Qh']);
    expect(explainHour(document, version).reproduced).toBe(true);
  });

  it('shows what is missing where an analyser had failed', () => {
    const failed = hourBy(version, [null, 11.93, 25_000_400, 212.44]);
    expect(explained(failed, version, 'so2MassRate')).toMatchObject({ value: null, modc: null });
    expect(figures(explained(failed, version, 'so2MassRate')).Ch).toBe('null ppm, wet');
    expect(explainHour(failed, version).reproduced).toBe(true);
  });

  it('tells that the least heat input rate was reported', () => {
    const least = hourBy(version, [450.31, 0.1, 100_000, 212.44]);
    expect(explained(least, version, 'heatInputRate')).toMatchObject({ value: '1', modc: '26' });
    expect(explained(least, version, 'heatInputRate').rounding).toContain('code 26');
  });
});

describe('values that a plan makes', () => {
  it('are those that its hours have, each in its unit', () => {
    for (const [version, readings] of [
      [turbineVersion(), [14641.5, 21.4, 15.6]],
      [stackVersion(), [450.3, 11.9, 25_000_000, 212.4]],
      [turbineVersion({ formulas: turbineVersion().formulas.slice(0, 1), limits: [] }), [14641.5, 21.4, 15.6]],
    ] as const) {
      const { values } = hourBy(version, readings);
      expect(parametersOf(version)).toEqual(Object.keys(values));
      for (const parameter of parametersOf(version)) expect(values[parameter]?.unit).toBe(UNIT_OF[parameter]);
    }
  });
});

describe('the state of an hourly value', () => {
  it.each([
    ['measured', true, '0.088', '01'],
    ['measured', true, '1499.2', null],
    ['measured', true, '0', '21'],
    ['substituted', true, '0.1', '06'],
    ['substituted', true, '0.1', '12'],
    ['substitute-due', true, null, null],
    ['not-operating', false, null, null],
  ] as const)('is %s when operating is %s, the value %s and its code %s', (state, operated, value, modc) =>
    expect(hourState(operated, { value, modc })).toBe(state),
  );
});
