import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstMinutes, intersect, minutesIn, type Range, subtract, unite } from '#core/continuity/ranges';

const range = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 12 }))
  .map(([from, length]): Range => ({ from, until: from + length }));
const ranges = fc.array(range, { maxLength: 6 });

/** Minute by minute: what the ranges say without any of the code under test. */
const minutesOf = (given: readonly Range[]): Set<number> =>
  new Set(given.flatMap(({ from, until }) => Array.from({ length: until - from }, (_, i) => from + i)));
const sorted = (minutes: Iterable<number>) => [...minutes].sort((a, b) => a - b);

describe('ranges of minutes', () => {
  it('become as few as possible, in order, with the same minutes', () => {
    fc.assert(
      fc.property(ranges, (given) => {
        const united = unite(given);
        expect(minutesOf(united)).toEqual(minutesOf(given));
        for (const [i, { from, until }] of united.entries()) {
          expect(from).toBeLessThan(until);
          if (i > 0) expect(from).toBeGreaterThan(united[i - 1]!.until);
        }
        expect(minutesIn(given)).toBe(minutesOf(given).size);
      }),
    );
  });

  it('can be taken from one another, and what two have in common is found', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        expect(sorted(minutesOf(subtract(a, b)))).toEqual(
          sorted(minutesOf(a)).filter((minute) => !minutesOf(b).has(minute)),
        );
        expect(sorted(minutesOf(intersect(a, b)))).toEqual(
          sorted(minutesOf(a)).filter((minute) => minutesOf(b).has(minute)),
        );
      }),
    );
  });

  it('begin with their first minutes', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 0, max: 40 }), (given, count) => {
        expect(sorted(minutesOf(firstMinutes(given, count)))).toEqual(sorted(minutesOf(given)).slice(0, count));
      }),
    );
  });

  it('may be open: from a minute on without an end', () => {
    const ever = [{ from: 10, until: Number.POSITIVE_INFINITY }];
    expect(intersect([{ from: 0, until: 20 }], ever)).toEqual([{ from: 10, until: 20 }]);
    expect(subtract([{ from: 0, until: 20 }], ever)).toEqual([{ from: 0, until: 10 }]);
  });
});
