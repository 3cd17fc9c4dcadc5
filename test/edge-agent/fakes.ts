import type { AgentReport } from '#core/contracts/agent-report';
import type { Clock } from '../../edge-agent/clock.ts';
import type { AgentEvent } from '../../edge-agent/events.ts';
import { decode } from '../../edge-agent/message/encode.ts';
import type { FacilityMinutes } from '../../edge-agent/message/facility-minutes.ts';
import type { Source } from '../../edge-agent/sources/source.ts';
import type { Control, Job } from '../../edge-agent/uplink/control.ts';
import type { PublishOutcome, Uplink } from '../../edge-agent/uplink/uplink.ts';

/** Wall time that passes only while somebody sleeps. */
export const fakeClock = (start: number): Clock & { readonly slept: number[] } => {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    elapsed: () => now,
    async sleep(ms, signal) {
      if (signal?.aborted) return;
      slept.push(ms);
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

/** Turns of the event loop without anything new to sleep for, after which everybody is taken to be asleep. */
const QUIET_TURNS = 12;

/**
 * Wall time that goes on when everybody sleeps, to the first who wakes: many can sleep side by side.
 * `until` resolves at a time, `end` lets go of the event loop.
 */
export const virtualClock = (start: number): Clock & { until(ms: number): Promise<void>; end(): void } => {
  let now = start;
  let ended = false;
  let sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  let quiet = 0;
  const turn = () => {
    if (ended) return;
    if (++quiet > QUIET_TURNS && sleepers.length > 0) {
      quiet = 0;
      const first = Math.min(...sleepers.map(({ at }) => at));
      now = Math.max(now, first);
      const awake = sleepers.filter(({ at }) => at <= now);
      sleepers = sleepers.filter(({ at }) => at > now);
      for (const { wake } of awake) wake();
    }
    setImmediate(turn);
  };
  setImmediate(turn);
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      quiet = 0;
      if (signal?.aborted) return resolve();
      const sleeper = { at: now + Math.max(0, ms), wake: resolve };
      sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        sleepers = sleepers.filter((one) => one !== sleeper);
        resolve();
      });
    });
  return {
    now: () => now,
    elapsed: () => now,
    sleep,
    until: (ms) => sleep(ms - now),
    end() {
      ended = true;
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

/**
 * A connection that takes as long as AWS IoT Core lets a client take: 100 publishes and 512 KB a second, an answer
 * 50 ms later. Away at first; `connect` brings it.
 */
export const awsPacedUplink = (clock: Clock) => {
  const arrived: { readonly block: FacilityMinutes; readonly at: number }[] = [];
  let free = Number.POSITIVE_INFINITY;
  let up = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {});
  const uplink: Uplink = {
    start() {},
    async publish(body) {
      await Promise.race([up.promise, stopped.promise]);
      free = Math.max(free, clock.now()) + Math.max(10, (1000 * body.length) / 524_288);
      await clock.sleep(free - clock.now());
      arrived.push({ block: decode(body), at: clock.now() });
      await clock.sleep(50);
      return ACKNOWLEDGED;
    },
    async stop() {
      stopped.reject(new Error('closed'));
    },
  };
  return {
    uplink,
    arrived,
    connect() {
      free = clock.now();
      up.resolve();
    },
    disconnect() {
      up = Promise.withResolvers<void>();
    },
  };
};

/** The other things a cloud says and hears, by hand. */
export const fakeControl = (change: Partial<Control> = {}) => {
  const reports: AgentReport[] = [];
  const updates: { readonly job: string; readonly status: string; readonly reason: string | undefined }[] = [];
  const jobs: Job[] = [];
  const on = { connected: [] as (() => void)[], jobs: [] as (() => void)[], command: [] as ((text: string) => void)[] };
  let connected = false;
  const control: Control = {
    isConnected: () => connected,
    onConnected: (listener) => void on.connected.push(listener),
    onJobs: (listener) => void on.jobs.push(listener),
    onCommand: (listener) => void on.command.push(listener),
    async report(state) {
      reports.push(state);
    },
    nextJob: async () => jobs[0],
    async updateJob(job, status, reason) {
      updates.push({ job, status, reason });
      if (status !== 'IN_PROGRESS') jobs.shift();
    },
    identity: {
      createFromCsr: () => Promise.reject(new Error('no answer')),
      register: () => Promise.reject(new Error('no answer')),
    },
    reconnectWith: () => Promise.reject(new Error('no answer')),
    ...change,
  };
  return {
    control,
    reports,
    updates,
    setConnected(yes: boolean) {
      connected = yes;
      if (yes) for (const listener of on.connected) listener();
    },
    addJob(job: Job) {
      jobs.push(job);
      for (const listener of on.jobs) listener();
    },
    command(payload: unknown) {
      for (const listener of on.command) listener(typeof payload === 'string' ? payload : JSON.stringify(payload));
    },
  };
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
