import type { FieldDef } from 'pg';

/** PostgreSQL type number: name, java.sql.Types number (which is what the Data API reports), digits. */
const TYPES: Readonly<Record<number, readonly [name: string, jdbc: number, precision?: number]>> = {
  16: ['bool', -7, 1],
  17: ['bytea', -2],
  20: ['int8', -5, 19],
  21: ['int2', 5, 5],
  23: ['int4', 4, 10],
  25: ['text', 12],
  114: ['json', 1111],
  700: ['float4', 7, 8],
  701: ['float8', 8, 17],
  1042: ['bpchar', 1],
  1043: ['varchar', 12],
  1082: ['date', 91, 13],
  1083: ['time', 92, 15],
  1114: ['timestamp', 93, 29],
  1184: ['timestamptz', 93, 35],
  1700: ['numeric', 2],
  2950: ['uuid', 1111],
  3802: ['jsonb', 1111],
  1000: ['_bool', 2003],
  1005: ['_int2', 2003],
  1007: ['_int4', 2003],
  1009: ['_text', 2003],
  1015: ['_varchar', 2003],
  1016: ['_int8', 2003],
  1021: ['_float4', 2003],
  1022: ['_float8', 2003],
  1231: ['_numeric', 2003],
};

const SIGNED = new Set([20, 21, 23, 700, 701, 1700]);
/** java.sql.ResultSetMetaData.columnNullableUnknown: telling more would need a look into the catalogue. */
const NULLABLE_UNKNOWN = 2;

export const columnMetadata = (fields: readonly FieldDef[]) =>
  fields.map(({ name, dataTypeID, dataTypeModifier }) => {
    const [typeName, type, precision] = TYPES[dataTypeID] ?? ['other', 1111];
    const declared = dataTypeID === 1700 && dataTypeModifier >= 4 ? dataTypeModifier - 4 : undefined;
    return {
      arrayBaseColumnType: 0,
      isAutoIncrement: false,
      isCaseSensitive: !SIGNED.has(dataTypeID),
      isCurrency: false,
      isSigned: SIGNED.has(dataTypeID),
      label: name,
      name,
      nullable: NULLABLE_UNKNOWN,
      precision: declared === undefined ? (precision ?? 0) : declared >> 16,
      scale: declared === undefined ? 0 : declared & 0xffff,
      schemaName: '',
      tableName: '',
      type,
      typeName,
    };
  });
