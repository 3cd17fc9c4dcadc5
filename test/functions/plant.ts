import type { MonitoringPlan } from '#core/contracts/monitoring-plan';

const channel = (name: string, position: number, basis: 'wet' | 'dry' | 'none', high: number) => ({
  channel: name,
  position,
  parameter: name.toUpperCase(),
  unit: 'unit',
  basis,
  range: { low: 0, high },
  maxChangePerMinute: high / 4,
  stuckAfterMinutes: 5,
  staleAfterMinutes: 3,
});

/** A small gas-fired facility with every check switched on: for tests of the pipeline. */
export const plant = (facility: string, sources: readonly string[]): MonitoringPlan => ({
  v: 1,
  facility,
  orisCode: null,
  name: `Test plant ${facility}`,
  utcOffsetMinutes: -420,
  sources: sources.map((source) => ({
    source,
    versions: [
      {
        effectiveFrom: '2000-01-01T00:00Z',
        channels: [channel('gas', 1, 'none', 40_000), channel('nox', 2, 'dry', 200), channel('o2', 3, 'dry', 21)],
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
            rule: 'nox-3h',
            parameter: 'noxRate',
            unit: 'lb/mmBtu',
            operatingHours: 3,
            versions: [{ effectiveFrom: '2000-01-01', value: '0.100', citation: 'fictional, for tests' }],
          },
        ],
      },
    ],
  })),
});
