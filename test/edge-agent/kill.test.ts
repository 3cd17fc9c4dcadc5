import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { decode } from '../../edge-agent/message/encode.ts';
import { seeded } from '../../edge-agent/random.ts';
import { startAgentProcess } from './agent-process.ts';
import { minuteSet } from './fakes.ts';
import { provisionedAgent, THING } from './provisioned-agent.ts';

/** A few here; `KILLS=200 SEED=7 vitest run test/edge-agent/kill.test.ts` for many. */
const KILLS = Number(process.env.KILLS ?? 10);
const SEED = Number(process.env.SEED ?? 20_180_123);
const HOURS = Array.from({ length: 12 * KILLS }, (_, i) => ({
  date: new Date(Date.UTC(2018, 0, 1 + Math.floor(i / 24))).toISOString().replace(/^(....)-(..)-(..).*/, '$2-$3-$1'),
  hour: i % 24,
  time: i % 24 < 5 ? '0' : '1',
}));
const MINUTES = 60 * HOURS.length;
const resend = (id: string) => ({
  v: 1,
  command: 'resend',
  id,
  from: '2018-01-02T00:00Z',
  until: '2018-01-02T03:00Z',
});
const ROTATE = { v: 1, operation: 'rotate-certificate' };

describe('an agent that is killed at any moment', () => {
  it(`has sent the same minutes in the end, and has a certificate that connects (${KILLS} times, seed ${SEED})`, {
    timeout: 60_000 + 5000 * KILLS,
  }, async () => {
    const random = seeded(SEED);
    const acknowledged: Buffer[] = [];
    const { cloud, config, certificate } = await provisionedAgent(
      HOURS,
      {
        // Some answers come, some are lost with the connection, some never come.
        answer: ({ payload }) => {
          const chance = random();
          if (chance < 0.005) return 'cut';
          if (chance < 0.05) return 0x97;
          acknowledged.push(payload);
          return 0;
        },
      },
      { source: { kind: 'replay', files: ['hours.csv'], speed: 1200 } },
    );
    for (let kill = 0; kill < KILLS; kill++) {
      cloud.addJob(THING, `job-${kill}`, ROTATE);
      const agent = startAgentProcess(['--config', config]);
      await Promise.race([sleep(250 + 750 * random()), agent.ended]);
      cloud.command(THING, resend(`c${kill}`));
      await Promise.race([sleep(1000 * random()), agent.ended]);
      agent.child.kill('SIGKILL');
      await agent.ended;
    }
    const { code, errors, events } = await startAgentProcess(['--config', config]).ended;
    expect([errors, code]).toEqual(['', 0]);
    expect(events.at(-1)).toMatchObject({
      event: 'done',
      producedMinutes: MINUTES + 1,
      acknowledgedMinutes: MINUTES + 1,
    });
    expect(cloud.isInForce(certificate())).toBe(true);
    expect(cloud.jobs.filter(({ status }) => status === 'FAILED' || status === 'REJECTED')).toEqual([]);

    const undisturbed = await provisionedAgent(HOURS);
    expect((await startAgentProcess(['--config', undisturbed.config]).ended).code).toBe(0);
    const minutes = minuteSet(acknowledged.map((payload) => decode(payload)));
    expect(minutes).toEqual(minuteSet(undisturbed.arrived()));
    expect(minutes).toHaveLength(MINUTES);
  });
});
