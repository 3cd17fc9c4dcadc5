import { describe, expect, it, onTestFinished } from 'vitest';
import { type AgentParts, runAgent } from '../../edge-agent/agent.ts';
import { memoryStore } from '../../edge-agent/buffer/memory-store.ts';
import { minuteBuffer } from '../../edge-agent/buffer/minute-buffer.ts';
import { countSamples, type FacilityMinutes } from '../../edge-agent/message/facility-minutes.ts';
import type { Source } from '../../edge-agent/sources/source.ts';
import { phaseSeconds } from '../../edge-agent/uplink/pacing.ts';
import { awsPacedUplink, blockOf, countMinutes, eventList, minuteSet, virtualClock } from './fakes.ts';

const START = 25_278_480;
const MINUTE_MS = 60_000;
const names = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}`);
const SOURCES = names('S', 20);
const CHANNELS = names('c', 15);
const minute = (start: number) => blockOf(start, 1, SOURCES, CHANNELS);

/** A plant of 20 sources with 15 channels: each minute when it has ended, from START on, until the clock says `until`. */
const livePlant = (clock: ReturnType<typeof virtualClock>, until: number): Source & { readonly given: number[] } => {
  const given: number[] = [];
  return {
    given,
    key: 'plant',
    cannotWait: true,
    minutesBefore: () => 0,
    async *minutes(from = START, signal) {
      for (let next = from; next < until && !signal.aborted; next++) {
        const endsIn = (next + 1) * MINUTE_MS - clock.now();
        if (endsIn > 0) await clock.sleep(endsIn, signal);
        if (signal.aborted) return;
        given.push(next);
        yield minute(next);
      }
      await clock.sleep(10 * MINUTE_MS, signal);
    },
  };
};

const setUp = (offlineMinutes: number, liveMinutes: number) => {
  const clock = virtualClock(START * MINUTE_MS);
  onTestFinished(() => clock.end());
  const cloud = awsPacedUplink(clock);
  const source = livePlant(clock, START + offlineMinutes + liveMinutes);
  const { events, report } = eventList();
  const parts: AgentParts = {
    facility: '7953',
    thing: 'edge-7953',
    source,
    buffer: minuteBuffer(memoryStore(), 512 * 1024 * 1024, { hours: 24, clock }),
    uplink: cloud.uplink,
    clock,
    report,
  };
  return { parts, clock, cloud, source, events };
};

const starts = (blocks: readonly { readonly block: FacilityMinutes }[]) => blocks.map(({ block }) => block.start);

describe('a facility of 20 sources and 15 channels that was offline', () => {
  // A day: 432,000 samples.
  const OFFLINE = 1440;
  const LIVE = 4;

  it('sends everything once at the limits of AWS: the backlog in order, in under three minutes, live minutes on time', {
    timeout: 60_000,
  }, async () => {
    const { parts, clock, cloud, source } = setUp(OFFLINE, LIVE);
    const stop = new AbortController();
    const run = runAgent(parts, stop.signal);
    // In the middle of a minute, so that the next live one becomes due while the backlog is on its way.
    const online = (START + OFFLINE) * MINUTE_MS + 1000;
    await clock.until(online);
    cloud.connect();
    await clock.until((START + OFFLINE + LIVE) * MINUTE_MS + 59_000);
    stop.abort();
    await run;

    const blocks = cloud.arrived.map(({ block }) => block);
    expect(countMinutes(blocks)).toBe(OFFLINE + LIVE);
    expect(minuteSet(blocks)).toEqual(minuteSet(source.given.map(minute)));
    expect(blocks.reduce((sum, block) => sum + countSamples(block), 0)).toBe((OFFLINE + LIVE) * 300);

    const phaseMs = phaseSeconds('edge-7953') * 1000;
    const isOfOutage = ({ block }: { readonly block: FacilityMinutes }) =>
      block.start + block.minutes < START + OFFLINE - 1;
    const backlog = cloud.arrived.filter(isOfOutage);
    expect(starts(backlog)).toEqual(starts(backlog).toSorted((a, b) => a - b));
    expect(backlog.at(-1)!.at - online).toBeLessThan(3 * MINUTE_MS);
    for (const { block, at } of cloud.arrived.filter(({ block }) => block.start >= START + OFFLINE)) {
      const due = (block.start + 1) * MINUTE_MS + phaseMs;
      expect(at - due).toBeGreaterThanOrEqual(0);
      expect(at - due).toBeLessThan(5000);
    }
  });
});

describe('live minutes', () => {
  it('go between the messages of a backlog that takes long, as they become due', async () => {
    const { parts, clock, cloud } = setUp(0, 3);
    // 120 hours over a line that needs ten seconds for each.
    const old = START - 121 * 60;
    for (let i = 0; i < 120; i++) await parts.buffer.append('earlier', blockOf(old + 60 * i, 60));
    const slow = {
      ...cloud.uplink,
      publish: async (body: Uint8Array) => {
        const answer = await cloud.uplink.publish(body);
        await clock.sleep(10_000);
        return answer;
      },
    };
    cloud.connect();
    const stop = new AbortController();
    // One at a time, so that the order is that of the line.
    const run = runAgent({ ...parts, uplink: oneAtATime(slow) }, stop.signal);
    await clock.until((START + 25) * MINUTE_MS);
    stop.abort();
    await run;

    const order = starts(cloud.arrived);
    const live = order.filter((start) => start >= START);
    expect(live).toEqual([START, START + 1, START + 2]);
    expect(order.filter((start) => start < START)).toEqual(Array.from({ length: 120 }, (_, i) => old + 60 * i));
    // Behind what was under way already, and before the rest.
    expect(order.indexOf(START)).toBeLessThan(order.indexOf(old + 60 * 119));
    expect(new Set(order).size).toBe(order.length);
  });

  it('of a plant whose clock is an hour ahead do not wait for that hour', async () => {
    const { parts, clock, cloud } = setUp(0, 0);
    cloud.connect();
    await parts.buffer.append('ahead', blockOf(START + 60, 1));
    const stop = new AbortController();
    const run = runAgent(parts, stop.signal);
    await clock.until(START * MINUTE_MS + 2000);
    expect(starts(cloud.arrived)).toEqual([START + 60]);
    stop.abort();
    await run;
  });
});

const oneAtATime = (uplink: AgentParts['uplink']): AgentParts['uplink'] => {
  let before: Promise<unknown> = Promise.resolve();
  return {
    ...uplink,
    publish: (body) => {
      const answer = before.then(() => uplink.publish(body));
      before = answer;
      return answer;
    },
  };
};
