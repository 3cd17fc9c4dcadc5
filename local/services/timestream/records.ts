import * as z from 'zod';
import { AwsError } from '../aws-json.ts';

const MAX_RECORDS = 100;
const MAX_DIMENSIONS = 128;
const MAX_MEASURES = 256;
const MAX_DIMENSION_NAME = 60;
const MAX_MEASURE_NAME = 256;
const MAX_SERIES_BYTES = 2048;
const MAX_VALUE_BYTES = 2048;

const UNITS = { SECONDS: 1, MILLISECONDS: 1e3, MICROSECONDS: 1e6, NANOSECONDS: 1e9 };
const TYPES = new Set(['DOUBLE', 'BIGINT', 'VARCHAR', 'BOOLEAN', 'TIMESTAMP']);

export interface Measure {
  readonly Name: string;
  readonly Value: string;
  readonly Type: string;
}

interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

interface GivenRecord {
  readonly Dimensions?: readonly Dimension[];
  readonly MeasureName?: string;
  readonly MeasureValueType?: string;
  readonly MeasureValues?: readonly Measure[];
  readonly Time?: string;
  readonly TimeUnit?: string;
  readonly Version?: number;
}

/** A record with its common attributes, and what is wrong with it, if anything. */
export interface MergedRecord {
  /** Sorted by name. */
  readonly dimensions: readonly Dimension[];
  readonly measureName: string;
  readonly measures: readonly Measure[];
  /** Since 1970. */
  readonly minute: number;
  readonly version: number;
  readonly fault: string | undefined;
}

// Only the frame: a hundred records with twenty measures each are looked at once, while they are merged.
const request = z.object({
  DatabaseName: z.string(),
  TableName: z.string(),
  CommonAttributes: z.custom<GivenRecord>((value) => typeof value === 'object' && value !== null).optional(),
  Records: z.array(z.custom<GivenRecord>((value) => typeof value === 'object' && value !== null)).min(1),
});

const invalid = (message: string) => new AwsError('ValidationException', message);

/** @throws AwsError ValidationException for what Timestream refuses as a whole */
export const readWriteRecords = (input: unknown) => {
  const read = request.safeParse(input);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalid(`${issue?.path.join('.') ?? 'request'}: ${issue?.message ?? 'malformed'}`);
  }
  const { DatabaseName, TableName, CommonAttributes = {}, Records } = read.data;
  if (Records.length > MAX_RECORDS)
    throw invalid(`1 validation error detected: records has ${Records.length} members, at most ${MAX_RECORDS}`);
  return { DatabaseName, TableName, records: Records.map((record) => merge(CommonAttributes, record)) };
};

const merge = (common: GivenRecord, own: GivenRecord): MergedRecord => {
  const dimensions = [...(common.Dimensions ?? []), ...(own.Dimensions ?? [])].sort(byName);
  for (let i = 1; i < dimensions.length; i++)
    if (dimensions[i]!.Name === dimensions[i - 1]!.Name)
      throw invalid(`dimension ${dimensions[i]!.Name} is given twice`);
  const measures =
    common.MeasureValues && own.MeasureValues
      ? [...common.MeasureValues, ...own.MeasureValues]
      : (own.MeasureValues ?? common.MeasureValues ?? []);
  const measureName = own.MeasureName ?? common.MeasureName;
  if (!measureName) throw invalid('a record has no measure name');
  if ((own.MeasureValueType ?? common.MeasureValueType) !== 'MULTI')
    throw invalid('the local cloud takes records of type MULTI only');
  const version = own.Version ?? common.Version ?? 1;
  if (!Number.isSafeInteger(version) || version < 1) throw invalid(`version ${version} is no positive integer`);
  return {
    dimensions,
    measureName,
    measures,
    minute: minuteOf(own.Time ?? common.Time, own.TimeUnit ?? common.TimeUnit ?? 'MILLISECONDS'),
    version,
    fault: faultOf(dimensions, measureName, measures),
  };
};

const byName = (a: Dimension, b: Dimension): number => (a.Name < b.Name ? -1 : a.Name > b.Name ? 1 : 0);

const minuteOf = (time: string | undefined, unit: string): number => {
  const minute = Number(time) / ((UNITS[unit as keyof typeof UNITS] ?? Number.NaN) * 60);
  if (time === undefined || !Number.isFinite(minute)) throw invalid(`time ${time} ${unit} is no time`);
  if (!Number.isInteger(minute)) throw invalid(`time ${time} ${unit}: the local cloud keeps whole minutes only`);
  return minute;
};

const faultOf = (
  dimensions: readonly Dimension[],
  measureName: string,
  measures: readonly Measure[],
): string | undefined => {
  if (dimensions.length === 0) throw invalid('a record has no dimensions');
  if (measures.length === 0) throw invalid('a record of type MULTI has no measure values');
  if (dimensions.length > MAX_DIMENSIONS) return `The number of dimensions exceeds the limit of ${MAX_DIMENSIONS}.`;
  if (measures.length > MAX_MEASURES) return `The number of measures exceeds the limit of ${MAX_MEASURES}.`;
  if (measureName.length > MAX_MEASURE_NAME) return `The measure name exceeds the limit of ${MAX_MEASURE_NAME} bytes.`;
  let bytes = 0;
  for (const { Name, Value } of dimensions) {
    if (Name.length > MAX_DIMENSION_NAME) return `A dimension name exceeds the limit of ${MAX_DIMENSION_NAME} bytes.`;
    bytes += Buffer.byteLength(Name) + Buffer.byteLength(Value);
  }
  if (bytes > MAX_SERIES_BYTES) return `The dimensions exceed the limit of ${MAX_SERIES_BYTES} bytes.`;
  let values = 0;
  for (const { Name, Value, Type } of measures) {
    if (Name.length > MAX_MEASURE_NAME) return `A measure name exceeds the limit of ${MAX_MEASURE_NAME} bytes.`;
    if (typeof Value !== 'string' || Value === '') throw invalid(`measure ${Name} has no value`);
    if (!TYPES.has(Type)) throw invalid(`measure ${Name} has type ${Type}`);
    if (Type === 'DOUBLE' && !Number.isFinite(Number(Value))) throw invalid(`measure ${Name}: ${Value} is no DOUBLE`);
    values += Type === 'VARCHAR' ? Buffer.byteLength(Value) : 8;
  }
  return values > MAX_VALUE_BYTES ? `The measure values exceed the limit of ${MAX_VALUE_BYTES} bytes.` : undefined;
};
