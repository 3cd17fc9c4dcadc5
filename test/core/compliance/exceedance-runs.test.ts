import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExceedanceRun, exceedanceRuns, reconcileRuns, type StoredRun } from '#core/compliance/exceedance-runs';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import { hourOfText, textOfHour } from '#core/time';

const START = hourOfText('2026-01-05T07:00Z');
const NOTHING = { stretch: undefined, ends: false };

/** One letter a window: E over the limit, w within it, n without data; `.` no window. A digit is over it by so much. */
const recordsOf = (windows: string, first = START): ComplianceRecord[] =>
  [...windows].flatMap((letter, i): ComplianceRecord[] => {
    if (letter === '.') return [];
    const over = /[E1-9]/.test(letter);
    return [
      {
        v: 1,
        facility: 'P1',
        source: 'A',
        rule: 'nox-3h',
        parameter: 'noxRate',
        unit: 'lb/mmBtu',
        windowStart: textOfHour(first + i - 2),
        windowEnd: textOfHour(first + i),
        operatingHours: 3,
        validHours: letter === 'n' ? 0 : 3,
        average: letter === 'n' ? null : over ? `0.1${letter === 'E' ? 1 : letter}` : '0.05',
        limit: '0.1',
        citation: 'fictional',
        state: letter === 'n' ? 'no-data' : over ? 'exceedance' : 'within',
        headroom: null,
      },
    ];
  });

const runsOf = (windows: string) =>
  exceedanceRuns({ records: recordsOf(windows), unlimited: [], before: undefined, after: NOTHING });

/** First and last window, counted from the start, how many, and the state. */
const short = ({ first, last, windows, state }: ExceedanceRun) => [first - START, last - START, windows, state];

describe('runs of windows over a limit', () => {
  it.each([
    ['wwww', []],
    ['wEEw', [[1, 2, 2, 'ended']]],
    ['wEE', [[1, 2, 2, 'lasting']]],
    [
      'EwE',
      [
        [0, 0, 1, 'ended'],
        [2, 2, 1, 'lasting'],
      ],
    ],
    ['E..E', [[0, 3, 2, 'lasting']]],
    ['EnE', [[0, 2, 2, 'lasting']]],
    ['wEnn', [[1, 1, 1, 'lasting']]],
    ['nEnw', [[1, 1, 1, 'ended']]],
  ])('of %s are %j: a window without data neither ends nor lengthens one', (windows, expected) => {
    expect(runsOf(windows).map(short)).toEqual(expected);
  });

  it('name their worst window, the earliest of equal ones', () => {
    expect(runsOf('1352').map(({ worst }) => worst.average)).toEqual(['0.15']);
  });

  it('measure the worst by the share of its limit, also where the limit changes within the run', () => {
    const [one, two] = recordsOf('22') as [ComplianceRecord, ComplianceRecord];
    const stricter = { ...one, limit: '0.05', average: '0.09' };
    const [run] = exceedanceRuns({ records: [stricter, two], unlimited: [], before: undefined, after: NOTHING });
    expect(run!.worst).toMatchObject({ average: '0.09', limit: '0.05' });
  });

  it('go on from what lies before the range and into what lies after it', () => {
    const [before] = runsOf('5');
    const [later] = exceedanceRuns({
      records: recordsOf('2', START + 9),
      unlimited: [],
      before: undefined,
      after: NOTHING,
    });
    const around = (windows: string, ends: boolean) =>
      exceedanceRuns({
        records: recordsOf(windows, START + 1),
        unlimited: [],
        before,
        after: { stretch: later, ends },
      }).map(short);
    expect(around('EE', true)).toEqual([[0, 9, 4, 'ended']]);
    expect(around('', false)).toEqual([[0, 9, 2, 'lasting']]);
    expect(around('w', true)).toEqual([
      [0, 0, 1, 'ended'],
      [9, 9, 1, 'ended'],
    ]);
  });
});

describe('runs on record', () => {
  const stored = (windows: string): StoredRun[] => runsOf(windows).map((run, i) => ({ ...run, id: i + 1, told: run }));
  const reconcile = (before: string, now: string) => {
    const { created, changed, retracted } = reconcileRuns(stored(before), runsOf(now), {
      from: START,
      to: START + before.length - 1,
    });
    return {
      created: created.map(short),
      changed: changed.map(({ id }) => id),
      retracted: retracted.map(({ run, into }) => [run.id, into]),
    };
  };
  const none = { created: [], changed: [], retracted: [] };

  it.each([
    ['the same windows', 'wEEw', 'wEEw', none],
    ['a new run', 'wwww', 'wEEw', { ...none, created: [[1, 2, 2, 'ended']] }],
    ['a longer run', 'wEww', 'wEEw', { ...none, changed: [1] }],
    ['a run that ends', 'wEE', 'wEEw', { ...none, changed: [1] }],
    ['a run that has become two', 'wEEE', 'wEwE', { ...none, changed: [1], created: [[3, 3, 1, 'lasting']] }],
    ['two runs that have become one', 'EwEw', 'EEEw', { ...none, changed: [1], retracted: [[2, 1]] }],
    ['a run that there is no more', 'EwEw', 'Ewww', { ...none, retracted: [[2, null]] }],
    [
      'a run that is elsewhere now',
      'Ewww',
      'wwEw',
      { retracted: [[1, null]], changed: [], created: [[2, 2, 1, 'ended']] },
    ],
  ])('%s', (_what, before, now, expected) => {
    expect(reconcile(before, now)).toEqual(expected);
  });

  it('apart from the range are left alone', () => {
    const far = stored('Ew');
    expect(reconcileRuns(far, [], { from: START + 5, to: START + 6 })).toEqual(none);
  });

  it('are always those that there are, each number for one run', () => {
    const windows = fc.string({ unit: fc.constantFrom('E', 'E', 'w', 'n', '.'), minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(windows, windows, (before, now) => {
        const known = stored(before);
        const runs = runsOf(now);
        const { created, changed, retracted } = reconcileRuns(known, runs, { from: START, to: START + 19 });
        const gone = new Set([...retracted.map(({ run }) => run.id), ...changed.map(({ id }) => id)]);
        const after = [...known.filter(({ id }) => !gone.has(id)), ...changed, ...created];
        expect(after.map(short).sort()).toEqual(runs.map(short).sort());
        for (const { into } of retracted) expect(into === null || changed.some(({ id }) => id === into)).toBe(true);
      }),
    );
  });
});
