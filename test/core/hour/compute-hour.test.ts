import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emissionHour, type HourlyValue, PARAMETERS } from '#core/contracts/emission-hour';
import type { SourceVersion } from '#core/contracts/monitoring-plan';
import { computeHour } from '#core/hour/compute-hour';
import { DefectivePlanError } from '#core/hour/defective-plan';
import type { SourceMinute } from '#core/ports';
import type { LookBack } from '#core/quality/look-back';
import { channel, HOUR, hourOf, minute, planOf, stackVersion, turbineVersion } from '../sample-plan.ts';

const compute = (minutes: readonly SourceMinute[], versions: readonly SourceVersion[], before?: LookBack) => {
  const plan = planOf(versions);
  const computed = computeHour({ plan, source: plan.sources[0] as never, hour: HOUR, minutes, before });
  expect(() => emissionHour.parse(computed.document)).not.toThrow();
  return computed;
};

const valuesOf = (minutes: readonly SourceMinute[], version: SourceVersion) =>
  compute(minutes, [version]).document.values;

const number = (value: HourlyValue | undefined) => value?.value;

/** EPA's test hour: gas 14641.5 hundred scf/h, NOx 21.4 ppm, O2 15.6 %, fuel burned for 0.83 h. */
const GOLDEN = [14641.5, 21.4, 15.6];
/** 2988 s of fire are 0.83 h: 49 full minutes and 48 s. */
const fire = (m: number) => (m < 49 ? 60 : m === 49 ? 48 : 0);
const goldenMinutes = (over: (m: number) => Partial<SourceMinute> = () => ({})) =>
  hourOf((m) => minute(m, GOLDEN, { firedSeconds: fire(m), ...over(m) }));

describe('an hour of a gas turbine', () => {
  const { document } = compute(goldenMinutes(), [turbineVersion()]);

  it("has the values of EPA's test hour (ORIS 641, unit 8D, 2021-11-06 00) in the order in which they are made", () => {
    expect(Object.keys(document.values)).toEqual(PARAMETERS);
    expect(document.values).toEqual({
      heatInputRate: { value: '1499.2', unit: 'mmBtu/h', equation: 'D-15A', modc: null },
      // 1499.2 x 0.83, not rounded.
      heatInput: { value: '1244.336', unit: 'mmBtu', equation: 'rate x operatingTime', modc: null },
      noxRate: { value: '0.088', unit: 'lb/mmBtu', equation: '19-1', modc: '01' },
      // 0.088 x 1499.2 = 131.9296
      noxMassRate: { value: '131.9', unit: 'lb/h', equation: 'F-24A', modc: null },
      // 0.088 x 1244.336 = 109.501568
      noxMass: { value: '109.502', unit: 'lb', equation: 'noxRate x heatInput', modc: null },
      co2MassRate: { value: '89.1', unit: 'short ton/h', equation: 'G-4', modc: null },
      // 89.1 x 0.83
      co2Mass: { value: '73.953', unit: 'short ton', equation: 'rate x operatingTime', modc: null },
      so2MassRate: { value: '0.8995', unit: 'lb/h', equation: 'D-12', modc: null },
      // 0.8995 x 0.83 = 0.746585
      so2Mass: { value: '0.747', unit: 'lb', equation: 'rate x operatingTime', modc: null },
    });
  });

  it('says which hour it is, in UTC and on the clock of the plant, and how long fuel was burned', () =>
    expect(document).toMatchObject({
      facility: 'PLANT',
      source: 'U1',
      hour: '2018-01-23T12:00Z',
      date: '2018-01-23',
      clockHour: 5,
      minutes: 60,
      operatingTime: '0.83',
      grossLoad: 136,
    }));

  it('has the average of each channel, of operating minutes only', () =>
    expect(document.channels).toEqual({
      GAS: { average: '14641.5', validMinutes: 50, leftOut: {} },
      NOX: { average: '21.4', validMinutes: 50, leftOut: {} },
      O2: { average: '15.6', validMinutes: 50, leftOut: {} },
    }));

  it('takes the hour averages into the equations as they are reported, rounded to 0.1', () => {
    const tie = valuesOf(
      hourOf((m) => minute(m, [14641.5, m % 2 === 0 ? 10.1 : 10.2, 20.8])),
      turbineVersion(),
    );
    // 10.15 -> 10.2: 1.194e-7 x 10.2 x 8710 x 20.9 / 0.1 = 2.21700; 10.15 would give 2.20613.
    expect(number(tie.noxRate)).toBe('2.217');
  });
});

describe('an hour that is not complete', () => {
  const dead = (at: number) => (m: number) => {
    const readings = GOLDEN.map((reading, i) => (i === at && m >= 15 && m < 30 ? null : reading));
    return { readings, statuses: readings.map((reading) => (reading === null ? 'X' : 'V')).join('') };
  };

  it('has no NOx when the NOx analyser missed a quadrant, and says that a substitute is due', () => {
    const { channels, values } = compute(goldenMinutes(dead(1)), [turbineVersion()]).document;
    expect(channels.NOX).toEqual({ average: null, validMinutes: 35, leftOut: { X: 15 } });
    for (const parameter of ['noxRate', 'noxMassRate', 'noxMass'] as const)
      expect(values[parameter]).toMatchObject({ value: null, modc: null });
    expect(values.noxRate?.equation).toBe('19-1');
    expect(number(values.heatInput)).toBe('1244.336');
    expect(number(values.co2Mass)).toBe('73.953');
  });

  it('has no NOx when only oxygen is missing: the rate needs both analysers, 75.10(d)(3)', () =>
    expect(valuesOf(goldenMinutes(dead(2)), turbineVersion()).noxRate).toMatchObject({ value: null, modc: null }));

  it('has no value at all but the NOx rate when the fuel flow is missing', () => {
    const values = valuesOf(goldenMinutes(dead(0)), turbineVersion());
    expect(
      Object.entries(values)
        .filter(([, { value }]) => value !== null)
        .map(([name]) => name),
    ).toEqual(['noxRate']);
  });

  it('has no NOx rate at the oxygen of air, rather than an endless one', () => {
    const values = valuesOf(
      hourOf((m) => minute(m, [14641.5, 21.4, 20.9])),
      turbineVersion(),
    );
    expect(values.noxRate).toMatchObject({ value: null, modc: null });
  });

  it('has no heat input of a fuel flow below zero', () => {
    const version = turbineVersion();
    const channels = version.channels.map((c) => (c.channel === 'GAS' ? { ...c, range: { low: -100, high: 1e5 } } : c));
    const values = valuesOf(
      hourOf((m) => minute(m, [-1, 21.4, 15.6])),
      { ...version, channels },
    );
    expect(number(values.heatInputRate)).toBeNull();
  });
});

describe('an hour out of operation', () => {
  it('has no values, no operating time and no load, and channels without an average', () => {
    const { document } = compute(
      goldenMinutes(() => ({ firedSeconds: 0 })),
      [turbineVersion()],
    );
    expect(document).toMatchObject({ operatingTime: '0', grossLoad: null, values: {} });
    expect(document.channels.NOX).toEqual({ average: null, validMinutes: 0, leftOut: {} });
  });

  it('is the same hour when no minute of it was stored', () => {
    const before = { channels: [[1, 2, 3] as const, null] };
    const { document, lookBack } = compute([], [turbineVersion()], before);
    expect(document).toMatchObject({ minutes: 0, operatingTime: '0', values: {} });
    expect(lookBack).toEqual({ channels: [[1, 2, 3], null, null] });
  });

  it('is an operating hour when fuel burned for a second', () => {
    const { document } = compute(
      goldenMinutes((m) => ({ firedSeconds: m === 7 ? 1 : 0 })),
      [turbineVersion()],
    );
    expect(document.operatingTime).toBe('0.01');
    expect(number(document.values.heatInput)).toBe('14.992');
  });
});

describe('an hour of a stack with monitors', () => {
  const stack = (so2: number, co2: number, flow: number, nox = 212.4) =>
    valuesOf(
      hourOf((m) => minute(m, [so2, co2, flow, nox])),
      stackVersion(),
    );

  it('takes stack flow to the nearest 1000 scfh (F-1 of V-201, F-11, F-15, F-6)', () => {
    // 24 999 600 -> 25 000 000 scfh.
    const values = stack(450.3, 11.9, 24_999_600);
    expect(number(values.so2MassRate)).toBe('1868.7');
    // 5.7e-7 x 11.9 x 25e6 = 169.575
    expect(number(values.co2MassRate)).toBe('169.6');
    // 25e6 x 11.9 / 180000 = 1652.78
    expect(number(values.heatInputRate)).toBe('1652.8');
    // 1.194e-7 x 212.4 x 1800 x 100 / 11.9 = 0.383606
    expect(values.noxRate).toEqual({ value: '0.384', unit: 'lb/mmBtu', equation: 'F-6', modc: '01' });
    expect(values.noxMassRate).toBeUndefined();
    // 0.384 x 1652.8
    expect(number(values.noxMass)).toBe('634.675');
  });

  it('reports a heat input rate below 1 as 1.0 with method 26 (V-228)', () =>
    expect(stack(0, 0.1, 10_000).heatInputRate).toMatchObject({ value: '1', modc: '26' }));

  it('takes a negative concentration for 0, and says so with method 21 where there is a code (V-247)', () => {
    const values = stack(-1.3, 11.9, 25_000_000, -0.3);
    expect(number(values.so2MassRate)).toBe('0');
    expect(values.noxRate).toMatchObject({ value: '0', modc: '21' });
  });

  it('reports no NOx rate without carbon dioxide', () =>
    expect(stack(0, 0, 25_000_000).noxRate).toMatchObject({ value: null, modc: null }));

  it('has no values of a flow below zero', () => {
    const values = stack(450.3, 11.9, -25_000_000);
    for (const name of ['so2MassRate', 'co2MassRate', 'heatInputRate', 'noxMass'] as const)
      expect(number(values[name])).toBeNull();
  });

  it('works with both NOx and carbon dioxide dry', () => {
    const version = stackVersion();
    const channels = version.channels.map((c) => ({ ...c, basis: 'dry' as const }));
    const formulas = version.formulas.filter(({ equation }) => equation === 'F-6');
    const values = valuesOf(
      hourOf((m) => minute(m, [0, 12.9, 0, 212.4])),
      { ...version, channels, formulas },
    );
    expect(number(values.noxRate)).toBe('0.354');
  });
});

describe('checks that look back', () => {
  const checked = turbineVersion();
  checked.channels[1] = channel('NOX', 2, { maxChangePerMinute: 5, stuckAfterMinutes: 61 });

  it('take the state of the hour before, and leave their own', () => {
    const minutes = goldenMinutes();
    const fresh = compute(minutes, [checked]);
    expect(fresh.document.channels.NOX?.leftOut).toEqual({});
    const jumped = compute(minutes, [checked], { channels: [null, [10, HOUR * 60 - 1, 1]] });
    expect(jumped.document.channels.NOX?.leftOut).toEqual({ R: 1 });
    const stuck = compute(minutes, [checked], { channels: [null, [21.4, HOUR * 60 - 1, 59]] });
    // From the second minute on it is the 61st and later equal reading.
    expect(stuck.document.channels.NOX).toEqual({ average: null, validMinutes: 1, leftOut: { S: 49 } });
    expect(stuck.lookBack.channels).toEqual([
      [14641.5, HOUR * 60 + 59, 60],
      [21.4, HOUR * 60 + 59, 119],
      [15.6, HOUR * 60 + 59, 60],
    ]);
  });

  it('keep the state of positions that this version of the plan does not have', () => {
    const before = { channels: [null, null, null, null, [3, 4, 5] as const] };
    expect(compute(goldenMinutes(), [checked], before).lookBack.channels[4]).toEqual([3, 4, 5]);
  });
});

describe('the plan through time', () => {
  const later = turbineVersion({
    effectiveFrom: '2018-01-23T12:30Z',
    fuel: { ...turbineVersion().fuel, gcv: '100000' },
  });

  it('makes an hour by the version in force at its first minute', () => {
    expect(number(compute(goldenMinutes(), [later, turbineVersion()]).document.values.heatInputRate)).toBe('1499.2');
    const earlier = { ...later, effectiveFrom: '2018-01-23T12:00Z' };
    // 14641.5 x 100000 / 1e6 = 1464.15
    expect(number(compute(goldenMinutes(), [earlier, turbineVersion()]).document.values.heatInputRate)).toBe('1464.2');
  });

  it('makes the hour in which the plan begins by the version that begins in it', () =>
    expect(number(compute(goldenMinutes(), [later]).document.values.heatInputRate)).toBe('1464.2'));

  it('refuses an hour before the plan, and a plan whose formulas cannot be worked out', () => {
    expect(() => compute([], [turbineVersion({ effectiveFrom: '2019-01-01T00:00Z' })])).toThrow(DefectivePlanError);
    const { fd: _, ...fuel } = turbineVersion().fuel;
    expect(() => compute([], [turbineVersion({ fuel })])).toThrow(
      "equation 19-1 needs the fuel's fd above 0, got none",
    );
  });
});

describe('minutes that are not those of the hour', () => {
  it('are refused, as are minutes out of order or twice', () => {
    const [first, second] = goldenMinutes() as [SourceMinute, SourceMinute];
    for (const minutes of [[second, first], [first, first], [minute(60, GOLDEN)], [minute(-1, GOLDEN)]])
      expect(() => compute(minutes, [turbineVersion()])).toThrow('expected the minutes of 2018-01-23T12:00Z in order');
  });
});

describe('an hour computed again', () => {
  const reading = fc.option(fc.integer({ min: 0, max: 300 }).map((tenths) => tenths / 10));
  const letters = fc.constantFrom('V', 'C', 'F', 'M');
  const stored = fc
    .array(fc.record({ reading, letter: letters, fired: fc.constantFrom(0, 30, 60), there: fc.boolean() }), {
      minLength: 60,
      maxLength: 60,
    })
    .map((all) =>
      all.flatMap(({ reading, letter, fired, there }, m) =>
        there
          ? [minute(m, [1000, reading, 15], { firedSeconds: fired, statuses: `V${reading === null ? 'N' : letter}V` })]
          : [],
      ),
    );

  it('is the same, also after plan and minutes went through JSON, and keeps the contract', () => {
    fc.assert(
      fc.property(stored, (minutes) => {
        const first = compute(minutes, [turbineVersion()]);
        const again = compute(JSON.parse(JSON.stringify(minutes)), [turbineVersion()]);
        expect(again).toEqual(first);
        expect(JSON.parse(JSON.stringify(first))).toEqual(first);
      }),
      { numRuns: 60 },
    );
  });

  it('has an average between the least and the greatest valid reading', () => {
    fc.assert(
      fc.property(stored, (minutes) => {
        const { average, validMinutes } = compute(minutes, [turbineVersion()]).document.channels.NOX ?? {};
        const good = minutes.filter(({ statuses, firedSeconds }) => statuses[1] === 'V' && firedSeconds > 0);
        const readings = good.map(({ readings }) => readings[1] as number);
        expect(validMinutes).toBe(readings.length);
        if (average === null || average === undefined) return;
        expect(Number(average)).toBeGreaterThanOrEqual(Math.min(...readings));
        expect(Number(average)).toBeLessThanOrEqual(Math.max(...readings));
      }),
      { numRuns: 60 },
    );
  });
});
