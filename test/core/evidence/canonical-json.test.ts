import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Canonical, canonicalJson } from '#core/evidence/canonical-json';

const { document } = fc.letrec<{ document: Canonical }>((tie) => ({
  document: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary' }),
    fc.array(tie('document'), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie('document'), { maxKeys: 4 }),
  ),
}));

/** The same document with the keys of its objects in another order. */
const turned = (value: Canonical): Canonical => {
  if (Array.isArray(value)) return value.map(turned);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, turned(item as Canonical)]),
  );
};

describe('canonical JSON', () => {
  it('is the JSON of RFC 8785', () => {
    // From the examples of RFC 8785, 3.2.3: keys in the order of their UTF-16 code units.
    const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    expect(canonicalJson(keys)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}');
    expect(canonicalJson({ text: '\u20ac$\u000f\nA\'B"\\/' })).toBe('{"text":"\u20ac$\\u000f\\nA\'B\\"\\\\/"}');
  });

  it('says the same as the document', () => {
    fc.assert(
      fc.property(document, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(document, (value) => {
        expect(canonicalJson(turned(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('leaves out keys without a value', () => {
    expect(canonicalJson({ b: undefined, a: null })).toBe('{"a":null}');
  });

  it.each([0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %d, which programs write differently',
    (value) => {
      expect(() => canonicalJson({ value })).toThrow(/whole numbers/);
    },
  );
});
