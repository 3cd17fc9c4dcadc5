import { describe, expect, it } from 'vitest';
import { isDueAgain, isExpired, rangesToAsk } from '#core/continuity/resend';
import type { Gap, GapReason } from '#core/contracts/continuity-report';
import { NOW, request } from './facility.ts';

const gap = (from: number, until: number, reason: GapReason = 'kept-at-the-edge', source = 'A'): Gap => ({
  source,
  from,
  until,
  reason,
});

describe('what an edge agent is asked for', () => {
  it('is what it keeps, and what it does not say that it has', () => {
    expect(rangesToAsk([gap(100, 110), gap(500, 510, 'not-asked')], [])).toEqual([
      { from: 100, until: 110 },
      { from: 500, until: 510 },
    ]);
  });

  it.each([
    'waits-at-the-edge',
    'not-reached-yet',
    'facility-silent',
    'asked',
    'on-their-way',
    'without-reading',
  ] as const)('is nothing that is %s, not even when an operator asks', (reason) => {
    expect(rangesToAsk([gap(100, 110, reason)], [])).toEqual([]);
    expect(rangesToAsk([gap(100, 110, reason)], [], true)).toEqual([]);
  });

  it.each(['not-held', 'not-in-the-answer', 'never-answered'] as const)(
    'is what is %s only when an operator asks',
    (reason) => {
      expect(rangesToAsk([gap(100, 110, reason)], [])).toEqual([]);
      expect(rangesToAsk([gap(100, 110, reason)], [], true)).toEqual([{ from: 100, until: 110 }]);
    },
  );

  it('is one range for all sources, and for gaps within the hour', () => {
    const gaps = [gap(100, 110, 'kept-at-the-edge', 'B'), gap(100, 112), gap(172, 180), gap(241, 250)];
    expect(rangesToAsk(gaps, [])).toEqual([
      { from: 100, until: 180 },
      { from: 241, until: 250 },
    ]);
  });

  it('is never asked for twice at a time', () => {
    const open = request({ from: 105, until: 175 });
    expect(rangesToAsk([gap(100, 110), gap(172, 180)], [open])).toEqual([
      { from: 100, until: 105 },
      { from: 175, until: 180 },
    ]);
    expect(rangesToAsk([gap(110, 170)], [open])).toEqual([]);
  });

  it('is not asked between two gaps if that is asked already', () => {
    const open = request({ from: 130, until: 140 });
    expect(rangesToAsk([gap(120, 125), gap(145, 150)], [open])).toEqual([
      { from: 120, until: 125 },
      { from: 145, until: 150 },
    ]);
  });

  it('is at most eight ranges at a time, the oldest first', () => {
    const gaps = Array.from({ length: 12 }, (_, i) => gap(1000 * i, 1000 * i + 1));
    expect(rangesToAsk(gaps, []).map(({ from }) => from)).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000]);
    const open = [0, 1, 2, 3, 4, 5].map((i) => request({ from: 1000 * i, until: 1000 * i + 1 }));
    expect(rangesToAsk(gaps, open).map(({ from }) => from)).toEqual([6000, 7000]);
    expect(rangesToAsk([gap(1, 2)], [{ ...open[0]!, answeredMinute: NOW }])).toHaveLength(1);
  });
});

describe('a request without an answer', () => {
  const sent = (attempts: number, minutesAgo: number) =>
    request({ from: 1, until: 2, attempts, sentMinute: NOW - minutesAgo });

  it.each([
    [1, 5],
    [2, 10],
    [3, 20],
    [4, 40],
    [5, 60],
    [9, 60],
  ])('is sent again after attempt %i when %i minutes have passed, not before', (attempts, minutes) => {
    expect(isDueAgain(sent(attempts, minutes), NOW)).toBe(true);
    expect(isDueAgain(sent(attempts, minutes - 1), NOW)).toBe(false);
  });

  it('is given up after a day: the agent keeps minutes no longer', () => {
    const asked = (minutesAgo: number) => request({ from: 1, until: 2, requestedMinute: NOW - minutesAgo });
    expect(isExpired(asked(1440), NOW)).toBe(true);
    expect(isExpired(asked(1439), NOW)).toBe(false);
  });

  it('is neither repeated nor given up once it is answered', () => {
    const answered = { ...sent(1, 3000), requestedMinute: NOW - 3000, answeredMinute: NOW - 100, answeredMinutes: 3 };
    expect([isDueAgain(answered, NOW), isExpired(answered, NOW)]).toEqual([false, false]);
  });
});
