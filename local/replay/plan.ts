import type { MonitoringPlan, SourcePlan, SourceVersion } from '#core/contracts/monitoring-plan';

/**
 * The monitoring plan under which published hours are replayed: a gas-fired unit by Appendix D, NOx rate by Method 19
 * from dry NOx and dry O2. Ranges are wide and the checks that look at changes are off, since the minutes are made up.
 */
const REPLAYED: SourceVersion = {
  effectiveFrom: '1995-01-01T00:00Z',
  channels: [
    {
      channel: 'gas',
      position: 1,
      parameter: 'GAS',
      unit: '100 scf/h',
      basis: 'none',
      range: { low: 0, high: 400_000 },
    },
    { channel: 'nox', position: 2, parameter: 'NOXC', unit: 'ppm', basis: 'dry', range: { low: 0, high: 5000 } },
    { channel: 'o2', position: 3, parameter: 'O2C', unit: '%', basis: 'dry', range: { low: 0, high: 21 } },
  ].map((channel) => ({
    ...channel,
    basis: channel.basis as 'dry' | 'none',
    maxChangePerMinute: null,
    stuckAfterMinutes: null,
    staleAfterMinutes: 15,
  })),
  fuel: { fuel: 'PNG', gcv: '100000', fd: '8710', fc: '1040', so2Rate: '0.0006' },
  formulas: [
    { parameter: 'heatInputRate', equation: 'D-15A', fuelFlow: 'gas' },
    { parameter: 'noxRate', equation: '19-1', nox: 'nox', o2: 'o2' },
    { parameter: 'noxMassRate', equation: 'F-24A' },
    { parameter: 'co2MassRate', equation: 'G-4' },
    { parameter: 'so2MassRate', equation: 'D-5' },
  ],
  limits: [
    {
      rule: 'sample-nox-4h',
      parameter: 'noxRate',
      unit: 'lb/mmBtu',
      operatingHours: 4,
      versions: [
        {
          effectiveFrom: '1995-01-01',
          value: '0.100',
          citation: 'sample limit of the replay, of no permit: NOx, rolling average of 4 operating hours',
        },
      ],
    },
  ],
};

/** A plan for a facility with these units; sources that `known` has already are kept. */
export const replayPlan = (
  orisCode: number,
  units: readonly string[],
  utcOffsetMinutes: number,
  known: MonitoringPlan | undefined,
): MonitoringPlan => {
  const kept = (known?.sources ?? []).filter(({ source }) => !units.includes(source));
  const added = units.map((source): SourcePlan => ({ source, versions: [REPLAYED] }));
  return {
    v: 1,
    facility: String(orisCode),
    orisCode,
    name: `Facility ${orisCode}, replayed`,
    utcOffsetMinutes,
    sources: [...kept, ...added].sort((a, b) => (a.source < b.source ? -1 : 1)),
  };
};
