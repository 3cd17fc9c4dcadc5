import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { agentReport } from '#core/contracts/agent-report';
import { textOfMinute } from '#core/time';
import { type AgentParts, runAgent } from '../../edge-agent/agent.ts';
import type { EntryStore } from '../../edge-agent/buffer/entry-store.ts';
import { lmdbStore } from '../../edge-agent/buffer/lmdb-store.ts';
import { memoryStore } from '../../edge-agent/buffer/memory-store.ts';
import { minuteBuffer } from '../../edge-agent/buffer/minute-buffer.ts';
import type { FacilityMinutes } from '../../edge-agent/message/facility-minutes.ts';
import type { PublishOutcome } from '../../edge-agent/uplink/uplink.ts';
import { blockOf, eventList, fakeControl, fakeUplink, listSource, minuteSet, virtualClock } from './fakes.ts';
import { temporaryFolder } from './temporary.ts';

const START = 25_278_480;
const MINUTE_MS = 60_000;
const HOURS = Array.from({ length: 5 }, (_, i) => blockOf(START + 60 * i, 60));
const LATER = (START + 6 * 60) * MINUTE_MS;

const resend = (id: string, from: number, until: number) => ({
  v: 1,
  command: 'resend',
  id,
  from: textOfMinute(START + from),
  until: textOfMinute(START + until),
});

interface Change {
  readonly store?: EntryStore;
  readonly hours?: readonly FacilityMinutes[];
  readonly maxBytes?: number;
  readonly keepHours?: number;
  readonly answer?: (block: FacilityMinutes, count: number) => PublishOutcome | undefined;
}

/** An agent that stays after its source has ended, with its clock, cloud and control. */
const start = (change: Change = {}) => {
  const clock = virtualClock(LATER);
  const cloud = fakeUplink(change.answer);
  const talk = fakeControl();
  const { events, report } = eventList();
  const keeping = { hours: change.keepHours ?? 24, clock };
  const buffer = minuteBuffer(change.store ?? memoryStore(), change.maxBytes ?? 1_000_000_000, keeping);
  const parts: AgentParts = {
    facility: '7953',
    thing: 'edge-7953',
    source: listSource('list', change.hours ?? HOURS),
    buffer,
    uplink: cloud.uplink,
    clock,
    report,
    control: talk.control,
    stays: true,
  };
  const stop = new AbortController();
  const run = runAgent(parts, stop.signal);
  const end = async () => {
    stop.abort();
    await run;
    clock.end();
  };
  onTestFinished(end);
  const happened = async (condition: () => boolean) => {
    while (!condition()) await turn();
  };
  const answered = (command: string) =>
    happened(() => events.some((event) => event.event === 'resent' && event.command === command));
  return {
    buffer,
    clock,
    cloud,
    talk,
    events,
    end,
    happened,
    answered,
    done: () => happened(() => events.some(({ event }) => event === 'done')),
  };
};

const spans = (blocks: readonly FacilityMinutes[]) =>
  blocks.map(({ start: first, minutes }) => [first - START, minutes]);

describe('a command to send minutes again', () => {
  it('is answered with exactly what the buffer has of the range, as it was sent the first time', async () => {
    const { cloud, talk, answered, done, events } = start();
    await done();
    const before = cloud.arrived.length;
    talk.command(resend('c1', 30, 150));
    await answered('c1');
    const again = cloud.arrived.slice(before);
    expect(spans(again)).toEqual([
      [30, 30],
      [60, 60],
      [120, 30],
    ]);
    expect(minuteSet(cloud.arrived)).toEqual(minuteSet(HOURS));
    expect(events).toContainEqual({ event: 'resent', facility: '7953', command: 'c1', minutes: 120 });
  });

  it('is answered in the report: so many minutes were found, none when none are kept', async () => {
    const { talk, answered, done, happened } = start();
    talk.setConnected(true);
    await done();
    talk.command(resend('c1', 0, 60));
    talk.command(resend('c2', 9000, 9060));
    await answered('c2');
    await happened(() => talk.reports.at(-1)?.answered.length === 2);
    expect(talk.reports.at(-1)!.answered).toEqual([
      { command: 'c1', minutes: 60 },
      { command: 'c2', minutes: 0 },
    ]);
    for (const report of talk.reports) expect(() => agentReport.parse(report)).not.toThrow();
  });

  it('is done once, however often it is delivered', async () => {
    const { cloud, talk, answered, done } = start();
    await done();
    const before = cloud.arrived.length;
    for (let i = 0; i < 3; i++) talk.command(resend('c1', 0, 60));
    await answered('c1');
    talk.command(resend('c1', 0, 60));
    talk.command(resend('c2', 60, 120));
    await answered('c2');
    expect(spans(cloud.arrived.slice(before))).toEqual([
      [0, 60],
      [60, 60],
    ]);
  });

  it('waits for minutes that were never sent: those go first', async () => {
    let silent = true;
    const { cloud, talk, answered, buffer, happened } = start({
      hours: HOURS,
      answer: ({ start: first }) => (silent && first >= START + 120 ? undefined : { kind: 'acknowledged' }),
    });
    await happened(() => buffer.pending().minutes === 180);
    talk.command(resend('c1', 0, 180));
    await answered('c1');
    silent = false;
    // What waits counts as found, and is not sent by the command.
    expect(spans(cloud.arrived)).toEqual([
      [0, 60],
      [60, 60],
      [0, 60],
      [60, 60],
    ]);
  });

  it('has every eighth message while a backlog lasts, so that one that never ends does not hold it up', async () => {
    const hours = Array.from({ length: 400 }, (_, i) => blockOf(START + 60 * i, 60));
    let command = () => {};
    const { cloud, talk, answered, happened } = start({
      hours,
      answer: (_, count) => {
        if (count === 250) command();
        return { kind: 'acknowledged' };
      },
    });
    command = () => talk.command(resend('c1', 0, 180));
    await answered('c1');
    await happened(() => cloud.arrived.length === 403);
    const starts = spans(cloud.arrived).map(([first]) => first!);
    const again = starts.flatMap((first, place) => (starts.indexOf(first) < place ? [place] : []));
    expect(again.map((place) => starts[place])).toEqual([0, 60, 120]);
    expect(again[1]! - again[0]!).toBe(8);
    expect(again[2]! - again[1]!).toBe(8);
    expect(again[2]!).toBeLessThan(390);
  });

  it('finds what was acknowledged before a restart, and goes on with a command that was interrupted', async () => {
    const folder = temporaryFolder();
    const first = start({ store: lmdbStore(folder) });
    await first.done();
    await first.end();

    const second = start({ store: lmdbStore(folder), answer: () => undefined });
    second.talk.command(resend('c1', 60, 180));
    await second.happened(() => second.cloud.published() === 2);
    await second.end();

    const third = start({ store: lmdbStore(folder) });
    await third.answered('c1');
    expect(spans(third.cloud.arrived)).toEqual([
      [60, 60],
      [120, 60],
    ]);
    await third.end();

    const fourth = start({ store: lmdbStore(folder) });
    fourth.talk.setConnected(true);
    await fourth.happened(() => fourth.talk.reports.length > 0);
    expect(fourth.talk.reports[0]!.answered).toEqual([{ command: 'c1', minutes: 120 }]);
    await fourth.end();
  });

  it.each([
    ['that is not JSON', '{', /not JSON/],
    ['of another kind', { v: 1, command: 'reboot', id: 'x' }, /cannot be read: command/],
    ['whose range is empty', resend('x', 60, 60), /expected until after from/],
  ])('%s is refused with the reason, and nothing is sent', async (_, command, reason) => {
    const { cloud, talk, done, events, happened } = start();
    await done();
    const before = cloud.arrived.length;
    talk.command(command);
    await happened(() => events.some(({ event }) => event === 'command-refused'));
    expect(events.find(({ event }) => event === 'command-refused')).toMatchObject({
      reason: expect.stringMatching(reason),
    });
    expect(cloud.arrived).toHaveLength(before);
  });
});

describe('acknowledged minutes', () => {
  it('are kept for the configured hours, counted from their acknowledgement', async () => {
    const store = memoryStore();
    const clock = virtualClock(LATER);
    onTestFinished(() => clock.end());
    const buffer = minuteBuffer(store, 1_000_000_000, { hours: 2, clock });
    const send = async (block: FacilityMinutes) => {
      await buffer.append('s', block);
      await buffer.acknowledge(buffer.take()!);
    };
    for (const hour of HOURS.slice(0, 3)) {
      await send(hour);
      await clock.sleep(50 * MINUTE_MS);
    }
    // The first was acknowledged 150 minutes ago, the second 100.
    await send(HOURS[3]!);
    expect(buffer.keptFrom()).toBe(START + 60);
    expect(
      spans([...buffer.kept(START, START + 300)].map(({ start: first, minutes }) => blockOf(first, minutes))),
    ).toEqual([
      [60, 60],
      [120, 60],
      [180, 60],
    ]);
  });

  it('outlive a clock that is a day ahead for a while, over a restart too, and are kept no longer for it', async () => {
    const store = memoryStore();
    const right = virtualClock(LATER);
    onTestFinished(() => right.end());
    let aheadMs = 0;
    const clock = { ...right, now: () => right.now() + aheadMs };
    const open = () => minuteBuffer(store, 1_000_000_000, { hours: 24, clock });
    let buffer = open();
    const send = async (block: FacilityMinutes) => {
      await buffer.append('s', block);
      await buffer.acknowledge(buffer.take()!);
      await right.sleep(MINUTE_MS);
    };
    const keptMinutes = () => [...buffer.kept(START, START + 10_000)].reduce((sum, { minutes }) => sum + minutes, 0);
    for (let hour = 0; hour < 20; hour++) await send(blockOf(START + 60 * hour, 60));
    aheadMs = 25 * 60 * MINUTE_MS;
    for (let i = 0; i < 10; i++) await send(blockOf(START + 2700 + i, 1));
    buffer = open();
    for (let i = 10; i < 20; i++) await send(blockOf(START + 2700 + i, 1));
    aheadMs = 0;
    buffer = open();
    await send(blockOf(START + 2720, 1));
    expect(keptMinutes()).toBe(1200 + 21);
    await right.sleep(24 * 60 * MINUTE_MS);
    // A few are forgotten at once.
    for (let i = 0; i < 3; i++) await send(blockOf(START + 2721 + i, 1));
    expect(buffer.keptFrom()).toBe(START + 2721);
  });

  it('give way, oldest first, before new minutes have to wait', async () => {
    const clock = virtualClock(LATER);
    onTestFinished(() => clock.end());
    const size = (await sizeOf(HOURS[0]!)) * 3.5;
    const buffer = minuteBuffer(memoryStore(), size, { hours: 24, clock });
    for (const hour of HOURS.slice(0, 3)) {
      await buffer.append('s', hour);
      await buffer.acknowledge(buffer.take()!);
    }
    expect(buffer.keptFrom()).toBe(START);
    for (const hour of HOURS.slice(3, 5)) {
      expect(buffer.hasRoom()).toBe(true);
      await buffer.append('s', hour);
    }
    expect(buffer.keptFrom()).toBe(START + 120);
    expect(buffer.pending().minutes).toBe(120);
  });

  it('are not kept at all with keepHours 0', async () => {
    const clock = virtualClock(LATER);
    onTestFinished(() => clock.end());
    const buffer = minuteBuffer(memoryStore(), 1_000_000, { hours: 0, clock });
    await buffer.append('s', HOURS[0]!);
    await buffer.acknowledge(buffer.take()!);
    expect(buffer.keptFrom()).toBeUndefined();
  });
});

const sizeOf = async (block: FacilityMinutes): Promise<number> => {
  const buffer = minuteBuffer(memoryStore(), 1_000_000);
  await buffer.append('s', block);
  return buffer.pending().bytes;
};
