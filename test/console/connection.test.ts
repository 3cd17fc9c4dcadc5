import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connection } from '../../console/connection.ts';

describe('a page with several polls whose connection is lost', () => {
  const START = Date.parse('2026-11-24T10:00:00Z');
  let page: AbortController;
  beforeEach(() => {
    vi.useFakeTimers({ now: START, toFake: ['Date'] });
    page = new AbortController();
  });
  afterEach(() => {
    page.abort();
    vi.useRealTimers();
  });
  const secondsIn = (seconds: number) => vi.setSystemTime(START + seconds * 1000);
  const since = () => connection.freshness().lost?.since;
  const gone = new Error('the system does not answer');

  it('says the time of its oldest figure, and keeps saying it while one poll after the other is lost', () => {
    const [quick, slow] = [connection.watch(page.signal), connection.watch(page.signal)];
    slow.heard();
    secondsIn(10);
    quick.heard();
    secondsIn(20);
    quick.lost(gone);
    expect(since()).toBe(START);
    secondsIn(60);
    slow.lost(gone);
    quick.lost(gone);
    expect(since()).toBe(START);
  });

  it('never goes backwards when a part of it is back for a moment, and begins anew after all of it was', () => {
    const [quick, slow] = [connection.watch(page.signal), connection.watch(page.signal)];
    slow.heard();
    secondsIn(10);
    for (const watch of [quick, slow]) watch.lost(gone);
    secondsIn(20);
    quick.heard();
    expect(since()).toBe(START);
    slow.heard();
    expect(since()).toBeUndefined();
    secondsIn(30);
    quick.lost(gone);
    expect(since()).toBe(START + 20_000);
  });

  it('tells a refusal of a page to this page, until it is taken back', () => {
    const other = new AbortController();
    const watch = connection.watch(page.signal);
    watch.refused(Object.assign(new Error('auditors only'), { name: 'ApiProblem' }));
    expect(connection.refusalOf(page.signal)).toBe('auditors only');
    expect(connection.refusalOf(other.signal)).toBeUndefined();
    watch.heard();
    expect(connection.refusalOf(page.signal)).toBeUndefined();
  });
});
