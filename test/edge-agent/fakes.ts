import type { Clock } from '../../edge-agent/clock.ts';
import type { AgentEvent } from '../../edge-agent/events.ts';
import { decode } from '../../edge-agent/message/encode.ts';
import type { FacilityMinutes } from '../../edge-agent/message/facility-minutes.ts';
import type { Source } from '../../edge-agent/sources/source.ts';
import type { PublishOutcome, Uplink } from '../../edge-agent/uplink/uplink.ts';

/** Wall time that passes only while somebody sleeps. */
export const fakeClock = (start: number): Clock & { readonly slept: number[] } => {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    async sleep(ms, signal) {
      if (signal?.aborted) return;
      slept.push(ms);
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

const ACKNOWLEDGED: PublishOutcome = { kind: 'acknowledged' };

/** A cloud that keeps what it acknowledged. `answer` may refuse, fail (throw), or never come (undefined). */
export const fakeUplink = (
  answer: (block: FacilityMinutes, count: number) => PublishOutcome | undefined = () => ACKNOWLEDGED,
) => {
  const arrived: FacilityMinutes[] = [];
  const waiting = new Set<(error: Error) => void>();
  let count = 0;
  const uplink: Uplink = {
    start() {},
    publish: (body) =>
      new Promise((resolve, reject) => {
        const block = decode(body);
        let outcome: PublishOutcome | undefined;
        try {
          outcome = answer(block, ++count);
        } catch (error) {
          reject(error);
          return;
        }
        if (outcome?.kind === 'acknowledged') arrived.push(block);
        if (outcome) setImmediate(() => resolve(outcome));
        else waiting.add(reject);
      }),
    async stop() {
      for (const reject of waiting) reject(new Error('closed'));
    },
  };
  return { uplink, arrived, published: () => count };
};

/** Minutes whose readings name the minute, so that a changed or mixed-up one is seen. */
export const blockOf = (
  start: number,
  minutes: number,
  sources: readonly string[] = ['S1'],
  channels = ['a', 'b'],
): FacilityMinutes => ({
  start,
  minutes,
  channels,
  sources: sources.map((source, s) => ({
    source,
    revision: 0,
    firedSeconds: Array.from({ length: minutes }, (_, i) => (start + i) % 61),
    grossLoad: Array.from({ length: minutes }, (_, i) => start + i + s / 10),
    readings: Array.from({ length: minutes * channels.length }, (_, i) => start * channels.length + i + s / 10),
    statuses: 'V'.repeat(minutes * channels.length),
  })),
});

/** A source of blocks; yields none before `from`, and counts what it was asked for. */
export const listSource = (key: string, blocks: readonly FacilityMinutes[]): Source => ({
  key,
  totalMinutes: blocks.reduce((sum, { minutes }) => sum + minutes, 0),
  minutesBefore: (from) => blocks.filter(({ start }) => start < from).reduce((sum, { minutes }) => sum + minutes, 0),
  async *minutes(from = 0, signal) {
    for (const block of blocks) if (block.start >= from && !signal.aborted) yield block;
  },
});

export const eventList = () => {
  const events: AgentEvent[] = [];
  return { events, report: (event: AgentEvent) => void events.push(event) };
};

/** Every source-minute of some blocks as text, in order and without repetition. */
export const minuteSet = (blocks: readonly FacilityMinutes[]): string[] => {
  const set = new Set<string>();
  for (const { start, minutes, channels, sources } of blocks)
    for (const { source, firedSeconds, grossLoad, readings, statuses } of sources)
      for (let i = 0; i < minutes; i++) {
        const width = channels.length;
        const of = readings.slice(i * width, (i + 1) * width);
        set.add(
          JSON.stringify([
            start + i,
            source,
            firedSeconds[i],
            grossLoad[i],
            of,
            statuses.slice(i * width, (i + 1) * width),
          ]),
        );
      }
  return [...set].sort();
};

/** Minutes that were sent, counted with their repetitions, including those without sources. */
export const countMinutes = (blocks: readonly FacilityMinutes[]): number =>
  blocks.reduce((sum, { minutes }) => sum + minutes, 0);
