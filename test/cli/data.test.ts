import { describe, expect, it } from 'vitest';
import { describeReport, verdict } from '#cli/continuity/describe';
import { range } from '#cli/continuity/range';
import type { ContinuityReport, FacilityContinuity } from '#core/contracts/continuity-report';
import { minuteOfText, textOfMinute } from '#core/time';

const NOW = minuteOfText('2026-11-24T12:00Z');

describe('the range of a check', () => {
  it.each([
    ['last-30m', '2026-11-24T11:27Z', '2026-11-24T11:57Z'],
    ['last-24h', '2026-11-23T11:57Z', '2026-11-24T11:57Z'],
    ['last-7d', '2026-11-17T11:57Z', '2026-11-24T11:57Z'],
    ['2026-01-01..2026-04-01', '2026-01-01T00:00Z', '2026-04-01T00:00Z'],
    ['2026-01-01T07:00Z..2026-01-01T08:30Z', '2026-01-01T07:00Z', '2026-01-01T08:30Z'],
  ])('%s is from %s until %s at noon: the latest minutes are still on their way', (text, from, until) => {
    const { from: first, until: end } = range(text)(NOW);
    expect([textOfMinute(first), textOfMinute(end)]).toEqual([from, until]);
  });

  it.each([
    'last-0m',
    'last-week',
    '2026-01-01',
    '2026-02-30..2026-03-01',
    '2026-01-01..2026-02-01..2026-03-01',
    '..',
    '',
  ])('is refused as %j, with what is expected', (text) => expect(() => range(text)).toThrow(/expected last-30m/));

  it.each(['last-101d', 'last-999999d', '2026-01-01..2026-04-12'])('is at most 100 days, unlike %s', (text) =>
    expect(() => range(text)).toThrow('expected at most 100 days at a time'),
  );

  it('must end after it begins', () => {
    expect(() => range('2026-02-01..2026-02-01')).toThrow('it must end after it begins');
  });
});

const FROM = minuteOfText('2026-11-23T12:00Z');
const at = (minute: number) => textOfMinute(FROM + minute);
type GapOf = FacilityContinuity['gaps'][number];
const gap = (source: string, from: number, until: number, reason: GapOf['reason'], name: GapOf['class']): GapOf => ({
  source,
  from: at(from),
  until: at(until),
  reason,
  class: name,
});
const source = (name: string, change: Partial<FacilityContinuity['sources'][number]> = {}) => ({
  source: name,
  begins: at(-1000),
  expectedMinutes: 1440,
  storedMinutes: 1440,
  declaredOutageMinutes: 0,
  analyserDownMinutes: 0,
  missingMinutes: 0,
  ...change,
});
const facility = (change: Partial<FacilityContinuity> = {}): FacilityContinuity => ({
  facility: 'P1',
  lastHeard: at(1440),
  sources: [source('A'), source('B')],
  declaredOutages: [],
  gaps: [],
  gapsLeftOut: 0,
  asked: [],
  ...change,
});
const report = (facilities: FacilityContinuity[], complete: boolean): ContinuityReport => ({
  v: 1,
  range: { from: at(0), until: at(1440) },
  checkedAt: '2026-11-24T12:03:00.000Z',
  complete,
  facilities,
});

describe('the report for people', () => {
  const gaps = [
    gap('A', 0, 20, 'not-held', 'lost'),
    gap('B', 0, 20, 'not-held', 'lost'),
    gap('A', 700, 760, 'kept-at-the-edge', 'buffered'),
    gap('B', 1000, 1100, 'without-reading', 'analyser-down'),
  ];
  const lacking = report(
    [
      facility({
        gaps,
        sources: [
          source('A', { missingMinutes: 80, storedMinutes: 1360 }),
          source('B', { missingMinutes: 20, storedMinutes: 1420, analyserDownMinutes: 100 }),
          source('C', { begins: null, expectedMinutes: 0, storedMinutes: 0 }),
        ],
      }),
      facility({ facility: 'LONGER-NAME', sources: [source('A', { begins: at(720) })] }),
    ],
    false,
  );

  it('shows where in the range something lacks, what by class, and says in one sentence how much', () => {
    expect(describeReport(lacking)).toEqual([
      'from 2026-11-23T12:00Z until 2026-11-24T12:00Z',
      '',
      `P1           L${'━'.repeat(31)}${'B'.repeat(4)}${'━'.repeat(10)}${'A'.repeat(6)}${'━'.repeat(15)}`,
      `LONGER-NAME  ${'·'.repeat(33)}${'━'.repeat(34)}`,
      'L lost, B buffered at the edge, A analyser down, ━ complete, · nothing expected',
      '',
      'lost: the edge agent does not have them; look in `ew redrive --dry-run` and `ew',
      'quarantine list`',
      'FROM               UNTIL              MINUTES  FACILITY, SOURCES',
      '2026-11-23T12:00Z  2026-11-23T12:20Z       20  P1 A, B',
      '',
      'buffered: the edge agent has sent them once and keeps them still',
      'FROM               UNTIL              MINUTES  FACILITY, SOURCES',
      '2026-11-23T23:40Z  2026-11-24T00:40Z       60  P1 A',
      '',
      'analyser-down: stored without any reading although the unit was fired',
      'FROM               UNTIL              MINUTES  FACILITY, SOURCES',
      '2026-11-24T04:40Z  2026-11-24T06:20Z      100  P1 B',
      '',
      'covered from 2026-11-23T12:00Z until 2026-11-24T12:00Z: P1 A, B',
      'NOT COVERED: the whole range: nothing was ever stored of P1 C',
      'covered from 2026-11-24T00:00Z until 2026-11-24T12:00Z: LONGER-NAME A',
      'NOT COVERED: from 2026-11-23T12:00Z until 2026-11-24T00:00Z, before the first',
      '  stored minute 2026-11-24T00:00Z of LONGER-NAME A',
      '100 of 4320 expected source-minutes are missing: 40 lost, 60 buffered; of 100',
      'more the analysers gave no reading.',
    ]);
  });

  it('never is wider than 80 columns', () => {
    const wide = report([facility({ facility: 'A'.repeat(32), gaps }), facility({ gaps })], false);
    for (const line of describeReport(wide)) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('shows a short range minute by minute, and a declared outage in it', () => {
    const short: ContinuityReport = {
      ...report([facility({ declaredOutages: [{ source: null, from: at(5), until: at(7) }] })], true),
      range: { from: at(0), until: at(10) },
    };
    expect(describeReport(short)[2]).toBe('P1  ━━━━━dd━━━');
  });

  it('shows forty gaps and says how many more there are', () => {
    const many = Array.from({ length: 50 }, (_, i) => gap('A', 20 * i, 20 * i + 1, 'not-held', 'lost'));
    const lines = describeReport(report([facility({ gaps: many, gapsLeftOut: 7 })], false));
    expect(lines.filter((line) => line.endsWith('P1 A'))).toHaveLength(40);
    expect(lines).toContain('and 17 more gaps: --json has all that there is room for');
  });
});

describe('the sentence', () => {
  it('says when all is well that an analyser was down', () => {
    const down = report([facility({ sources: [source('A', { analyserDownMinutes: 3 })] })], true);
    expect(verdict(down)).toBe(
      'Complete: all 1440 expected source-minutes are stored; of 3 the analysers gave no reading.',
    );
  });

  it('says when there is nothing to look for', () => {
    expect(verdict(report([], true))).toBe('Nothing is expected in this range.');
  });
  it('counts source-minutes', () => {
    expect(verdict(report([facility()], true))).toBe('Complete: all 2880 expected source-minutes are stored.');
  });
});
