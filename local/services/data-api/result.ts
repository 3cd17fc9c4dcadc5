import type { FieldDef } from 'pg';
import { AwsError } from '../aws-json.ts';
import { parseArray } from './array.ts';
import { plainTime, utcTimestamp } from './timestamps.ts';

/** A value in a response: one of `longValue`, `doubleValue`, `stringValue`, `booleanValue`, `blobValue`, ... */
export type Field = Readonly<Record<string, unknown>>;

export type Row = readonly (string | null)[];

export interface ResultOptions {
  readonly decimalReturnType?: string;
  readonly longReturnType?: string;
}

type Read = (text: string) => Field;

const NULL: Field = { isNull: true };
const ofString: Read = (stringValue) => ({ stringValue });
const ofBoolean: Read = (text) => ({ booleanValue: text === 't' });
const ofBlob: Read = (text) => ({ blobValue: Buffer.from(text.slice(2), 'hex').toString('base64') });
const ofTime: Read = (text) => ({ stringValue: plainTime(text) });
const ofInstant: Read = (text) => ({ stringValue: utcTimestamp(text) });
/** JSON has no NaN and no infinity; AWS's JSON protocol writes them as strings. */
const ofDouble: Read = (text) => ({ doubleValue: Number.isFinite(Number(text)) ? Number(text) : text });
const ofLong: Read = (text) => ({ longValue: Number(text) });
const doubleOrLong: Read = (text) => (/^-?\d+$/.test(text) ? ofLong(text) : ofDouble(text));

/** PostgreSQL's type numbers (pg_type.dat), those that the Data API returns as something else than a string. */
const SCALARS: Readonly<Record<number, Read>> = {
  16: ofBoolean,
  17: ofBlob,
  20: ofLong,
  21: ofLong,
  23: ofLong,
  700: ofDouble,
  701: ofDouble,
  1083: ofTime,
  1114: ofTime,
  1184: ofInstant,
};

/** Types that Aurora's Data API refuses to return: cast them to text. */
const UNSUPPORTED: Readonly<Record<number, string>> = {
  18: '"CHAR"',
  142: 'XML',
  600: 'POINT',
  601: 'LSEG',
  602: 'PATH',
  603: 'BOX',
  604: 'POLYGON',
  628: 'LINE',
  718: 'CIRCLE',
  790: 'MONEY',
  1186: 'INTERVAL',
  1266: 'TIMETZ',
  1560: 'BIT',
  1562: 'VARBIT',
  2205: 'regclass',
  2206: 'regtype',
};

/** Arrays: the list their elements go into, and how an element's text reads. */
const ARRAYS: Readonly<Record<number, readonly [list: string, element: (text: string) => unknown]>> = {
  1000: ['booleanValues', (text) => text === 't'],
  1005: ['longValues', Number],
  1007: ['longValues', Number],
  1016: ['longValues', Number],
  1021: ['doubleValues', Number],
  1022: ['doubleValues', Number],
  1009: ['stringValues', String],
  1014: ['stringValues', String],
  1015: ['stringValues', String],
  1115: ['stringValues', plainTime],
  1182: ['stringValues', String],
  1183: ['stringValues', plainTime],
  1185: ['stringValues', utcTimestamp],
  1231: ['stringValues', String],
  2951: ['stringValues', String],
};

const NUMERIC = 1700;
const INT8 = 20;

/** @throws `UnsupportedResultException` for a column of a type that the Data API does not return */
export const readersOf = (fields: readonly FieldDef[], options: ResultOptions = {}): readonly Read[] =>
  fields.map(({ dataTypeID }) => {
    const refused = UNSUPPORTED[dataTypeID];
    if (refused) {
      throw new AwsError('UnsupportedResultException', `The result contains the unsupported data type ${refused}.`);
    }
    const array = ARRAYS[dataTypeID];
    if (array) return (text) => ({ arrayValue: { [array[0]]: parseArray(text).map(array[1]) } });
    if (dataTypeID === NUMERIC && options.decimalReturnType === 'DOUBLE_OR_LONG') return doubleOrLong;
    if (dataTypeID === INT8 && options.longReturnType === 'STRING') return ofString;
    return SCALARS[dataTypeID] ?? ofString;
  });

export const recordsOf = (rows: readonly Row[], readers: readonly Read[]): readonly (readonly Field[])[] =>
  rows.map((row) => row.map((text, column) => (text === null ? NULL : readers[column]!(text))));

/** `formatRecordsAs: JSON`: one object a row, keyed by column label. */
export const formattedRecords = (
  rows: readonly Row[],
  fields: readonly FieldDef[],
  readers: readonly Read[],
): string => {
  const labels = fields.map(({ name }) => JSON.stringify(name));
  const json = (text: string | null, column: number): string => {
    if (text === null) return 'null';
    // Every digit of a numeric is kept: a JSON number need not be a double.
    if (fields[column]!.dataTypeID === NUMERIC && Number.isFinite(Number(text))) return text;
    const only = Object.values(readers[column]!(text))[0];
    return JSON.stringify(typeof only === 'object' && only !== null ? Object.values(only)[0] : only);
  };
  const objects = rows.map(
    (row) => `{${row.map((text, column) => `${labels[column]}:${json(text, column)}`).join(',')}}`,
  );
  return `[${objects.join(',')}]`;
};
