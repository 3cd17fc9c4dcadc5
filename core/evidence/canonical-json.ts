/** What signed documents are made of. Numbers are whole, so that every program writes them alike. */
export type Canonical =
  | null
  | boolean
  | number
  | string
  | readonly Canonical[]
  | { readonly [key: string]: Canonical | undefined };

/**
 * The one text of a document: JSON as RFC 8785 writes it, with the keys of every object in the order of their UTF-16
 * code units, no white space, and strings escaped no more than JSON asks for. A key without a value is left out.
 *
 * @throws RangeError for a number that is not whole or not exact in a double: only then do all programs write it alike
 * @example canonicalJson({ b: 1, a: ['x', null] }) // '{"a":["x",null],"b":1}'
 */
export const canonicalJson = (value: Canonical): string => {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new RangeError(`expected whole numbers up to 2^53 in a signed document, got ${value}`);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value)
    .flatMap(([key, item]) => (item === undefined ? [] : [[key, item] as const]))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${entries.join(',')}}`;
};

const isList = (value: Canonical): value is readonly Canonical[] => Array.isArray(value);
