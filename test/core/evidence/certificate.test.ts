import { describe, expect, it } from 'vitest';
import { contradictions, type NoGapStatement } from '#core/evidence/certificate';
import { FACILITIES, statement } from './certificate.ts';
import { sha256Text } from './sha256.ts';

const KEY = { id: 'k', algorithm: 'ECDSA_SHA_256', publicKey: '', fingerprint: '0'.repeat(64) } as const;
const sound = statement(KEY);
const found = (change: Partial<NoGapStatement>) => contradictions({ ...sound, ...change }, sha256Text);
const withSource = (change: Partial<NoGapStatement['facilities'][number]['sources'][number]>) => {
  const [facility] = FACILITIES as [NoGapStatement['facilities'][number]];
  const [a, b] = facility.sources as [(typeof facility.sources)[number], (typeof facility.sources)[number]];
  return contradictions(statement(KEY, [{ ...facility, sources: [{ ...a, ...change }, b] }]), sha256Text);
};

describe('a statement that nothing is missing', () => {
  it('is sound when its sums and digests add up', () => {
    expect(contradictions(sound, sha256Text)).toEqual([]);
  });

  it.each([
    [
      'its range ends before it begins',
      { range: { from: '2026-11-24T00:00Z', until: '2026-11-23T00:00Z' } },
      /not after/,
    ],
    [
      'it says that more is stored than its sources do',
      { storedMinutes: 2811 },
      /storedMinutes is 2811.*add up to 2810/,
    ],
    ['it says that fewer analysers were down', { analyserDownMinutes: 0 }, /analyserDownMinutes is 0.*add up to 17/],
    ['its digest is another', { digest: sha256Text('x') }, /the digest is/],
  ] as const)('contradicts itself when %s', (_, change, reason) => {
    expect(found(change).join('\n')).toMatch(reason);
  });

  it.each([
    ['fewer minutes are stored than expected', { storedMinutes: 1399 }, 'P1/A: 1400 minutes expected, 1399 stored'],
    [
      'more minutes are stored than expected or declared: a gap would be hidden by what is expected',
      { expectedMinutes: 1300, declaredOutageMinutes: 99 },
      'P1/A: 1300 minutes expected and 99 in declared outages, but 1400 stored',
    ],
    [
      'more minutes are stored without a reading than stored at all',
      { withoutReadingMinutes: 1401 },
      'P1/A: more minutes without a reading than stored ones',
    ],
    [
      'more minutes are expected than the range has',
      { expectedMinutes: 1401, storedMinutes: 1401 },
      'P1/A: more minutes than the 1440',
    ],
  ])('contradicts itself when of a source %s', (_, change, reason) => {
    expect(withSource(change).join('\n')).toContain(reason);
  });

  it('certifies something: a range in which nothing was expected is no range without gaps', () => {
    const empty = {
      expectedMinutes: 0,
      storedMinutes: 0,
      declaredOutageMinutes: 0,
      withoutReadingMinutes: 0,
    };
    const [facility] = FACILITIES as [NoGapStatement['facilities'][number]];
    const nothing = statement(KEY, [
      { ...facility, sources: facility.sources.map((source) => ({ ...source, ...empty })) },
    ]);
    expect(contradictions(nothing, sha256Text)).toEqual([
      'no minute is expected in the range, so there is nothing to certify',
    ]);
  });
});
