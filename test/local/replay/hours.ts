import type { EmissionHour } from '#core/contracts/emission-hour';
import type { EpaHour } from '../../../edge-agent/sources/epa-hours.ts';

/** An hour of 7953 CT1 as EPA published it: 23 January 2018, 6:00. */
export const published = (change: Partial<EpaHour> = {}): EpaHour => ({
  kind: 'hour',
  file: 'a.csv',
  line: 2,
  state: 'ID',
  orisCode: 7953,
  unit: 'CT1',
  date: '2018-01-23',
  hour: 6,
  operatingTime: '1',
  grossLoad: '156',
  steamLoad: null,
  so2Mass: '0.998',
  noxRate: '0.062',
  noxRateFlag: 'Measured',
  noxMass: '103.149',
  co2Mass: '98.9',
  heatInput: '1663.7',
  ...change,
});

const value = (text: string | null, modc: string | null = null) => ({ value: text, unit: '', equation: '', modc });

/** The same hour as the pipeline stores it. */
export const storedHour = (change: Partial<EmissionHour> = {}): EmissionHour => ({
  v: 1,
  facility: '7953',
  source: 'CT1',
  hour: '2018-01-23T13:00Z',
  date: '2018-01-23',
  clockHour: 6,
  minutes: 60,
  operatingTime: '1',
  grossLoad: 156,
  channels: {},
  values: {
    heatInput: value('1663.7'),
    noxRate: value('0.062', '01'),
    noxMass: value('103.149'),
    co2Mass: value('98.9'),
    so2Mass: value('0.998'),
  },
  ...change,
});
