import type { Channel, MonitoringPlan, SourceVersion } from '#core/contracts/monitoring-plan';
import type { PlannedFacility, SourceMinute } from '#core/ports';
import { hourOfText } from '#core/time';

/** A gas turbine with fuel flow, NOx and oxygen, and a coal stack with monitors; made up for the tests. */

export const channel = (name: string, position: number, over: Partial<Channel> = {}): Channel => ({
  channel: name,
  position,
  parameter: name,
  unit: 'ppm',
  basis: 'dry',
  range: { low: 0, high: 1000 },
  maxChangePerMinute: null,
  stuckAfterMinutes: null,
  staleAfterMinutes: 5,
  ...over,
});

export const turbineVersion = (over: Partial<SourceVersion> = {}): SourceVersion => ({
  effectiveFrom: '2017-01-01T00:00Z',
  channels: [
    channel('GAS', 1, { unit: '100 scf/h', basis: 'none', range: { low: 0, high: 50_000 } }),
    channel('NOX', 2),
    channel('O2', 3, { unit: '%', range: { low: 0, high: 25 } }),
  ],
  fuel: { fuel: 'PNG', gcv: '102392', fd: '8710', fc: '1040', so2Rate: '0.0006' },
  formulas: [
    { parameter: 'heatInputRate', equation: 'D-15A', fuelFlow: 'GAS' },
    { parameter: 'noxRate', equation: '19-1', nox: 'NOX', o2: 'O2' },
    { parameter: 'noxMassRate', equation: 'F-24A' },
    { parameter: 'co2MassRate', equation: 'G-4' },
    { parameter: 'so2MassRate', equation: 'D-5' },
  ],
  limits: [
    {
      rule: 'NOX-4H',
      parameter: 'noxRate',
      unit: 'lb/mmBtu',
      operatingHours: 4,
      versions: [{ effectiveFrom: '2010-01-01', value: '0.15', citation: 'permit of the tests, condition 1' }],
    },
  ],
  ...over,
});

export const stackVersion = (over: Partial<SourceVersion> = {}): SourceVersion => ({
  effectiveFrom: '2017-01-01T00:00Z',
  channels: [
    channel('SO2', 1, { basis: 'wet', range: { low: -10, high: 1000 } }),
    channel('CO2', 2, { basis: 'wet', unit: '%', range: { low: -1, high: 20 } }),
    channel('FLOW', 3, { basis: 'wet', unit: 'scf/h', range: { low: -1e6, high: 1e8 } }),
    channel('NOX', 4, { basis: 'wet', range: { low: -10, high: 1000 } }),
  ],
  fuel: { fuel: 'C', fc: '1800' },
  formulas: [
    { parameter: 'heatInputRate', equation: 'F-15', flow: 'FLOW', co2: 'CO2' },
    { parameter: 'noxRate', equation: 'F-6', nox: 'NOX', co2: 'CO2' },
    { parameter: 'co2MassRate', equation: 'F-11', co2: 'CO2', flow: 'FLOW' },
    { parameter: 'so2MassRate', equation: 'F-1', so2: 'SO2', flow: 'FLOW' },
  ],
  limits: [],
  ...over,
});

export const planOf = (...sources: readonly (readonly SourceVersion[])[]): MonitoringPlan => ({
  v: 1,
  facility: 'PLANT',
  orisCode: null,
  name: 'Plant of the tests',
  utcOffsetMinutes: -420,
  sources: sources.map((versions, index) => ({ source: `U${index + 1}`, versions: [...versions] })),
});

export const planned = (plan: MonitoringPlan): PlannedFacility => ({
  plan,
  sourceIds: new Map(plan.sources.map(({ source }, index) => [source, index + 1])),
});

export const HOUR = hourOfText('2018-01-23T12:00Z');

/** A minute of HOUR; all readings valid, fuel burned throughout. */
export const minute = (
  minuteOfHour: number,
  readings: readonly (number | null)[],
  over: Partial<SourceMinute> = {},
): SourceMinute => ({
  sourceId: 1,
  minute: HOUR * 60 + minuteOfHour,
  revision: 0,
  firedSeconds: 60,
  grossLoad: 136,
  readings,
  statuses: readings.map((reading) => (reading === null ? 'N' : 'V')).join(''),
  ...over,
});

/** All sixty minutes of HOUR, made one by one. */
export const hourOf = (make: (minuteOfHour: number) => SourceMinute): SourceMinute[] =>
  Array.from({ length: 60 }, (_, minuteOfHour) => make(minuteOfHour));
