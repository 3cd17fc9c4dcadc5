import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type LastReading,
  type LookBackLimits,
  lastReadingOf,
  sameLookBack,
  seeReading,
  traceOf,
} from '#core/quality/look-back';

const limits: LookBackLimits = { maxChangePerMinute: 10, stuckAfterMinutes: 3, staleAfterMinutes: 5 };

/** A reading; null: a stored minute without one; undefined: no minute is stored. */
type Minutes = readonly (number | null | undefined)[];

/** One letter a stored minute, `.` when the checks find nothing; minutes count from `first`. */
const findings = (minutes: Minutes, first = 0, before: LastReading | null = null) => {
  const trace = traceOf(before);
  const found = minutes.map((reading, i) =>
    reading === undefined ? ' ' : (seeReading(trace, first + i, reading, limits) ?? '.'),
  );
  return { found: found.join(''), last: lastReadingOf(trace) };
};

describe('rate of change, at most 10 a minute', () => {
  it.each([
    ['by as much as allowed, up and down', [100, 110, 100], '...'],
    ['by more than allowed', [100, 110.1, 99.9], '.RR'],
    ['across a minute without a reading: there is nothing to compare with', [100, null, 200], '...'],
    ['across a minute that is not stored', [100, undefined, 200], '. .'],
    ['from a reading that itself jumped: the jump back is found too', [100, 200, 100], '.RR'],
  ] as const)('%s: %j gives %s', (_, minutes, expected) => expect(findings(minutes).found).toBe(expected));

  it('goes on over the turn of the hour', () => {
    expect(findings([150], 60, [100, 59, 1]).found).toBe('R');
    expect(findings([150], 60, [100, 58, 1]).found).toBe('.');
  });
});

describe('stuck, from the third equal reading in a row', () => {
  it.each([
    ['the third and later ones', [7, 7, 7, 7], '..SS'],
    ['not two', [7, 7, 8, 8], '....'],
    ['a minute without a reading ends the run', [7, 7, null, 7, 7], '.....'],
    ['a minute that is not stored ends the run', [7, 7, undefined, 7, 7, 7], '.. ..S'],
    ['zero and negative zero are equal', [0, -0, 0], '..S'],
  ] as const)('%s: %j gives %s', (_, minutes, expected) => expect(findings(minutes).found).toBe(expected));

  it('counts the run of the hour before', () => expect(findings([7, 7], 60, [7, 59, 2]).found).toBe('SS'));
});

describe('stale, after more than 5 minutes without a reading', () => {
  it('begins in the sixth minute and ends with a reading', () =>
    expect(findings([1, null, null, null, null, null, null, 2, null]).found).toBe('......T..'));

  it('counts minutes of the hour before, and minutes that are not stored', () => {
    expect(findings([null], 65, [1, 59, 1]).found).toBe('T');
    expect(findings([null], 64, [1, 59, 1]).found).toBe('.');
  });

  it('is not found of a channel that has never been read', () =>
    expect(findings(Array.from({ length: 9 }, () => null)).found).toBe('.........'));
});

describe('checks that are not asked for', () => {
  it('find nothing', () => {
    const none = { maxChangePerMinute: null, stuckAfterMinutes: null, staleAfterMinutes: 1440 };
    const trace = traceOf(null);
    for (let i = 0; i < 60; i++) expect(seeReading(trace, i, i < 30 ? 5 : 1e6, none)).toBeUndefined();
  });
});

describe('the state that is carried on', () => {
  const minutes = fc.array(fc.oneof(fc.constantFrom(1, 2, 20, null), fc.constant(undefined)), { maxLength: 60 });

  it('gives the same findings and the same state wherever the minutes are cut', () => {
    fc.assert(
      fc.property(minutes, fc.array(fc.nat(60)), (all, cuts) => {
        const whole = findings(all);
        let found = '';
        let last: LastReading | null = null;
        const ends = [...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b), all.length];
        let from = 0;
        for (const end of ends) {
          // As it is stored: through JSON.
          const before: LastReading | null = JSON.parse(JSON.stringify(last));
          const part: ReturnType<typeof findings> = findings(all.slice(from, end), from, before);
          found += part.found;
          last = part.last;
          from = end;
        }
        expect(found).toBe(whole.found);
        expect(last).toEqual(whole.last);
      }),
    );
  });

  it('settles: the count of equal readings stops at a day, the longest run a plan may ask for', () => {
    const trace = traceOf([7, 0, 1439]);
    for (let minute = 1; minute <= 5; minute++) seeReading(trace, minute, 7, limits);
    expect(lastReadingOf(trace)).toEqual([7, 5, 1440]);
  });

  it('is equal when it leads to the same findings, however long its list is', () => {
    expect(sameLookBack({ channels: [[1, 2, 3]] }, { channels: [[1, 2, 3], null] })).toBe(true);
    expect(sameLookBack(undefined, { channels: [null] })).toBe(true);
    expect(sameLookBack({ channels: [[1, 2, 3]] }, { channels: [[1, 2, 4]] })).toBe(false);
    expect(sameLookBack({ channels: [[1, 2, 3]] }, { channels: [[1, 3, 3]] })).toBe(false);
    expect(sameLookBack({ channels: [[1, 2, 3]] }, { channels: [null] })).toBe(false);
  });
});
