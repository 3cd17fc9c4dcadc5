import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type AgentReport, agentReport } from '#core/contracts/agent-report';
import { runAgent } from '../../edge-agent/agent.ts';
import { memoryStore } from '../../edge-agent/buffer/memory-store.ts';
import { minuteBuffer } from '../../edge-agent/buffer/minute-buffer.ts';
import { isWorthReporting } from '../../edge-agent/self-report.ts';
import type { Source } from '../../edge-agent/sources/source.ts';
import { awsPacedUplink, blockOf, eventList, fakeControl, virtualClock } from './fakes.ts';

const START = 25_278_480;
const MINUTE_MS = 60_000;

const REPORT: AgentReport = {
  v: 1,
  reportedAt: '2018-01-23T12:00:00.000Z',
  software: 'emissionwatch 1',
  waiting: null,
  keptFrom: '2018-01-22T12:00Z',
  setAsideMinutes: 0,
  answered: [],
};
const at = (seconds: number) => new Date(Date.parse(REPORT.reportedAt) + 1000 * seconds).toISOString();
const waiting = (minutes: number) => ({ from: '2018-01-23T11:00Z', minutes });

describe('a report of the agent', () => {
  it.each<[string, Partial<AgentReport>, Partial<AgentReport>, boolean]>([
    ['nothing but time has passed', {}, { reportedAt: at(3600) }, false],
    ['minutes begin to wait', {}, { waiting: waiting(3) }, true],
    ['none wait any more', { waiting: waiting(3) }, {}, true],
    ['more wait, soon after', { waiting: waiting(3) }, { waiting: waiting(4), reportedAt: at(30) }, false],
    ['more wait, a minute after', { waiting: waiting(3) }, { waiting: waiting(4), reportedAt: at(60) }, true],
    ['the same wait an hour after', { waiting: waiting(3) }, { waiting: waiting(3), reportedAt: at(3600) }, false],
    ['minutes were set aside', {}, { setAsideMinutes: 60 }, true],
    ['a command was answered', {}, { answered: [{ command: 'c1', minutes: 3 }] }, true],
    ['kept minutes begin some minutes later', {}, { keptFrom: '2018-01-22T12:59Z' }, false],
    ['kept minutes begin an hour later', {}, { keptFrom: '2018-01-22T13:00Z' }, true],
    ['the first minutes are kept', { keptFrom: null }, {}, true],
    ['the software is another', {}, { software: 'emissionwatch 2' }, true],
  ])('when %s: worth a message is %s', (_, before, now, worth) => {
    expect(isWorthReporting({ ...REPORT, ...before }, { ...REPORT, ...now })).toBe(worth);
  });
});

/** A plant that gives each minute when it has ended. */
const plant = (clock: ReturnType<typeof virtualClock>): Source => ({
  key: 'plant',
  minutesBefore: () => 0,
  async *minutes(_, signal) {
    for (let next = START; !signal.aborted; next++) {
      await clock.sleep((next + 1) * MINUTE_MS - clock.now(), signal);
      if (!signal.aborted) yield blockOf(next, 1);
    }
  },
});

const start = (change: Parameters<typeof fakeControl>[0] = {}) => {
  const clock = virtualClock(START * MINUTE_MS);
  onTestFinished(() => clock.end());
  const cloud = awsPacedUplink(clock);
  const talk = fakeControl(change);
  const { events, report } = eventList();
  const stop = new AbortController();
  const run = runAgent(
    {
      facility: '7953',
      thing: 'edge-7953',
      source: plant(clock),
      buffer: minuteBuffer(memoryStore(), 1_000_000_000, { hours: 24, clock }),
      uplink: cloud.uplink,
      clock,
      report,
      control: talk.control,
    },
    stop.signal,
  );
  const end = async () => {
    stop.abort();
    await run;
  };
  return { clock, cloud, talk, events, end };
};

describe('an agent', () => {
  it('reports when it connects, and then says nothing for hours while all is well', async () => {
    const { clock, cloud, talk, end } = start();
    cloud.connect();
    talk.setConnected(true);
    await clock.until((START + 10) * MINUTE_MS);
    // At the connection, and when the first minute was kept.
    expect(talk.reports.map(({ waiting: w, keptFrom }) => [w, keptFrom])).toEqual([
      [null, null],
      [null, '2018-01-23T12:00Z'],
    ]);
    await clock.until((START + 180) * MINUTE_MS);
    expect(talk.reports).toHaveLength(2);
    expect(cloud.arrived.length).toBeGreaterThan(175);
    await end();
    for (const report of talk.reports) expect(agentReport.parse(report).software).toMatch(/^emissionwatch \d/);
  });

  it('reports what waits once it waits longer than two minutes, then once a minute, and when it is gone', async () => {
    const { clock, cloud, talk, end } = start();
    cloud.connect();
    talk.setConnected(true);
    await clock.until((START + 10) * MINUTE_MS);
    // The cloud stops acknowledging, and still hears reports.
    cloud.disconnect();
    const before = talk.reports.length;
    await clock.until((START + 12) * MINUTE_MS - 1000);
    expect(talk.reports).toHaveLength(before);
    await clock.until((START + 20) * MINUTE_MS);
    const during = talk.reports.slice(before).map(({ waiting: w }) => w);
    expect(during[0]).toEqual({ from: '2018-01-23T12:09Z', minutes: expect.any(Number) });
    expect(during.length).toBeGreaterThan(4);
    expect(during.length).toBeLessThanOrEqual(9);
    cloud.connect();
    await clock.until((START + 22) * MINUTE_MS);
    expect(talk.reports.at(-1)!.waiting).toBeNull();
    await end();
  });

  it('does not report while it is away, and does at the next connection', async () => {
    const { clock, talk, end } = start();
    await clock.until((START + 10) * MINUTE_MS + 1000);
    expect(talk.reports).toHaveLength(0);
    talk.setConnected(true);
    await clock.until((START + 10) * MINUTE_MS + 2000);
    expect(talk.reports).toMatchObject([{ waiting: { from: '2018-01-23T12:00Z', minutes: 10 } }]);
    await end();
  });

  it('says once that the cloud does not take its reports, and tries again each minute', async () => {
    let asked = 0;
    const { clock, talk, events, end } = start({
      report: async () => {
        if (++asked < 5) throw new Error('no answer');
      },
    });
    talk.setConnected(true);
    await clock.until((START + 4) * MINUTE_MS + 30_000);
    expect(asked).toBeGreaterThanOrEqual(5);
    expect(events.filter(({ event }) => event === 'unanswered')).toEqual([
      { event: 'unanswered', facility: '7953', request: 'report', reason: 'no answer' },
    ]);
    await end();
  });
});

describe('a job', () => {
  it('that the agent does not know is rejected with what it knows, and one without a serial number as well', async () => {
    const { talk, events, end } = start();
    talk.setConnected(true);
    talk.addJob({ id: 'j1', document: { v: 1, operation: 'reboot' } });
    talk.addJob({ id: 'j2', document: { v: 1, operation: 'rotate-certificate' } });
    while (talk.updates.length < 2) await turn();
    expect(talk.updates).toEqual([
      { job: 'j1', status: 'REJECTED', reason: expect.stringMatching(/rotate-certificate/) },
      { job: 'j2', status: 'REJECTED', reason: expect.stringMatching(/not provisioned/) },
    ]);
    expect(events.filter(({ event }) => event === 'job')).toHaveLength(2);
    await end();
  });
});
