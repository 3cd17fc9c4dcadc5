import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinGaps } from '#core/continuity/join-gaps';
import { intersect, minutesIn } from '#core/continuity/ranges';
import type { Gap } from '#core/contracts/continuity-report';
import { hull } from '../../../functions/verify-continuity/examine.ts';

const gap = (from: number, until = from + 1, source = 'A', reason: Gap['reason'] = 'asked'): Gap => ({
  source,
  from,
  until,
  reason,
});

describe('gaps that are remembered together', () => {
  it('are none while there is room for each', () => {
    const gaps = [gap(5), gap(1), gap(3)];
    expect(joinGaps(gaps, 3)).toEqual(gaps);
  });

  it('are those that lie nearest to each other, and count as the worst of them', () => {
    expect(joinGaps([gap(1), gap(3, 4, 'A', 'not-held'), gap(90)], 2)).toEqual([gap(1, 4, 'A', 'not-held'), gap(90)]);
  });

  it('never reach from one source to another', () => {
    expect(joinGaps([gap(1), gap(900), gap(2, 3, 'B')], 1)).toEqual([gap(1, 901), gap(2, 3, 'B')]);
  });

  it('lose no minute, whatever the gaps are', () => {
    const some = fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 9 }), fc.constantFrom('A', 'B'))
        .map(([from, length, source]) => gap(from, from + length, source)),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 20 }), (gaps, most) => {
        const fewer = joinGaps(gaps, most);
        expect(fewer.length).toBeLessThanOrEqual(Math.max(most, 2));
        for (const name of ['A', 'B']) {
          const of = (all: readonly Gap[]) => all.filter(({ source }) => source === name);
          expect(minutesIn(intersect(of(gaps), of(fewer)))).toBe(minutesIn(of(gaps)));
        }
      }),
    );
  });

  it('can be more than a call takes arguments', () => {
    const dense = Array.from({ length: 400_000 }, (_, i) => gap(2 * i));
    expect(hull(dense)).toEqual({ from: 0, until: 799_999 });
    expect(joinGaps(dense, 2000)).toEqual([gap(0, 799_999)]);
  });
});
