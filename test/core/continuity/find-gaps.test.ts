import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeclaredOutage, GRACE_MINUTES, lastExpected, type ReportingSource } from '#core/continuity/expected';
import { findGaps } from '#core/continuity/find-gaps';
import type { Range } from '#core/continuity/ranges';
import { holesIn, type StoredMinute } from './facility.ts';

const RANGE = { from: 100, until: 160 };
const source = (name: string, begins: number | null = 0): ReportingSource => ({ source: name, begins });
const every = (name: string, { from, until }: Range = RANGE): StoredMinute[] =>
  Array.from({ length: until - from }, (_, i) => ({ source: name, minute: from + i }));
const without = (stored: readonly StoredMinute[], from: number, until = from + 1) =>
  stored.filter(({ minute }) => minute < from || minute >= until);

const find = (
  sources: readonly ReportingSource[],
  stored: readonly StoredMinute[],
  { outages = [] as readonly DeclaredOutage[], soleAgent = true } = {},
) =>
  findGaps(RANGE, {
    sources,
    outages,
    soleAgent,
    holes: holesIn(
      RANGE,
      sources.map((one) => one.source),
      stored,
    ),
  });

describe('minutes that are expected', () => {
  it('are all minutes of the range, and all are there', () => {
    expect(find([source('A')], every('A'))).toEqual([
      { source: 'A', expected: [RANGE], missing: [], withoutReading: [], notReported: [] },
    ]);
  });

  it('begin with the first minute that was ever stored of the source', () => {
    const [found] = find([source('A', 130)], every('A', { from: 130, until: 160 }));
    expect(found).toMatchObject({ expected: [{ from: 130, until: 160 }], missing: [] });
  });

  it('are none of a source that has never sent anything, and it keeps nobody from being complete', () => {
    const [a, b] = find([source('A'), source('B', null)], every('A'));
    expect(a).toMatchObject({ expected: [RANGE], missing: [] });
    expect(b).toMatchObject({ expected: [], missing: [], notReported: [] });
  });

  it('are missing at every source that has begun, whatever one does that has not', () => {
    const stored = without(every('A'), 120, 125);
    const [a] = findGaps(RANGE, {
      sources: [source('A'), source('B', null), source('C', 140)],
      outages: [],
      soleAgent: true,
      // Of sources that have not begun the store has no word.
      holes: [...holesIn(RANGE, ['A'], stored), ...holesIn(RANGE, ['C'], every('C', { from: 100, until: 160 }))],
    });
    expect(a).toMatchObject({ missing: [{ from: 120, until: 125 }], notReported: [] });
  });

  it('are none in an outage declared for the facility, or for this source', () => {
    const outages = [
      { source: null, from: 90, until: 110 },
      { source: 'B', from: 120, until: 130 },
    ];
    const [a, b] = find([source('A'), source('B')], [], { outages });
    expect(a!.expected).toEqual([{ from: 110, until: 160 }]);
    expect(b!.expected).toEqual([
      { from: 110, until: 120 },
      { from: 130, until: 160 },
    ]);
    expect(b!.missing).toEqual(b!.expected);
  });

  it('end a few minutes ago: the latest are still on their way', () => {
    expect(lastExpected(1000)).toBe(1000 - GRACE_MINUTES);
    expect(GRACE_MINUTES).toBe(3);
  });
});

describe('a minute that is not there', () => {
  it('is missing when the facility has nothing of that time', () => {
    const found = find(
      [source('A'), source('B')],
      [...without(every('A'), 120, 125), ...without(every('B'), 120, 125)],
    );
    for (const { missing } of found) expect(missing).toEqual([{ from: 120, until: 125 }]);
  });

  it('is missing even if it is the first or the last of the range', () => {
    const [found] = find([source('A')], without(without(every('A'), 100), 159));
    expect(found!.missing).toEqual([
      { from: 100, until: 101 },
      { from: 159, until: 160 },
    ]);
  });

  it('is not reported when the facility has sent that time without this source', () => {
    const [a, b] = find([source('A'), source('B')], [...every('A'), ...without(every('B'), 120, 125)]);
    expect(a).toMatchObject({ missing: [], notReported: [] });
    expect(b).toMatchObject({ missing: [], notReported: [{ from: 120, until: 125 }] });
  });

  it('is missing all the same where several agents share a facility, or did: one says nothing of the other’s sources', () => {
    const stored = [...every('A'), ...without(every('B'), 120, 125)];
    const [, b] = find([source('A'), source('B')], stored, { soleAgent: false });
    expect(b).toMatchObject({ missing: [{ from: 120, until: 125 }], notReported: [] });
  });

  it('is there when it is stored without a reading, and says that the analysers are down', () => {
    const blank = { source: 'A', minute: 120, blank: true };
    const [a, b] = find([source('A'), source('B')], [...without(every('A'), 120), blank, ...without(every('B'), 120)]);
    expect(a).toMatchObject({ missing: [], withoutReading: [{ from: 120, until: 121 }] });
    expect(b).toMatchObject({ missing: [], notReported: [{ from: 120, until: 121 }] });
  });
});

describe('whatever is stored', () => {
  const NAMES = ['A', 'B', 'C'];
  const sources = fc.tuple(
    ...NAMES.map((name) =>
      fc.option(fc.integer({ min: 80, max: 130 }), { nil: null }).map((begins) => source(name, begins)),
    ),
  );
  const stored = fc.uniqueArray(
    fc.record({
      source: fc.constantFrom(...NAMES),
      minute: fc.integer({ min: RANGE.from, max: RANGE.until - 1 }),
      blank: fc.boolean(),
    }),
    { maxLength: 180, selector: ({ source: name, minute }) => `${name} ${minute}` },
  );
  const outages = fc.array(
    fc.record({
      source: fc.constantFrom(null, ...NAMES),
      from: fc.integer({ min: 90, max: 160 }),
      until: fc.integer({ min: 100, max: 170 }),
    }),
    { maxLength: 2 },
  );
  const facility = fc.record({ sources, stored, outages, soleAgent: fc.boolean() });

  const minutesOf = (ranges: readonly Range[]) =>
    ranges.flatMap(({ from, until }) => Array.from({ length: until - from }, (_, i) => from + i));

  /** A source’s minutes before its beginning are not stored: that is what its beginning means. */
  const plausible = (given: { sources: readonly ReportingSource[]; stored: readonly StoredMinute[] }) =>
    given.stored.filter(({ source: name, minute }) => {
      const { begins } = given.sources.find((one) => one.source === name)!;
      return begins !== null && minute >= begins;
    });

  it('each expected minute is there with a reading, or in exactly one gap', () => {
    fc.assert(
      fc.property(facility, (given) => {
        const there = plausible(given);
        for (const { source: name, expected, ...gaps } of find(given.sources, there, given)) {
          const { begins } = given.sources.find((one) => one.source === name)!;
          const declared = (minute: number) =>
            given.outages.some(
              (outage) => (outage.source ?? name) === name && minute >= outage.from && minute < outage.until,
            );
          const wanted = minutesOf([RANGE]).filter(
            (minute) => begins !== null && minute >= begins && !declared(minute),
          );
          expect(minutesOf(expected)).toEqual(wanted);
          const read = new Set(there.filter((one) => one.source === name && !one.blank).map(({ minute }) => minute));
          const inGaps = [
            ...minutesOf(gaps.missing),
            ...minutesOf(gaps.withoutReading),
            ...minutesOf(gaps.notReported),
          ];
          expect(inGaps.sort((a, b) => a - b)).toEqual(wanted.filter((minute) => !read.has(minute)));
        }
      }),
    );
  });

  it('the order in which the store gives its rows does not matter', () => {
    fc.assert(
      fc.property(
        facility.chain((given) => {
          const holes = holesIn(RANGE, NAMES, plausible(given));
          return fc.record({
            given: fc.constant(given),
            holes: fc.constant(holes),
            shuffled: fc.shuffledSubarray(holes, { minLength: holes.length }),
          });
        }),
        ({ given, holes, shuffled }) => {
          expect(findGaps(RANGE, { ...given, holes: shuffled })).toEqual(findGaps(RANGE, { ...given, holes }));
        },
      ),
    );
  });

  it('there is no gap if and only if every expected minute is there with a reading', () => {
    fc.assert(
      fc.property(facility, fc.boolean(), (given, fill) => {
        const full = given.sources.flatMap((one) =>
          one.begins === null ? [] : every(one.source, { from: Math.max(RANGE.from, one.begins), until: RANGE.until }),
        );
        const there = fill ? full : plausible(given);
        const found = find(given.sources, there, given);
        const none = found.every(
          ({ missing, withoutReading, notReported }) =>
            missing.length + withoutReading.length + notReported.length === 0,
        );
        const complete = found.every(({ source: name, expected }) =>
          minutesOf(expected).every((minute) =>
            there.some((one) => one.source === name && one.minute === minute && !one.blank),
          ),
        );
        expect(none).toBe(complete);
        if (fill) expect(none).toBe(true);
      }),
    );
  });
});
