import { AwsError } from '../aws-json.ts';

/** One parameter of a request. */
export interface SqlParameter {
  readonly name?: string;
  readonly value?: Readonly<Record<string, unknown>>;
  readonly typeHint?: string;
}

/** What goes to PostgreSQL in the place of a name: its text or bytes, and the type it is declared as. */
export interface Bound {
  readonly value: string | Buffer | null;
  readonly oid: number;
}

/** The Data API declares what it binds: a string is text, so a column of another type needs a cast or a type hint. */
const OID = { bool: 16, bytea: 17, int8: 20, text: 25, float8: 701, unspecified: 0 };

/** Forms that the Data API accepts, narrower than PostgreSQL's. https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_SqlParameter.html */
const HINTS: Readonly<Record<string, { readonly oid: number; readonly form: RegExp }>> = {
  DATE: { oid: 1082, form: /^\d{4}-\d\d-\d\d$/ },
  DECIMAL: { oid: 1700, form: /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/ },
  JSON: { oid: 114, form: /^/ },
  TIME: { oid: 1083, form: /^\d\d:\d\d:\d\d(\.\d{1,6})?$/ },
  TIMESTAMP: { oid: 1114, form: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$/ },
  UUID: { oid: 2950, form: /^[\da-fA-F]{8}(-[\da-fA-F]{4}){3}-[\da-fA-F]{12}$/ },
};

/** @throws `ValidationException` for an array, `BadRequestException` for a name without value and a malformed value */
export const bindParameters = (names: readonly string[], parameters: readonly SqlParameter[]): readonly Bound[] => {
  if (names.length === 0) return [];
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  return names.map((name) => {
    const parameter = byName.get(name);
    if (parameter) return bind(name, parameter);
    throw new AwsError('BadRequestException', `Cannot find parameter: ${name}`);
  });
};

const bind = (name: string, { value = {}, typeHint }: SqlParameter): Bound => {
  const hint = typeHint === undefined ? undefined : HINTS[typeHint];
  if (typeHint !== undefined && !hint)
    throw malformed(name, `type hint ${typeHint} is not one of ${Object.keys(HINTS)}`);
  if (value.isNull === true) return { value: null, oid: hint?.oid ?? OID.unspecified };
  if (typeof value.stringValue === 'string') {
    if (hint && !hint.form.test(value.stringValue)) throw malformed(name, `"${value.stringValue}" is no ${typeHint}`);
    return { value: value.stringValue, oid: hint?.oid ?? OID.text };
  }
  if (value.longValue !== undefined) return { value: String(value.longValue), oid: OID.int8 };
  if (value.doubleValue !== undefined) return { value: String(value.doubleValue), oid: OID.float8 };
  if (value.booleanValue !== undefined) return { value: String(value.booleanValue), oid: OID.bool };
  if (typeof value.blobValue === 'string') return { value: Buffer.from(value.blobValue, 'base64'), oid: OID.bytea };
  if (value.arrayValue !== undefined) throw new AwsError('ValidationException', 'Array parameters are not supported.');
  throw malformed(name, 'it has no value');
};

const malformed = (name: string, reason: string) => new AwsError('BadRequestException', `parameter ${name}: ${reason}`);
