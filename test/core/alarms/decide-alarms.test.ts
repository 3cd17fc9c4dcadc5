import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AlarmDecisions, decideAlarms } from '#core/alarms/decide-alarms';
import type { LimitStanding, OpenAlarm, PlantState } from '#core/alarms/plant-state';
import { alarmSettings } from '#core/contracts/alarm';
import { notice } from '#core/contracts/notice';
import { hourOfText, minuteOfText } from '#core/time';

const NOW = Date.UTC(2026, 0, 6, 3);
const MINUTE = minuteOfText('2026-01-06T02:59Z');
const HOUR = hourOfText('2026-01-06T02:00Z');

const standing = (over: Partial<LimitStanding> = {}): LimitStanding => ({
  source: 'CT1',
  rule: 'NOX-4H',
  windowEnd: HOUR,
  state: 'within',
  operatingHours: 4,
  average: '0.05',
  limit: '0.1',
  unit: 'lb/mmBtu',
  nextHour: '0.12345678',
  hoursToLimit: null,
  ...over,
});

const calm: PlantState = {
  facility: '7953',
  utcOffsetMinutes: -420,
  settings: alarmSettings.parse({}),
  arrivedAt: NOW - 30_000,
  newestMinute: MINUTE,
  facilityOutage: false,
  sourceOutages: [],
  limits: [],
  faults: [],
  runs: [],
  open: [],
};

/** The open alarms after the decisions, as the store keeps them. */
const carriedOut = (open: readonly OpenAlarm[], decisions: AlarmDecisions, now: number): OpenAlarm[] => {
  const cleared = new Set(decisions.cleared.map(({ id }) => id));
  const next = Math.max(0, ...open.map(({ id }) => id)) + 1;
  return [
    ...open
      .filter(({ id }) => !cleared.has(id))
      .map((alarm) => ({
        ...alarm,
        escalated: alarm.escalated || decisions.escalated.some(({ id }) => id === alarm.id),
        ...decisions.renewed.find(({ id }) => id === alarm.id),
      })),
    ...decisions.raised.map(({ notice: _, ...alarm }, i) => ({
      ...alarm,
      id: next + i,
      mergedInto: null,
      raisedAt: now,
      acknowledged: false,
      escalated: false,
    })),
  ];
};

/** Decides minute by minute over states that follow each other; what was told, in short. */
const told = (states: readonly Partial<PlantState>[], everyMinutes = 1): string[][] => {
  let open: OpenAlarm[] = [];
  return states.map((state, i) => {
    const now = NOW + i * everyMinutes * 60_000;
    const decisions = decideAlarms({ ...calm, arrivedAt: now, ...state, open }, now);
    open = carriedOut(open, decisions, now);
    return [...decisions.cleared, ...decisions.raised, ...decisions.escalated].flatMap(({ notice }) =>
      notice ? [`${notice.kind} ${notice.subject}`] : [],
    );
  });
};

const averages = (...values: readonly string[]) => values.map((average) => ({ limits: [standing({ average })] }));

describe('a warning of a limit', () => {
  it('is raised at each share, and told again only when a higher one is reached', () => {
    expect(told(averages('0.079', '0.08', '0.085', '0.09', '0.099'))).toEqual([
      [],
      ['raised 7953 CT1: NOX-4H, share of the limit reached'],
      [],
      ['raised 7953 CT1: NOX-4H, share of the limit reached'],
      [],
    ]);
  });

  it('does not chatter around a share', () => {
    const around = averages('0.081', '0.0795', '0.0805', '0.0785', '0.081', '0.0779', '0.079');
    expect(told(around).map((some) => some.map((text) => text.split(' ')[0]))).toEqual([
      ['raised'],
      [],
      [],
      [],
      [],
      ['cleared'],
      [],
    ]);
  });

  it('is told again when it rises once more after it has clearly fallen', () => {
    expect(told(averages('0.091', '0.085', '0.091')).flat()).toHaveLength(2);
    expect(told(averages('0.091', '0.089', '0.091')).flat()).toHaveLength(1);
  });

  it('names the share, the average, the limit, the time of the plant, and what the next hour may average', () => {
    const { raised } = decideAlarms({ ...calm, limits: [standing({ average: '0.0912345678' })] }, NOW);
    expect(raised.map(({ text }) => text)).toEqual([
      'Source CT1 has reached 90 % of its limit NOX-4H: 0.09123 lb/mmBtu on average over 4 operating hours where 0.1 is ' +
        'allowed, as of the hour of 2026-01-05 19:00 plant time (UTC-07:00). The next operating hour may average 0.1234 lb/mmBtu.',
    ]);
  });

  it('stays as it is while the limit is exceeded or a window has no data, and none is raised then', () => {
    const states = [
      { limits: [standing({ average: '0.15', state: 'exceedance' })] },
      ...averages('0.085'),
      { limits: [standing({ average: '0.15', state: 'exceedance' })] },
      { limits: [standing({ average: null, state: 'no-data' })] },
      ...averages('0.05'),
    ] as const;
    expect(told(states).map((some) => some.length)).toEqual([0, 1, 0, 0, 1]);
  });

  it('is not raised for a facility that wants none', () => {
    const settings = alarmSettings.parse({ warningShares: [], headroomHours: null });
    expect(told([{ settings, limits: [standing({ average: '0.099', hoursToLimit: 1 })] }])).toEqual([[]]);
  });

  it('is not raised for a limit of nothing, which has no shares', () => {
    expect(told([{ limits: [standing({ average: '0', limit: '0' })] }])).toEqual([[]]);
  });
});

describe('a warning of headroom', () => {
  const hours = (...values: readonly (number | null)[]) =>
    values.map((hoursToLimit) => ({ limits: [standing({ hoursToLimit })] }));

  it('is raised when the limit is near at present emissions, and clears when it is clearly farther', () => {
    expect(told(hours(5, 3, 2, 4, 5)).map((some) => some.map((text) => text.split(' ')[0]))).toEqual([
      [],
      ['raised'],
      [],
      [],
      ['cleared'],
    ]);
    expect(told(hours(1, null)).flat()).toHaveLength(2);
  });
});

describe('an analyser fault', () => {
  const fault = { source: 'CT1', channel: 'NOX', minute: MINUTE, status: 'F', quiet: false, minutes: 15 };

  it('is raised after its time, and clears with a valid reading', () => {
    const states = [{ faults: [{ ...fault, minutes: 14 }] }, { faults: [fault] }, { faults: [fault] }, {}];
    expect(told(states)).toEqual([
      [],
      ['raised 7953 CT1: NOX, analyser without valid readings'],
      [],
      ['cleared 7953 CT1: over: NOX, analyser without valid readings'],
    ]);
  });

  it('is quiet during calibration, which does not clear it either', () => {
    const calibrating = { faults: [{ ...fault, status: 'C', quiet: true }] };
    expect(
      told([calibrating, { faults: [fault] }, calibrating, { faults: [fault] }]).map((some) => some.length),
    ).toEqual([0, 1, 0, 0]);
  });

  it.each([[null], ['CT1']])('is quiet in a declared outage of %s', (source) => {
    expect(told([{ faults: [fault], sourceOutages: [source] }])).toEqual([[]]);
    expect(told([{ faults: [fault] }, { faults: [fault], sourceOutages: [source] }]).flat()).toHaveLength(2);
  });

  it('is raised all the same when the outage is that of another source', () => {
    expect(told([{ faults: [fault], sourceOutages: ['CT2'] }]).flat()).toHaveLength(1);
  });
});

describe('stopped data', () => {
  it('are told of after their time, and again when data come', () => {
    const quiet = { arrivedAt: NOW - 9 * 60_000 };
    expect(told([quiet, quiet, { arrivedAt: NOW + 120_000 }])).toEqual([
      [],
      ['raised 7953: no data from the facility'],
      ['cleared 7953: over: no data from the facility'],
    ]);
  });

  it('are not told of in a declared outage, nor of a facility that has never been heard', () => {
    expect(told([{ arrivedAt: NOW - 3_600_000, facilityOutage: true }])).toEqual([[]]);
    expect(told([{ arrivedAt: null, newestMinute: null }])).toEqual([[]]);
  });
});

describe('an exceedance', () => {
  const worst = { average: '0.12', limit: '0.1', parameter: 'noxRate', unit: 'lb/mmBtu', citation: 'permit' };
  const run = {
    id: 1,
    source: 'CT1',
    rule: 'NOX-4H',
    first: HOUR,
    last: HOUR,
    windows: 1,
    state: 'lasting',
    worst,
  } as const;

  it('has an alarm as long as it lasts; that it began is told where it was found', () => {
    const states = [{ runs: [run] }, { runs: [{ ...run, windows: 2, last: HOUR + 1 }] }];
    const ended = { runs: [{ ...run, state: 'ended' as const }] };
    expect(told([...states, ended])).toEqual([[], [], ['cleared 7953 CT1: over: NOX-4H, limit exceeded']]);
  });

  it('that was taken back clears in silence: its correction is told where it was made', () => {
    expect(told([{ runs: [run] }, {}])).toEqual([[], []]);
    const { cleared } = decideAlarms(
      { ...calm, open: carriedOut([], decideAlarms({ ...calm, runs: [run] }, NOW), NOW) },
      NOW,
    );
    expect(cleared).toHaveLength(1);
  });
});

describe('each run of windows over a limit', () => {
  const worst = { average: '0.12', limit: '0.1', parameter: 'noxRate', unit: 'lb/mmBtu', citation: 'permit' };
  const stretch = { source: 'CT1', rule: 'NOX-4H', first: HOUR, last: HOUR, windows: 1, worst } as const;

  it('has an alarm of its own: that the one before was acknowledged silences nothing of the next', () => {
    const first = { ...calm, runs: [{ ...stretch, id: 1, state: 'lasting' as const }] };
    const open = carriedOut([], decideAlarms(first, NOW), NOW).map((one) => ({ ...one, acknowledged: true }));
    const later = { ...stretch, id: 2, first: HOUR + 2, last: HOUR + 2, worst: { ...worst, average: '0.5' } };
    const runs = [
      { ...stretch, id: 1, state: 'ended' as const },
      { ...later, state: 'lasting' as const },
    ];
    const decisions = decideAlarms({ ...calm, runs, open }, NOW);
    expect(decisions.cleared.map(({ tells }) => tells?.id)).toEqual([1]);
    const [alarm] = carriedOut(open, decisions, NOW);
    expect(alarm).toMatchObject({ run: 2, acknowledged: false, text: expect.stringContaining('0.5') });
    const hour = NOW + 3_600_000;
    const { escalated } = decideAlarms({ ...calm, arrivedAt: hour, runs, open: [alarm!] }, hour);
    expect(escalated.map(({ notice }) => notice.text)).toEqual([expect.stringContaining('the average is 0.5 ')]);
  });

  it('is told with its present figures while it lasts, without a further notice', () => {
    const lasting = { ...stretch, id: 1, state: 'lasting' as const };
    const open = carriedOut([], decideAlarms({ ...calm, runs: [lasting] }, NOW), NOW);
    const grown = { ...lasting, last: HOUR + 4, windows: 5, worst: { ...worst, average: '0.7' } };
    const hour = NOW + 3_600_000;
    const decisions = decideAlarms({ ...calm, arrivedAt: hour, runs: [grown], open }, hour);
    expect(decisions.raised).toEqual([]);
    expect(decisions.renewed.map(({ text }) => text)).toEqual([expect.stringContaining('0.7')]);
    expect(decisions.escalated.map(({ notice }) => notice.text)).toEqual([expect.stringContaining('5 windows')]);
  });

  it('clears with its story also when it has shrunk, or has become part of one that is over; else in silence', () => {
    const [alarm] = carriedOut(
      [],
      decideAlarms({ ...calm, runs: [{ ...stretch, id: 2, state: 'lasting' }] }, NOW),
      NOW,
    );
    const cleared = (id: number, state: 'lasting' | 'ended', mergedInto: number | null) => {
      const runs = [{ ...stretch, id, state, first: HOUR + 3, last: HOUR + 4, windows: 2 }];
      return decideAlarms({ ...calm, runs, open: [{ ...alarm!, mergedInto }] }, NOW).cleared.map(
        ({ notice }) => notice?.kind,
      );
    };
    expect(cleared(2, 'ended', null)).toEqual(['cleared']);
    expect(cleared(1, 'ended', 1)).toEqual(['cleared']);
    expect(cleared(1, 'lasting', 1)).toEqual([undefined]);
  });
});

describe('the shares of a limit at which people are warned', () => {
  it.each([[[0.04]], [[0.005]], [[0.805]], [[1]]])('are whole percents from 5: %j is refused', (warningShares) => {
    expect(alarmSettings.safeParse({ warningShares }).success).toBe(false);
  });

  it('are any others', () => {
    const all = Array.from({ length: 95 }, (_, i) => (i + 5) / 100);
    for (const share of all) expect(alarmSettings.safeParse({ warningShares: [share] }).success).toBe(true);
  });
});

describe('an unanswered alarm', () => {
  const limits = [standing({ average: '0.085' })];

  it('goes to the second line once, after its time', () => {
    const states = Array.from({ length: 5 }, () => ({ limits }));
    expect(told(states, 30).map((some) => some.map((text) => text.split(' ')[0]))).toEqual([
      ['raised'],
      [],
      ['escalated'],
      [],
      [],
    ]);
  });

  it('does not when somebody has acknowledged it, or the facility wants none', () => {
    const open = carriedOut([], decideAlarms({ ...calm, limits }, NOW), NOW);
    const later = NOW + 86_400_000;
    const state = { ...calm, arrivedAt: later, limits, open };
    expect(decideAlarms(state, later).escalated).toHaveLength(1);
    expect(
      decideAlarms({ ...state, open: open.map((one) => ({ ...one, acknowledged: true })) }, later).escalated,
    ).toEqual([]);
    const settings = alarmSettings.parse({ escalateAfterMinutes: null });
    expect(decideAlarms({ ...state, settings }, later).escalated).toEqual([]);
  });
});

const source = fc.constantFrom('A', 'B');
const states: fc.Arbitrary<Omit<PlantState, 'open'>> = fc.record({
  facility: fc.constant('7953'),
  utcOffsetMinutes: fc.constantFrom(-420, 0, 330),
  settings: fc.record({
    warningShares: fc.constantFrom([], [0.5], [0.8, 0.9], [0.79, 0.8, 0.95]),
    headroomHours: fc.constantFrom(null, 3),
    analyserFaultMinutes: fc.constantFrom(5, 15),
    dataStoppedMinutes: fc.constant(10),
    escalateAfterMinutes: fc.constantFrom(null, 5, 60),
  }),
  arrivedAt: fc.constantFrom(null, NOW - 3_600_000, NOW),
  newestMinute: fc.constantFrom(null, MINUTE),
  facilityOutage: fc.boolean(),
  sourceOutages: fc.constantFrom<readonly (string | null)[]>([], [], ['A'], [null]),
  limits: fc
    .uniqueArray(
      fc.record({
        source,
        average: fc.constantFrom(null, '0.01', '0.0785', '0.08', '0.0899', '0.095', '0.2'),
        hoursToLimit: fc.constantFrom(null, 1, 3, 4, 9),
      }),
      { selector: (one) => one.source, maxLength: 2 },
    )
    .map((some) =>
      some.map(({ average, ...one }) =>
        standing({
          ...one,
          average,
          state: average === null ? 'no-data' : average === '0.2' ? 'exceedance' : 'within',
        }),
      ),
    ),
  faults: fc
    .uniqueArray(fc.record({ source, minutes: fc.nat(20), quiet: fc.boolean() }), {
      selector: (one) => one.source,
      maxLength: 2,
    })
    .map((some) => some.map((one) => ({ ...one, channel: 'NOX', minute: MINUTE, status: one.quiet ? 'C' : 'F' }))),
  runs: fc
    .uniqueArray(fc.record({ source, state: fc.constantFrom('lasting' as const, 'ended' as const) }), {
      selector: (one) => one.source,
      maxLength: 2,
    })
    .map((some) =>
      some.map((one) => ({
        ...one,
        id: one.source === 'A' ? 1 : 2,
        rule: 'NOX-4H',
        first: HOUR,
        last: HOUR,
        windows: 1,
        worst: { average: '0.2', limit: '0.1', parameter: 'noxRate', unit: 'lb/mmBtu', citation: 'permit' },
      })),
    ),
});

const nothing: AlarmDecisions = { facility: '7953', raised: [], cleared: [], escalated: [], renewed: [] };

describe('whatever happens at a plant', () => {
  it('the same state twice changes nothing, one matter has one alarm, and every notice keeps its contract', () => {
    let raised = 0;
    fc.assert(
      fc.property(fc.array(states, { minLength: 1, maxLength: 8 }), (sequence) => {
        let open: OpenAlarm[] = [];
        for (const [i, state] of sequence.entries()) {
          const now = NOW + i * 600_000;
          const decisions = decideAlarms({ ...state, open }, now);
          open = carriedOut(open, decisions, now);
          expect(decideAlarms({ ...state, open }, now)).toEqual(nothing);
          const names = open.map(({ kind, source, subject }) => `${kind} ${source} ${subject}`);
          expect(new Set(names).size).toBe(names.length);
          for (const { notice: one } of [...decisions.raised, ...decisions.cleared, ...decisions.escalated])
            if (one) expect(notice.parse(one)).toEqual(one);
          raised += decisions.raised.length;
        }
      }),
    );
    expect(raised).toBeGreaterThan(100);
  });

  it('every alarm that was raised clears when all is well again', () => {
    fc.assert(
      fc.property(fc.array(states, { minLength: 1, maxLength: 8 }), (sequence) => {
        let open: OpenAlarm[] = [];
        for (const state of sequence) open = carriedOut(open, decideAlarms({ ...state, open }, NOW), NOW);
        const well = { ...calm, limits: [standing({ source: 'A' }), standing({ source: 'B' })] };
        expect(carriedOut(open, decideAlarms({ ...well, open }, NOW), NOW)).toEqual([]);
      }),
    );
  });
});
