import { existsSync } from 'node:fs';

const DATA = '../shared/data';
export const NO_DATA = existsSync(DATA) ? '' : ' (skipped: ../shared/data is not here)';
export const hasData = NO_DATA === '';
export const idaho = (month: string) => `${DATA}/epa-hourly-idaho-2018/epacems2018id${month}.zip`;
export const SMOKE = `${DATA}/smoke-hourly-2000/CEMpthour.txt`;

const HEADER_2018 =
  '"STATE","FACILITY_NAME","ORISPL_CODE","UNITID","OP_DATE","OP_HOUR","OP_TIME","GLOAD (MW)","SLOAD (1000lb/hr)","SO2_MASS (lbs)","SO2_MASS_MEASURE_FLG","SO2_RATE (lbs/mmBtu)","SO2_RATE_MEASURE_FLG","NOX_RATE (lbs/mmBtu)","NOX_RATE_MEASURE_FLG","NOX_MASS (lbs)","NOX_MASS_MEASURE_FLG","CO2_MASS (tons)","CO2_MASS_MEASURE_FLG","CO2_RATE (tons/mmBtu)","CO2_RATE_MEASURE_FLG","HEAT_INPUT (mmBtu)","FAC_ID","UNIT_ID"';

export interface Row {
  readonly unit?: string;
  readonly date?: string;
  readonly hour: number | string;
  readonly time?: string;
  readonly heatInput?: string;
  readonly noxRate?: string;
  readonly flag?: string;
}

const rowOf = ({
  unit = 'CT1',
  date = '01-23-2018',
  hour,
  time = '1',
  heatInput = '603.3',
  noxRate = '.195',
  flag = 'Measured',
}: Row) =>
  `"ID","Power, LLC","7953","${unit}","${date}","${hour}","${time}","21","",".098","Measured",".001","Calculated","${noxRate}","${flag}","31.764","Calculated","9.693","Measured",".06","Calculated","${heatInput}","7211","90108"`;

/** A file in EPA's form of 2018. */
export const csvOf = (rows: readonly (Row | string)[]): string =>
  `${[HEADER_2018, ...rows.map((row) => (typeof row === 'string' ? row : rowOf(row)))].join('\n')}\n`;
