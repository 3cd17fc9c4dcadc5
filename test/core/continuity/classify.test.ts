import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify, explain, type FacilityFacts } from '#core/continuity/classify';
import type { Range } from '#core/continuity/ranges';
import { CLASS_OF_REASON, GAP_CLASSES, isMissing, REASON_TEXT } from '#core/contracts/continuity-report';
import { textOfMinute } from '#core/time';
import { heard, NOW, report, request } from './facility.ts';

const HOUR: Range = { from: NOW - 120, until: NOW - 60 };
const reasons = (missing: readonly Range[], facts: FacilityFacts) =>
  explain(missing, facts).map(({ from, until, reason }) => [from - NOW, until - NOW, reason]);
const agent = (change: Parameters<typeof report>[0], at = NOW) => [{ report: report(change, at) }];

describe('edge offline', () => {
  const offline = heard({ heardMinute: NOW - 50, watermark: NOW - 51 });

  it('is every minute since nothing was heard from the facility', () => {
    expect(reasons([{ from: NOW - 51, until: NOW - 3 }], offline)).toEqual([[-51, -3, 'facility-silent']]);
  });

  it('does not explain what was missing before: the facility spoke afterwards', () => {
    expect(reasons([HOUR, { from: NOW - 51, until: NOW - 3 }], { ...offline, agents: agent({}, NOW - 52) })).toEqual([
      [-120, -60, 'not-held'],
      [-51, -3, 'facility-silent'],
    ]);
  });

  it('begins when nothing has come for three minutes, not after two', () => {
    const last = { from: NOW - 5, until: NOW - 3 };
    const quiet = (minutes: number) => heard({ heardMinute: NOW - minutes, watermark: NOW - 5 });
    expect(reasons([last], quiet(3))).toEqual([[-5, -3, 'facility-silent']]);
    expect(reasons([last], quiet(2))).toEqual([[-5, -3, 'not-reached-yet']]);
  });

  it('is a facility of which nothing has ever arrived', () => {
    const never = heard({ heardMinute: undefined, watermark: undefined });
    expect(reasons([HOUR], never)).toEqual([[-120, -60, 'facility-silent']]);
  });
});

describe('buffered', () => {
  it('are the minutes that wait, by the agent’s own count', () => {
    const waiting = { from: textOfMinute(NOW - 100), minutes: 40 };
    expect(reasons([HOUR], heard({ agents: agent({ waiting }) }))).toEqual([
      [-120, -100, 'not-held'],
      [-100, -60, 'waits-at-the-edge'],
    ]);
  });

  it('counts over live minutes that went between and are stored', () => {
    const waiting = { from: textOfMinute(NOW - 120), minutes: 4 };
    const missing = [-120, -110, -100, -90, -80].map((at) => ({ from: NOW + at, until: NOW + at + 1 }));
    expect(reasons(missing, heard({ agents: agent({ waiting }) })).map(([from, , reason]) => [from, reason])).toEqual([
      [-120, 'waits-at-the-edge'],
      [-110, 'waits-at-the-edge'],
      [-100, 'waits-at-the-edge'],
      [-90, 'waits-at-the-edge'],
      [-80, 'not-held'],
    ]);
  });

  it('are acknowledged minutes that the agent keeps still, up to its report', () => {
    const agents = agent({ keptFrom: textOfMinute(NOW - 90) }, NOW - 70);
    expect(reasons([HOUR], heard({ agents }))).toEqual([
      [-120, -90, 'not-held'],
      [-90, -70, 'kept-at-the-edge'],
      [-70, -60, 'not-asked'],
    ]);
  });

  it('are minutes after the last one that has arrived: a facility’s minutes come in order', () => {
    const behind = heard({ watermark: NOW - 90 });
    expect(reasons([HOUR], behind)).toEqual([
      [-120, -90, 'not-held'],
      [-90, -60, 'not-reached-yet'],
    ]);
  });
});

describe('resend requested', () => {
  it('are minutes that an open request asks for', () => {
    const requests = [request({ from: NOW - 120, until: NOW - 80 })];
    expect(reasons([HOUR], heard({ requests }))).toEqual([
      [-120, -80, 'asked'],
      [-80, -60, 'not-held'],
    ]);
  });

  it('are on their way for ten minutes after the agent says that it has sent them', () => {
    const answered = (minutesAgo: number) =>
      heard({ requests: [request({ ...HOUR, answeredMinute: NOW - minutesAgo, answeredMinutes: 60 })] });
    expect(reasons([HOUR], answered(10))).toEqual([[-120, -60, 'on-their-way']]);
    expect(reasons([HOUR], answered(11))).toEqual([[-120, -60, 'not-in-the-answer']]);
  });

  it('is no more when the agent has found nothing', () => {
    const requests = [request({ ...HOUR, answeredMinute: NOW, answeredMinutes: 0 })];
    expect(reasons([HOUR], heard({ requests }))).toEqual([[-120, -60, 'not-in-the-answer']]);
  });

  it('counts again when an operator asks once more', () => {
    const requests = [
      request({ ...HOUR, id: 'a', answeredMinute: NOW - 60, answeredMinutes: 0 }),
      request({ ...HOUR, id: 'b' }),
    ];
    expect(reasons([HOUR], heard({ requests }))).toEqual([[-120, -60, 'asked']]);
  });
});

describe('lost', () => {
  it('is what the agent is online and does not hold', () => {
    expect(reasons([HOUR], heard())).toEqual([[-120, -60, 'not-held']]);
  });

  it('is not said of what no report speaks of: that is not asked yet', () => {
    expect(reasons([HOUR], heard({ agents: [{ report: undefined }] }))).toEqual([[-120, -60, 'not-asked']]);
    expect(reasons([HOUR], heard({ agents: agent({}, NOW - 500) }))).toEqual([[-120, -60, 'not-asked']]);
  });

  it('is not said while one of two agents has not reported', () => {
    const agents = [...agent({}), { report: undefined }];
    expect(reasons([HOUR], heard({ agents }))).toEqual([[-120, -60, 'not-asked']]);
  });

  it('is a facility without any agent', () => {
    expect(reasons([HOUR], heard({ agents: [] }))).toEqual([[-120, -60, 'no-agent']]);
  });

  it('is what the agent was asked for without an answer', () => {
    const requests = [request({ ...HOUR, expiredMinute: NOW - 1 })];
    expect(reasons([HOUR], heard({ requests }))).toEqual([[-120, -60, 'never-answered']]);
  });
});

describe('recoverable', () => {
  const quarantined = (at: number, change = {}) => heard({ quarantinedMinute: NOW + at, ...change });

  it('is what nobody at the edge has, when a message that came later is in quarantine', () => {
    expect(reasons([HOUR], quarantined(-10))).toEqual([[-120, -60, 'quarantined']]);
    expect(reasons([HOUR], quarantined(-10, { agents: [] }))).toEqual([[-120, -60, 'quarantined']]);
    const requests = [request({ ...HOUR, answeredMinute: NOW - 60, answeredMinutes: 0 })];
    expect(reasons([HOUR], quarantined(-10, { requests }))).toEqual([[-120, -60, 'quarantined']]);
  });

  it('is not what came after the last message in quarantine', () => {
    expect(reasons([HOUR], quarantined(-90))).toEqual([
      [-120, -90, 'quarantined'],
      [-90, -60, 'not-held'],
    ]);
    expect(reasons([HOUR], quarantined(-120))).toEqual([[-120, -60, 'not-held']]);
  });

  it('keeps nobody from asking for what the agent has', () => {
    const agents = agent({ keptFrom: textOfMinute(NOW - 120) });
    expect(reasons([HOUR], quarantined(-10, { agents }))).toEqual([[-120, -60, 'kept-at-the-edge']]);
  });
});

describe('lost and recoverable minutes', () => {
  it('are said to be nobody’s by no text: each names where else they may lie', () => {
    for (const [reason, name] of Object.entries(CLASS_OF_REASON))
      if (['lost', 'recoverable'].includes(name) && reason !== 'not-asked')
        expect(REASON_TEXT[reason as keyof typeof REASON_TEXT]).toContain('`ew quarantine list`');
  });
});

describe('every reason', () => {
  const minute = fc.integer({ min: NOW - 200, max: NOW });
  const range = fc
    .tuple(minute, fc.integer({ min: 1, max: 40 }))
    .map(([from, length]) => ({ from, until: from + length }));
  const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
  const facts = fc.record({
    nowMinute: fc.constant(NOW),
    heardMinute: fc.option(minute, { nil: undefined }),
    watermark: fc.option(minute, { nil: undefined }),
    quarantinedMinute: fc.option(minute, { nil: undefined }),
    agents: fc.array(
      fc.record({
        report: fc.option(
          fc
            .tuple(some(fc.tuple(minute, fc.integer({ min: 1, max: 50 }))), some(minute), minute)
            .map(([waits, kept, at]) =>
              report(
                {
                  waiting: waits && { from: textOfMinute(waits[0]), minutes: waits[1] },
                  keptFrom: kept === null ? null : textOfMinute(kept),
                },
                at,
              ),
            ),
          { nil: undefined },
        ),
      }),
      { maxLength: 2 },
    ),
    requests: fc.array(
      fc
        .tuple(range, some(minute), fc.integer({ min: 0, max: 5 }), some(minute))
        .map(([asked, answered, minutes, expired]) =>
          request({
            ...asked,
            answeredMinute: answered,
            answeredMinutes: answered === null ? null : minutes,
            expiredMinute: expired,
          }),
        ),
      { maxLength: 3 },
    ),
  });
  const minutesOf = (ranges: readonly Range[]) =>
    ranges.flatMap(({ from, until }) => Array.from({ length: until - from }, (_, i) => from + i));

  it('is given to each missing minute exactly once, whatever is known', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 4 }), facts, (missing, known) => {
        const explained = minutesOf(explain(missing, known));
        expect(explained).toEqual([...new Set(minutesOf(missing))].sort((a, b) => a - b));
      }),
    );
  });

  it('belongs to a class and has words', () => {
    expect(new Set(Object.values(CLASS_OF_REASON))).toEqual(new Set(GAP_CLASSES));
    expect(Object.keys(REASON_TEXT).sort()).toEqual(Object.keys(CLASS_OF_REASON).sort());
  });
});

describe('an analyser that is down', () => {
  const finding = { source: 'A', expected: [HOUR], missing: [], withoutReading: [HOUR], notReported: [] };

  it('is a gap, but nothing is missing', () => {
    const gaps = classify([finding], heard());
    expect(gaps).toEqual([{ source: 'A', ...HOUR, reason: 'without-reading' }]);
    expect(gaps.some(isMissing)).toBe(false);
  });

  it('is not taken for granted where minutes are not stored at all: they are missing', () => {
    const gaps = classify([{ ...finding, withoutReading: [], notReported: [HOUR] }], heard());
    expect(gaps).toEqual([{ source: 'A', ...HOUR, reason: 'not-reported' }]);
    expect(gaps.every(isMissing)).toBe(true);
  });
});
