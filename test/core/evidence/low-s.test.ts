import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hasLowS, withLowS } from '#core/evidence/low-s';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('the one form of a signature', () => {
  it('verifies as the signature did, and has the smaller s, whichever was given', () => {
    const given = Array.from({ length: 64 }, (_, i) => {
      const text = Buffer.from(`text ${i}`);
      return { text, signature: sign('sha256', text, privateKey) };
    });
    // Each has one chance in two.
    expect(new Set(given.map(({ signature }) => hasLowS(signature)))).toEqual(new Set([true, false]));
    for (const { text, signature } of given) {
      const one = withLowS(signature);
      expect([hasLowS(one), verify('sha256', text, publicKey, one)]).toEqual([true, true]);
      expect(withLowS(one)).toEqual(one);
    }
  });

  it.each(['', '3006', '300602010102', '3003020101', '30060201010201', '3006020101020101ff', '300702020001020101'])(
    'is refused when it is no signature: %j',
    (hex) => {
      const der = Buffer.from(hex, 'hex');
      expect(hasLowS(der)).toBe(false);
      expect(() => withLowS(der)).toThrow('expected an ECDSA signature of P-256 in DER');
    },
  );
});
