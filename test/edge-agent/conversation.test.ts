import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { agentReport } from '#core/contracts/agent-report';
import { certificateIdOf } from '../../local/services/iot/certificates.ts';
import { startAgentProcess } from './agent-process.ts';
import { countMinutes, minuteSet } from './fakes.ts';
import { provisionedAgent, THING } from './provisioned-agent.ts';

const HOURS = Array.from({ length: 48 }, (_, i) => ({
  date: i < 24 ? '01-23-2018' : '01-24-2018',
  hour: i % 24,
  time: '1',
}));
const ROTATE = { v: 1, operation: 'rotate-certificate' };
/** 48 hours in about five seconds, so that something can happen meanwhile. */
const SLOWLY = { exitWhenDone: false, source: { kind: 'replay', files: ['hours.csv'], speed: 600 } };

const happened = async (condition: () => boolean) => {
  while (!condition()) await sleep(20);
};

const start = (config: string) => {
  const agent = startAgentProcess(['--config', config]);
  const end = async () => {
    agent.child.kill('SIGTERM');
    return agent.ended;
  };
  return { ...agent, end, done: () => happened(() => agent.events.some(({ event }) => event === 'done')) };
};

describe('an agent in conversation with AWS IoT, with the real client, over mutual TLS', () => {
  it('changes its certificate for a job while it sends: no minute is lost, the job is done over the new connection', {
    timeout: 60_000,
  }, async () => {
    const { cloud, config, first, certificate, arrived } = await provisionedAgent(HOURS, {}, SLOWLY);
    const agent = start(config);
    await happened(() => cloud.broker.received.length > 3);
    cloud.addJob(THING, 'job-1', ROTATE);
    await happened(() => cloud.jobs[0]!.status === 'SUCCEEDED');
    const sentThen = cloud.broker.received.length;
    await agent.done();
    const { code, events } = await agent.end();

    expect(code).toBe(0);
    expect(sentThen).toBeLessThan(49);
    expect(new Set(arrived().map(({ start: at }) => at)).size).toBe(49);
    expect(minuteSet(arrived())).toHaveLength(48 * 60);
    expect(certificate()).not.toBe(first.certificate);
    const [old, next] = [certificateIdOf(first.certificate), certificateIdOf(certificate())];
    expect(cloud.jobs[0]).toMatchObject({ history: ['IN_PROGRESS', 'SUCCEEDED'], over: [next, next] });
    expect(cloud.broker.connected.map(({ certificateId }) => certificateId)).toEqual([old, next]);
    expect(cloud.isInForce(first.certificate)).toBe(false);
    expect(events).toContainEqual({ event: 'job', facility: '7953', job: 'job-1', status: 'SUCCEEDED' });
    // Nothing counts as refused because the connection was replaced.
    expect(events.filter(({ event }) => event === 'refused')).toEqual([]);

    // The next start connects with what is in place.
    const again = start(config);
    await again.done();
    expect((await again.end()).code).toBe(0);
  });

  it('stays with the old certificate when the cloud refuses the new one, and says why', {
    timeout: 60_000,
  }, async () => {
    const { cloud, config, first, certificate } = await provisionedAgent(
      HOURS,
      { fate: (kind) => (kind === 'register' ? 'refused' : undefined) },
      { exitWhenDone: false },
    );
    const agent = start(config);
    await agent.done();
    cloud.addJob(THING, 'job-1', ROTATE);
    await happened(() => cloud.jobs[0]!.status === 'FAILED');
    const { code, events } = await agent.end();
    expect(code).toBe(0);
    expect(certificate()).toBe(first.certificate);
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'job', status: 'FAILED', reason: 'AccessDenied: refused by the test' }),
    );
  });

  it('takes up a job that came while it was away, reports, and answers a resend', { timeout: 60_000 }, async () => {
    const { cloud, config, certificate, first, arrived } = await provisionedAgent(HOURS, {}, { exitWhenDone: false });
    cloud.addJob(THING, 'job-1', ROTATE);
    const agent = start(config);
    await agent.done();
    await happened(() => cloud.jobs[0]!.status === 'SUCCEEDED');
    expect(certificate()).not.toBe(first.certificate);
    const before = countMinutes(arrived());
    await happened(() =>
      cloud.command(THING, {
        v: 1,
        command: 'resend',
        id: 'c1',
        from: '2018-01-23T10:00Z',
        until: '2018-01-23T12:30Z',
      }),
    );
    await happened(() => cloud.shadows.some(({ reported }) => JSON.stringify(reported.answered).includes('"c1"')));
    await agent.end();
    expect(countMinutes(arrived())).toBe(before + 150);
    for (const { thing, reported } of cloud.shadows) {
      expect(thing).toBe(THING);
      agentReport.parse(reported);
    }
    expect(cloud.shadows.at(-1)!.reported).toMatchObject({
      waiting: null,
      keptFrom: '2018-01-23T07:00Z',
      answered: [{ command: 'c1', minutes: 150 }],
    });
  });
});
