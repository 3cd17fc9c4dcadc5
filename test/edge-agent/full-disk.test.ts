import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AgentParts, runAgent } from '../../edge-agent/agent.ts';
import { hasRoomForLess, hasRoomForMore } from '../../edge-agent/buffer/disk-room.ts';
import { type EntryStore, StorageFull } from '../../edge-agent/buffer/entry-store.ts';
import { lmdbStore } from '../../edge-agent/buffer/lmdb-store.ts';
import { memoryStore } from '../../edge-agent/buffer/memory-store.ts';
import { minuteBuffer } from '../../edge-agent/buffer/minute-buffer.ts';
import type { FacilityMinutes } from '../../edge-agent/message/facility-minutes.ts';
import type { Source } from '../../edge-agent/sources/source.ts';
import type { PublishOutcome } from '../../edge-agent/uplink/uplink.ts';
import { blockOf, countMinutes, eventList, fakeUplink, listSource, minuteSet, virtualClock } from './fakes.ts';
import { temporaryFolder } from './temporary.ts';

const START = 25_278_480;
const MINUTE_MS = 60_000;
const MB = 1024 * 1024;
const LATER = (START + 100_000) * MINUTE_MS;
const HOURS = Array.from({ length: 40 }, (_, i) => blockOf(START + 60 * i, 60));

/** A store on a disk that is full when it is told so: for more minutes, or for any write. */
const fillableStore = (store: EntryStore = memoryStore()) => {
  let full: 'no' | 'for more' | 'for all' = 'no';
  const check = (needs: 'more' | 'less') => {
    if (full === 'for all' || (full === 'for more' && needs === 'more'))
      throw new StorageFull('no space left on device');
  };
  const guarded: EntryStore = {
    ...store,
    async append(entries, positions) {
      check('more');
      await store.append(entries, positions);
    },
    async remove(keys, kept) {
      check(kept ? 'more' : 'less');
      await store.remove(keys, kept);
    },
    async setAside(keys, reason) {
      check('more');
      await store.setAside(keys, reason);
    },
    async forget(keys) {
      check('less');
      await store.forget(keys);
    },
    async setNote(name, text) {
      check('less');
      await store.setNote(name, text);
    },
  };
  return {
    store: guarded,
    fill: (what: 'for more' | 'for all' = 'for more') => {
      full = what;
    },
    free: () => {
      full = 'no';
    },
  };
};

interface Change {
  readonly source?: Source;
  readonly store?: EntryStore;
  readonly clock?: ReturnType<typeof virtualClock>;
  readonly answer?: (block: FacilityMinutes, count: number) => PublishOutcome | undefined;
}

const setUp = (change: Change = {}) => {
  const clock = change.clock ?? virtualClock(LATER);
  onTestFinished(() => clock.end());
  const cloud = fakeUplink(change.answer);
  const { events, report } = eventList();
  const store = change.store ?? memoryStore();
  const parts = (): AgentParts => ({
    facility: '7953',
    thing: 'edge-7953',
    source: change.source ?? listSource('list', HOURS),
    buffer: minuteBuffer(store, 1_000_000_000, { hours: 24, clock }),
    uplink: cloud.uplink,
    clock,
    report,
  });
  const happened = async (condition: () => boolean) => {
    while (!condition()) await turn();
  };
  const kinds = () => events.map(({ event }) => event);
  return { clock, cloud, events, kinds, parts, happened };
};

const running = () => new AbortController().signal;

describe('an agent whose disk is full', () => {
  it('says so, lets a source that can wait do so, goes on sending, and goes on when there is room', async () => {
    const disk = fillableStore();
    let asked = 0;
    const source = {
      ...listSource('list', HOURS),
      async *minutes() {
        for (const hour of HOURS) {
          if (++asked === 20) disk.fill();
          yield hour;
        }
      },
    };
    const { parts, cloud, events, happened, kinds } = setUp({ source, store: disk.store });
    const run = runAgent(parts(), running());
    await happened(() => kinds().includes('buffer-full') && cloud.arrived.length >= 19);
    const stoodAt = asked;
    for (let i = 0; i < 2000; i++) await turn();
    expect(asked).toBe(stoodAt);
    expect(asked).toBeLessThan(40);
    disk.free();
    expect(await run).toBe('done');
    expect(minuteSet(cloud.arrived)).toEqual(minuteSet(HOURS));
    expect(countMinutes(cloud.arrived)).toBe(2400);
    expect(events).toContainEqual({ event: 'buffer-full', facility: '7953', reason: 'no space left on device' });
    expect(kinds().filter((kind) => kind === 'buffer-full')).toHaveLength(1);
    expect(kinds().filter((kind) => kind === 'buffer-has-room')).toHaveLength(1);
  });

  it('sends nothing twice because an acknowledgement cannot be noted, and notes it when there is room', async () => {
    const disk = fillableStore();
    const { parts, cloud, happened } = setUp({ source: listSource('list', []), store: disk.store });
    const agent = { ...parts(), stays: true };
    for (const hour of HOURS.slice(0, 2)) await agent.buffer.append('list', hour);
    disk.fill('for all');
    const stop = new AbortController();
    const run = runAgent(agent, stop.signal);
    await happened(() => cloud.arrived.length === 2 && agent.buffer.pending().minutes === 0);
    expect(agent.buffer.waitingFrom()).toBe(START);
    for (let i = 0; i < 500; i++) await turn();
    expect(cloud.published()).toBe(2);
    disk.free();
    stop.abort();
    await run;
    expect([...disk.store.keysAfter(0)]).toEqual([]);
  });

  it('goes on trying for a source that cannot wait, and keeps its minutes in order when there is room', async () => {
    const disk = fillableStore();
    const clock = virtualClock(START * MINUTE_MS);
    const { parts, cloud, kinds, happened } = setUp({ source: live(clock, 60), store: disk.store, clock });
    const run = runAgent(parts(), running());
    await clock.until((START + 10) * MINUTE_MS + 1000);
    disk.fill();
    await clock.until((START + 40) * MINUTE_MS + 1000);
    expect(kinds()).toContain('buffer-full');
    disk.free();
    expect(await run).toBe('done');
    expect(minuteSet(cloud.arrived)).toEqual(minuteSet([blockOf(START, 60)]));
    expect(countMinutes(cloud.arrived)).toBe(60);
    expect(kinds()).not.toContain('not-kept');
    await happened(() => kinds().includes('buffer-has-room'));
  });

  it('counts and names the minutes of such a source that memory cannot hold either', async () => {
    const disk = fillableStore();
    disk.fill();
    const clock = virtualClock(START * MINUTE_MS);
    const { parts, cloud, events } = setUp({ source: live(clock, 300), store: disk.store, clock });
    const run = runAgent(parts(), running());
    await clock.until((START + 290) * MINUTE_MS);
    disk.free();
    await run;
    const lost = events.flatMap((event) => (event.event === 'not-kept' ? [event] : []));
    expect(lost.length).toBeGreaterThan(0);
    expect(lost[0]).toEqual({
      event: 'not-kept',
      facility: '7953',
      minute: '2018-01-23T16:00Z',
      minutes: 1,
      reason: 'the disk is full',
    });
    expect(countMinutes(cloud.arrived) + lost.length).toBe(300);
    expect(events.at(-1)).toMatchObject({ event: 'done', notKeptMinutes: lost.length });
  });

  it('says which minutes of such a source are lost when it is stopped before there is room', async () => {
    const disk = fillableStore();
    const clock = virtualClock(START * MINUTE_MS);
    const { parts, events } = setUp({ source: live(clock, 60), store: disk.store, clock });
    const stop = new AbortController();
    const run = runAgent(parts(), stop.signal);
    await clock.until((START + 10) * MINUTE_MS + 1000);
    disk.fill();
    await clock.until((START + 12) * MINUTE_MS + 1000);
    stop.abort();
    expect(await run).toBe('stopped');
    expect(events.flatMap((event) => (event.event === 'not-kept' ? [event.minute] : []))).toEqual([
      '2018-01-23T12:10Z',
      '2018-01-23T12:11Z',
    ]);
  });

  it('starts on a full disk and sends what it had: no loop of crashes', async () => {
    const folder = temporaryFolder();
    const filled = minuteBuffer(lmdbStore(folder), 1_000_000_000);
    await filled.append('list', HOURS[0]!);
    await filled.close();
    for (let i = 0; i < 3; i++) {
      const stop = new AbortController();
      const { parts, cloud, kinds, happened } = setUp({ store: lmdbStore(folder, () => 0.5 * MB) });
      const run = runAgent(parts(), stop.signal);
      await happened(() => cloud.arrived.length === 1 && kinds().includes('buffer-full'));
      stop.abort();
      expect(await run).toBe('stopped');
    }
    const { parts, cloud } = setUp({ store: lmdbStore(folder) });
    expect(await runAgent(parts(), running())).toBe('done');
    expect(minuteSet(cloud.arrived)).toEqual(minuteSet(HOURS));
  });
});

describe('a buffer whose disk is full', () => {
  it('keeps no later minutes while earlier ones of the source are missing', async () => {
    const disk = fillableStore();
    const buffer = minuteBuffer(disk.store, 1_000_000_000);
    await buffer.append('s', blockOf(START, 60));
    disk.fill();
    const failing = [1, 2, 3].map((hour) => buffer.append('s', blockOf(START + 60 * hour, 60)));
    for (const one of await Promise.allSettled(failing)) expect(one).toMatchObject({ status: 'rejected' });
    disk.free();
    await expect(buffer.append('s', blockOf(START + 240, 60))).rejects.toThrow(StorageFull);
    expect(buffer.resumeAt('s')).toBe(START + 60);
    for (const hour of [1, 2, 3, 4]) await buffer.append('s', blockOf(START + 60 * hour, 60));
    expect(buffer.pending().minutes).toBe(300);
    expect(buffer.resumeAt('s')).toBe(START + 300);
  });

  it('lets kept minutes go before it refuses new ones', async () => {
    const disk = fillableStore();
    const clock = virtualClock(LATER);
    onTestFinished(() => clock.end());
    const store: EntryStore = {
      ...disk.store,
      async forget(keys) {
        await disk.store.forget(keys);
        disk.free();
      },
    };
    const buffer = minuteBuffer(store, 1_000_000_000, { hours: 24, clock });
    for (const hour of HOURS.slice(0, 4)) {
      await buffer.append('s', hour);
      await buffer.acknowledge(buffer.take()!);
    }
    disk.fill();
    await buffer.append('s', HOURS[4]!);
    expect(buffer.keptFrom()).toBeGreaterThan(START);
    expect(buffer.pending().minutes).toBe(60);
  });

  it('lets go of acknowledged minutes without keeping them when there is only room for that', async () => {
    const disk = fillableStore();
    const clock = virtualClock(LATER);
    onTestFinished(() => clock.end());
    const buffer = minuteBuffer(disk.store, 1_000_000_000, { hours: 24, clock });
    await buffer.append('s', HOURS[0]!);
    disk.fill();
    await buffer.acknowledge(buffer.take()!);
    expect(buffer.waitingFrom()).toBeUndefined();
    expect(buffer.keptFrom()).toBeUndefined();
  });

  it('in LMDB looks at the room before it writes: a commit that fails could take the process down', async () => {
    let free = 100 * MB;
    const buffer = minuteBuffer(
      lmdbStore(temporaryFolder(), () => free),
      1_000_000_000,
    );
    await buffer.append('s', blockOf(START, 60));
    free = 3 * MB;
    await expect(buffer.append('s', blockOf(START + 60, 60))).rejects.toThrow(/has 3 MB left/);
    // Taking out needs less than putting in.
    await buffer.acknowledge(buffer.take()!);
    expect(buffer.waitingFrom()).toBeUndefined();
    await buffer.close();
  });

  it.each([
    ['with 4 MB left takes a small message', 4.1, 0.01, 0, true],
    ['with 4 MB left does not take a megabyte', 4.1, 1, 0, false],
    ['with 7 MB left does', 7, 1, 0, true],
    ['with 3 MB left takes it into a file that has 5 MB unused', 3, 1, 5, true],
    ['with less left does not', 2.9, 1, 5, false],
  ])('on a disk %s', (_, free, bytes, inside, takes) => {
    expect(hasRoomForMore(free * MB, bytes * MB, () => inside * MB)).toBe(takes);
  });

  it('can take minutes out down to the last megabyte', () => {
    expect([hasRoomForLess(MB), hasRoomForLess(MB - 1)]).toEqual([true, false]);
  });

  it('finds the room that sent minutes have left in its file', async () => {
    let free = 100 * MB;
    const store = lmdbStore(temporaryFolder(), () => free);
    const body = new Uint8Array(90_000).fill(7);
    const entries = Array.from({ length: 120 }, (_, i) => ({
      sequence: i + 1,
      start: START + i,
      minutes: 1,
      bytes: body.length,
      body,
    }));
    await store.append(entries, new Map([['s', START + 120]]));
    free = 3 * MB;
    const more = { ...entries[0]!, sequence: 500, start: START + 500 };
    await expect(store.append([more], new Map([['s', START + 501]]))).rejects.toThrow(StorageFull);
    await store.remove(entries);
    await store.append([more], new Map([['s', START + 501]]));
    expect([...store.keysAfter(0)].map(({ sequence }) => sequence)).toEqual([500]);
    await store.close();
  });
});

/** Minutes as they end, of an analyser that tells each only once. */
const live = (clock: ReturnType<typeof virtualClock>, minutes: number): Source => ({
  key: 'analyser',
  cannotWait: true,
  minutesBefore: () => 0,
  async *minutes(_, signal) {
    for (let next = START; next < START + minutes && !signal.aborted; next++) {
      await clock.sleep((next + 1) * MINUTE_MS - clock.now(), signal);
      if (!signal.aborted) yield blockOf(next, 1);
    }
  },
});
