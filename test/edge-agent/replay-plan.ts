import type { MonitoringPlan } from '#core/contracts/monitoring-plan';

const channel = (
  name: string,
  position: number,
  parameter: string,
  unit: string,
  basis: 'dry' | 'none',
  high: number,
) => ({
  channel: name,
  position,
  parameter,
  unit,
  basis,
  range: { low: 0, high },
  maxChangePerMinute: null,
  stuckAfterMinutes: null,
  staleAfterMinutes: 60,
});

/** A plan for replaying gas turbines: GCV 100,000 Btu/100 scf, Fd and Fc of natural gas (40 CFR 75 App. F Table 1). */
export const replayPlan = (orisCode: number, units: readonly string[], utcOffsetMinutes = -420): MonitoringPlan => ({
  v: 1,
  facility: `${orisCode}`,
  orisCode,
  name: `Plant ${orisCode}`,
  utcOffsetMinutes,
  sources: units.map((source) => ({
    source,
    versions: [
      {
        effectiveFrom: '1990-01-01T00:00Z',
        channels: [
          channel('gas', 1, 'GAS', '100 scf/h', 'none', 100_000),
          channel('nox', 2, 'NOXC', 'ppm', 'dry', 1000),
          channel('o2', 3, 'O2C', '%', 'dry', 25),
        ],
        fuel: { fuel: 'PNG', gcv: '100000', fd: '8710', fc: '1040', so2Rate: '0.0006' },
        formulas: [
          { parameter: 'heatInputRate', equation: 'D-15A', fuelFlow: 'gas' },
          { parameter: 'noxRate', equation: '19-1', nox: 'nox', o2: 'o2' },
          { parameter: 'noxMassRate', equation: 'F-24A' },
          { parameter: 'co2MassRate', equation: 'G-4' },
          { parameter: 'so2MassRate', equation: 'D-5' },
        ],
        limits: [],
      },
    ],
  })),
});
