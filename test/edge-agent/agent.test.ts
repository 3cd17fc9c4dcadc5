import { describe, expect, it } from 'vitest';
import { type AgentParts, runAgent } from '../../edge-agent/agent.ts';
import { memoryStore } from '../../edge-agent/buffer/memory-store.ts';
import { minuteBuffer } from '../../edge-agent/buffer/minute-buffer.ts';
import { emptyMinute } from '../../edge-agent/message/facility-minutes.ts';
import { phaseSeconds } from '../../edge-agent/uplink/pacing.ts';
import { blockOf, countMinutes, eventList, fakeClock, fakeUplink, listSource, minuteSet } from './fakes.ts';

const START = 25_278_480;
const HOURS = Array.from({ length: 40 }, (_, i) => blockOf(START + 60 * i, 60, ['A', 'B']));
const LATER = (START + 100_000) * 60_000;
const running = () => new AbortController().signal;

const parts = (change: Partial<AgentParts> = {}) => {
  const { events, report } = eventList();
  const cloud = fakeUplink();
  const all: AgentParts = {
    facility: '7953',
    thing: 'edge-7953',
    source: listSource('list', HOURS),
    buffer: minuteBuffer(memoryStore(), 1_000_000_000),
    uplink: cloud.uplink,
    clock: fakeClock(LATER),
    report,
    ...change,
  };
  return { all, events, cloud };
};

describe('the agent of one facility', () => {
  it('sends every minute of its source once, and is done when all are acknowledged', async () => {
    const { all, events, cloud } = parts();
    expect(await runAgent(all, running())).toBe('done');
    expect(minuteSet(cloud.arrived)).toEqual(minuteSet(HOURS));
    expect(countMinutes(cloud.arrived)).toBe(2400);
    expect(events[0]).toEqual({ event: 'started', facility: '7953', thing: 'edge-7953', totalMinutes: 2400 });
    expect(events.at(-1)).toEqual({
      event: 'done',
      facility: '7953',
      producedMinutes: 2400,
      acknowledgedMinutes: 2400,
      setAsideMinutes: 0,
      totalMinutes: 2400,
      samples: 40 * 60 * 2 * 2,
    });
  });

  it('sends a minute without sources as well', async () => {
    const { all, cloud } = parts({ source: listSource('list', [HOURS[0]!, emptyMinute(START + 75)]) });
    await runAgent(all, running());
    expect(cloud.arrived.at(-1)).toEqual(emptyMinute(START + 75));
  });

  it('lets a minute leave the buffer only when it is acknowledged', async () => {
    const buffer = minuteBuffer(memoryStore(), 1_000_000_000);
    const silent = fakeUplink((_, count) => (count <= 3 ? { kind: 'acknowledged' } : undefined));
    const stop = new AbortController();
    const { all, events } = parts({
      buffer,
      uplink: silent.uplink,
      source: listSource('list', HOURS.slice(0, 10)),
    });
    const run = runAgent(all, stop.signal);
    while (silent.published() < 10) await new Promise((resolve) => setImmediate(resolve));
    while (buffer.pending().minutes > 420) await new Promise((resolve) => setImmediate(resolve));
    expect(countMinutes(silent.arrived)).toBe(180);
    stop.abort();
    expect(await run).toBe('stopped');
    expect(buffer.pending().minutes).toBe(420);
    expect(events.at(-1)).toMatchObject({ event: 'stopped', producedMinutes: 600, acknowledgedMinutes: 180 });
  });

  it('sends again what was refused or not sent, until it is taken', async () => {
    const stubborn = fakeUplink((_, count) => {
      if (count % 3 === 1) return { kind: 'refused', code: 0x97, reason: 'QuotaExceeded', final: false };
      if (count % 3 === 2) throw new Error('no connection');
      return { kind: 'acknowledged' };
    });
    const { all, events } = parts({ uplink: stubborn.uplink });
    expect(await runAgent(all, running())).toBe('done');
    expect(minuteSet(stubborn.arrived)).toEqual(minuteSet(HOURS));
    expect(events).toContainEqual({
      event: 'refused',
      facility: '7953',
      minute: '2018-01-23T12:00Z',
      code: 0x97,
      reason: 'QuotaExceeded',
    });
    expect(events).toContainEqual(expect.objectContaining({ event: 'refused', code: null, reason: 'no connection' }));
  });

  it('sets aside what will never be taken, with the reason, and is done with the rest', async () => {
    const buffer = minuteBuffer(memoryStore(), 1_000_000_000);
    const picky = fakeUplink(({ start }) =>
      start === START + 60
        ? { kind: 'refused', code: 0x99, reason: 'PayloadFormatInvalid', final: true }
        : { kind: 'acknowledged' },
    );
    const { all, events } = parts({ uplink: picky.uplink, buffer });
    expect(await runAgent(all, running())).toBe('done');
    expect([...buffer.aside()]).toEqual([
      { start: START + 60, minutes: 60, reason: 'reason code 153: PayloadFormatInvalid' },
    ]);
    expect(events.filter(({ event }) => event === 'set-aside')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ event: 'done', acknowledgedMinutes: 2340, setAsideMinutes: 60 });
  });

  it('goes on after a crash where the buffer is: nothing is skipped, nothing is made twice', async () => {
    const store = memoryStore();
    const stop = new AbortController();
    const silent = fakeUplink((_, count) => (count <= 5 ? { kind: 'acknowledged' } : undefined));
    const first = parts({
      buffer: minuteBuffer(store, 1_000_000_000),
      source: listSource('list', HOURS.slice(0, 15)),
      uplink: silent.uplink,
    });
    const run = runAgent(first.all, stop.signal);
    while (silent.published() < 15) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await run;

    const { all, cloud, events } = parts({ buffer: minuteBuffer(store, 1_000_000_000) });
    expect(await runAgent(all, running())).toBe('done');
    expect(minuteSet([...silent.arrived, ...cloud.arrived])).toEqual(minuteSet(HOURS));
    expect(countMinutes([...silent.arrived, ...cloud.arrived])).toBe(2400);
    expect(events[0]).toMatchObject({ event: 'started', resumeAt: '2018-01-24T03:00Z' });
  });

  it('lets the source wait while the buffer is full, and says so', async () => {
    const { all, events, cloud } = parts({ buffer: minuteBuffer(memoryStore(), 3000) });
    expect(await runAgent(all, running())).toBe('done');
    expect(minuteSet(cloud.arrived)).toEqual(minuteSet(HOURS));
    const kinds = events.map(({ event }) => event);
    expect(kinds).toContain('buffer-full');
    expect(kinds.filter((kind) => kind === 'buffer-full')).toHaveLength(
      kinds.filter((kind) => kind === 'buffer-has-room').length,
    );
  });

  it('sends a live minute at the second of its thing, and a backlog at once', async () => {
    const now = (START + 61) * 60_000;
    const clock = fakeClock(now);
    const at: number[] = [];
    const cloud = fakeUplink(() => {
      at.push((clock.now() - now) / 1000);
      return { kind: 'acknowledged' };
    });
    const source = {
      ...listSource('live', []),
      async *minutes() {
        yield blockOf(START, 60);
        yield blockOf(START + 60, 1, ['S1'], ['c']);
        // A live source goes on; one that has ended has its last minutes sent at once.
        while (at.length < 2) await new Promise((resolve) => setImmediate(resolve));
      },
    };
    const { all } = parts({ clock, source, uplink: cloud.uplink });
    await runAgent(all, running());
    expect(at).toEqual([0, phaseSeconds('edge-7953')]);
    expect(phaseSeconds('edge-7953')).toBeGreaterThan(0);
  });

  it('fails with the reason when its source does, after it has sent what it had', async () => {
    const source = {
      ...listSource('broken', []),
      async *minutes() {
        yield HOURS[0]!;
        throw new Error('the analyser is on fire');
      },
    };
    const buffer = minuteBuffer(memoryStore(), 1_000_000_000);
    const { all } = parts({ source, buffer });
    await expect(runAgent(all, running())).rejects.toThrow('the analyser is on fire');
    expect(buffer.resumeAt('broken')).toBe(START + 60);
  });
});
