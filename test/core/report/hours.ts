import type { EmissionHour, Parameter } from '#core/contracts/emission-hour';
import type { SourcePlan } from '#core/contracts/monitoring-plan';
import type { SourceRecords } from '#core/report/source-report';
import type { Window } from '#core/report/windows';
import { hourOfText, plantClock, textOfHour } from '#core/time';
import { turbineVersion } from '../sample-plan.ts';

/** Mountain Standard Time. */
export const OFFSET = -420;
export const FIRST = hourOfText('2018-01-01T07:00Z');
export const Q1 = { year: 2018, quarter: 1 };

export const plan = (): SourcePlan => ({ source: 'CT1', versions: [turbineVersion()] });

export interface Given {
  readonly operatingTime?: string;
  readonly minutes?: number;
  readonly values?: Partial<Record<Parameter, string | null>>;
  readonly channels?: EmissionHour['channels'];
}

/** A stored hour; a unit that does not run unless an operating time is given. */
export const hour = (
  at: number,
  { operatingTime = '0', minutes = 60, values = {}, channels = {} }: Given = {},
): EmissionHour => ({
  v: 1,
  facility: '7953',
  source: 'CT1',
  hour: textOfHour(at),
  ...plantClock(at, OFFSET),
  minutes,
  operatingTime,
  grossLoad: null,
  channels,
  values: Object.fromEntries(
    Object.entries(values).map(([parameter, value]) => [parameter, { value, unit: '', equation: '', modc: null }]),
  ),
});

/** An operating hour with every value of a gas turbine; the masses follow from what is given. */
export const running = (at: number, over: Given = {}): EmissionHour =>
  hour(at, {
    operatingTime: '1',
    ...over,
    values: {
      heatInputRate: '100.0',
      heatInput: '100.0',
      noxRate: '0.05',
      noxMassRate: '5.0',
      noxMass: '5.0',
      co2MassRate: '5.9',
      co2Mass: '5.9',
      so2MassRate: '0.06',
      so2Mass: '0.06',
      ...over.values,
    },
  });

export const window = (at: number, average: string | null, over: Partial<Window> = {}): Window => ({
  rule: 'NOX-4H',
  parameter: 'noxRate',
  unit: 'lb/mmBtu',
  operatingHours: 4,
  citation: 'permit of the tests, condition 1',
  windowEnd: textOfHour(at),
  average,
  limit: '0.15',
  state: average === null ? 'no-data' : Number(average) > 0.15 ? 'exceedance' : 'within',
  ...over,
});

export const records = (hours: readonly EmissionHour[], over: Partial<SourceRecords> = {}): SourceRecords => ({
  plan: plan(),
  utcOffsetMinutes: OFFSET,
  asOf: (FIRST + 3000) * 60,
  begins: FIRST,
  hours,
  windows: [],
  exceedances: [],
  gaps: [],
  outages: [],
  checkedUntil: null,
  madeFrom: { hours: hours.length, hoursSha256: 'h', exceedancesSha256: 'e' },
  ...over,
});

/** The whole quarter, hour by hour: 90 days. */
export const wholeQuarter = (of: (at: number, index: number) => EmissionHour): EmissionHour[] =>
  Array.from({ length: 90 * 24 }, (_, i) => of(FIRST + i, i));
