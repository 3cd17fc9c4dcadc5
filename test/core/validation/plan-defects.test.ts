import { describe, expect, it } from 'vitest';
import { monitoringPlan } from '#core/contracts/monitoring-plan';
import { planDefects, versionDefects } from '#core/validation/plan-defects';
import { channel, planOf, stackVersion, turbineVersion } from '../sample-plan.ts';

describe('a monitoring plan', () => {
  it('of a turbine and of a stack has no defects', () => {
    const plan = planOf([turbineVersion()], [stackVersion()]);
    expect(() => monitoringPlan.parse(plan)).not.toThrow();
    expect(planDefects(plan)).toEqual([]);
  });

  const [gas, nox, o2] = turbineVersion().channels as [
    ReturnType<typeof channel>,
    ReturnType<typeof channel>,
    ReturnType<typeof channel>,
  ];
  const { fc: _, ...withoutFc } = turbineVersion().fuel;

  it.each([
    [
      'a formula reads a channel that is not there',
      turbineVersion({ channels: [gas, nox] }),
      'equation 19-1 reads channel O2, which the version does not have',
    ],
    [
      'a formula reads a channel on the wrong moisture basis',
      turbineVersion({ channels: [gas, nox, { ...o2, basis: 'wet' }] }),
      'equation 19-1 needs channel O2 with basis dry, got wet',
    ],
    [
      'Eq. F-6 gets one wet and one dry channel',
      stackVersion({
        channels: stackVersion().channels.map((c) => (c.channel === 'NOX' ? { ...c, basis: 'dry' } : c)),
      }),
      'equation F-6 needs both channels wet or both dry, got dry and wet',
    ],
    [
      'a formula needs a factor that the fuel does not have',
      turbineVersion({ fuel: withoutFc }),
      "equation G-4 needs the fuel's fc above 0, got none",
    ],
    [
      'a factor is 0',
      turbineVersion({ fuel: { ...turbineVersion().fuel, gcv: '0' } }),
      "equation D-15A needs the fuel's gcv above 0, got 0",
    ],
    [
      'a value has no formula that another needs',
      turbineVersion({ formulas: turbineVersion().formulas.slice(1) }),
      'equation G-4 needs a formula for heatInputRate',
    ],
    [
      'two formulas make one value',
      turbineVersion({
        formulas: [...turbineVersion().formulas, { parameter: 'noxRate', equation: 'F-5', nox: 'NOX', o2: 'O2' }],
      }),
      'two formulas make one value',
    ],
    [
      'a limit is on a value that is not made',
      turbineVersion({ formulas: [] }),
      'limit NOX-4H is on noxRate, for which there is no formula',
    ],
    [
      'a channel is named twice',
      turbineVersion({ channels: [gas, nox, o2, { ...o2, position: 4 }] }),
      'a channel is named twice',
    ],
    [
      'two channels stand at one position',
      turbineVersion({ channels: [gas, nox, o2, channel('CO', 3)] }),
      'two channels stand at one position',
    ],
    [
      'a range is upside down',
      turbineVersion({ channels: [gas, nox, { ...o2, range: { low: 25, high: 0 } }] }),
      'channel O2: range from 25 to 0, expected low below high',
    ],
  ] as const)('is defective when %s', (_, version, defect) => expect(versionDefects(version)).toContain(defect));

  it('is defective when a position goes to another channel in a later version', () => {
    const moved = turbineVersion({ effectiveFrom: '2019-01-01T00:00Z', channels: [gas, nox, o2, channel('CO', 4)] });
    const reused = turbineVersion({ effectiveFrom: '2020-01-01T00:00Z', channels: [gas, nox, o2, channel('NH3', 4)] });
    expect(planDefects(planOf([turbineVersion(), moved]))).toEqual([]);
    expect(planDefects(planOf([turbineVersion(), moved, reused]))).toEqual([
      'source U1, version from 2020-01-01T00:00Z: position 4 of NH3 belongs to CO',
    ]);
  });

  it('breaks its contract with control or half characters in any text for people', () => {
    const plan = planOf([turbineVersion()]);
    const [limit] = turbineVersion().limits;
    const citation = (text: string) =>
      planOf([turbineVersion({ limits: [{ ...limit!, versions: [{ ...limit!.versions[0]!, citation: text }] }] })]);
    for (const text of ['a\0', '\u001b[2J', 'a\nb', '\udc00', '\ud83c.']) {
      expect(monitoringPlan.safeParse({ ...plan, name: text }).success).toBe(false);
      expect(monitoringPlan.safeParse(citation(text)).success).toBe(false);
    }
    expect(monitoringPlan.safeParse({ ...plan, name: 'Kraftwerk Süd 🏭' }).success).toBe(true);
    expect(monitoringPlan.safeParse(citation('40 CFR 60.4320, Table 1')).success).toBe(true);
  });

  it('is defective when a source has more bytes than the database gives back', () => {
    const versions = Array.from({ length: 60 }, (_, i) =>
      turbineVersion({ effectiveFrom: `${1990 + i}-01-01T00:00Z` }),
    );
    expect(planDefects(planOf(versions.slice(0, 30)))).toEqual([]);
    expect(planDefects(planOf(versions))).toEqual([
      `source U1: ${JSON.stringify({ source: 'U1', versions }).length} bytes as JSON, at most 50000 can be stored`,
    ]);
  });

  it('is defective when a source is named twice, or two versions begin together', () => {
    const plan = planOf([turbineVersion(), turbineVersion()]);
    expect(planDefects(plan)).toContain('source U1: two versions begin at the same minute');
    expect(planDefects({ ...plan, sources: [...plan.sources, ...plan.sources] })).toContain('a source is named twice');
  });
});
