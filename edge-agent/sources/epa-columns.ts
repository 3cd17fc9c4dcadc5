import { splitCsvLine } from './split-csv-line.ts';

/** Names of a column in EPA's hourly files through the years, in the letters and digits of the header only. */
const NAMES = {
  state: ['STATE'],
  orisCode: ['ORISPLCODE', 'FACILITYID'],
  unit: ['UNITID'],
  date: ['OPDATE', 'DATE'],
  hour: ['OPHOUR', 'HOUR'],
  operatingTime: ['OPTIME', 'OPERATINGTIME'],
  grossLoad: ['GLOADMW', 'GLOAD', 'GROSSLOADMW', 'GROSSLOAD'],
  steamLoad: ['SLOAD1000LBHR', 'SLOAD', 'STEAMLOAD1000LBHR', 'STEAMLOAD'],
  so2Mass: ['SO2MASSLBS', 'SO2MASS'],
  noxRate: ['NOXRATELBSMMBTU', 'NOXRATE'],
  noxRateFlag: ['NOXRATEMEASUREFLG', 'NOXRATEMEASUREINDICATOR'],
  noxMass: ['NOXMASSLBS', 'NOXMASS'],
  co2Mass: ['CO2MASSTONS', 'CO2MASSSHORTTONS', 'CO2MASS'],
  heatInput: ['HEATINPUTMMBTU', 'HEATINPUT'],
} as const satisfies Record<string, readonly string[]>;

type Column = keyof typeof NAMES;
/** Without these there is no hour to speak of; the sample of 2000 has no CO2, for instance. */
const NEEDED = ['orisCode', 'unit', 'date', 'hour', 'operatingTime', 'heatInput'] as const satisfies readonly Column[];
type Needed = (typeof NEEDED)[number];

/** Where each column stands in the file. */
export type EpaColumns = Readonly<Record<Needed, number> & Partial<Record<Exclude<Column, Needed>, number>>> & {
  readonly count: number;
  /** How the file writes a value that is missing, besides leaving it empty. */
  readonly missing: string | undefined;
};

const plain = (name: string) => name.toUpperCase().replace(/[^A-Z0-9]/g, '');

/**
 * Finds the columns by the names in the first line.
 * The unit ids of the 2018 form stand twice: UNITID is the unit's name, UNIT_ID (last) EPA's number for it.
 * @throws Error naming the columns that are missing
 */
export const columnsOf = (header: string): EpaColumns => {
  const raw = splitCsvLine(header.replace(/^\uFEFF/, '')) ?? [];
  const names = raw.map(plain);
  const at = (column: Column) => {
    const found = names.findIndex((name) => (NAMES[column] as readonly string[]).includes(name));
    return found < 0 ? undefined : found;
  };
  const absent = NEEDED.filter((column) => at(column) === undefined);
  if (absent.length > 0)
    throw new Error(
      `the first line is not the header of an hourly emissions file, it lacks ${absent
        .map((column) => NAMES[column][0])
        .join(', ')}: '${header.slice(0, 80)}'`,
    );
  const found = Object.fromEntries((Object.keys(NAMES) as Column[]).map((column) => [column, at(column)]));
  return {
    ...(found as Record<Needed, number> & Partial<Record<Column, number>>),
    count: names.length,
    // The older files have no measure flags and write -9; in the newer ones a negative number is an error.
    missing: found.noxRateFlag === undefined ? '-9' : undefined,
  };
};
