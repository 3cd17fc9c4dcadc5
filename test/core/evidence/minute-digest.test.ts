import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minuteLine, sourceDigest, wholeDigest } from '#core/evidence/minute-digest';
import { sha256Text } from './sha256.ts';

describe('the line of a minute', () => {
  it('is a JSON list without blanks', () => {
    const line = minuteLine({
      sourceId: 7,
      minute: 29_400_000,
      revision: 2,
      firedSeconds: 60,
      grossLoad: 100,
      readings: [14_992.3, null, 1e6, 1.5e-7, -0],
      statuses: 'VNVVV',
    });
    expect(line).toBe('[29400000,2,60,100,[14992.3,null,1000000,0.00000015,0],"VNVVV"]\n');
  });
});

describe('digests', () => {
  const day = (source: string, number: number, text: string) => ({
    source,
    day: number,
    minutes: 1440,
    digest: sha256Text(text),
  });

  it('of a source are over its days in order, by their dates', () => {
    // printf '2026-11-23 %s\n2026-11-24 %s\n' $(printf a | sha256sum | cut -c-64) $(printf b | sha256sum | cut -c-64) | sha256sum
    const expected = '2a3899c62c625143c92907f6790f731fcf6acacc556aa869a8ac0a9dec24b38d';
    const found = sourceDigest([day('A', 20_781, 'b'), day('A', 20_780, 'a')], sha256Text);
    expect(found).toEqual({ storedMinutes: 2880, digest: expected });
  });

  it('of everything do not depend on the order in which facilities and sources are given', () => {
    const facilities = ['P1', 'P10', 'P2'].map((facility) => ({
      facility,
      sources: ['A', 'B*', 'a'].map((source) => ({ source, digest: sha256Text(facility + source) })),
    }));
    fc.assert(
      fc.property(fc.shuffledSubarray(facilities, { minLength: 3 }), (shuffled) => {
        const given = shuffled.map(({ facility, sources }) => ({ facility, sources: [...sources].reverse() }));
        expect(wholeDigest(given, sha256Text)).toBe(wholeDigest(facilities, sha256Text));
      }),
    );
    const lines = facilities.flatMap(({ facility, sources }) =>
      sources.map(({ source, digest }) => `${facility} ${source} ${digest}\n`),
    );
    expect(wholeDigest(facilities, sha256Text)).toBe(sha256Text(lines.join('')));
  });
});
