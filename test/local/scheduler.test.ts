import { describe, expect, it } from 'vitest';
import { openGuard } from '../../local/services/iam/guard.ts';
import { clockOf, cronTest } from '../../local/services/scheduler/cron.ts';
import { rateOf, startScheduler } from '../../local/services/scheduler.ts';
import { startDeadLetterQueues } from '../../local/services/sqs.ts';
import { temporaryFolder } from './temporary.ts';

const anybody = openGuard.role('anybody');
const FIRED = { arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/s', roleArn: 'r' };
const queues = { send: async () => {} };

/** Does the expression hold at this moment, UTC? */
const holds = (expression: string, moment: string, timeZone = 'Etc/UTC') =>
  cronTest(expression)(clockOf(timeZone)(Date.parse(moment)));

describe('schedule expressions', () => {
  it('reads rates', () => {
    expect([
      rateOf('rate(1 minute)'),
      rateOf('rate(5 minutes)'),
      rateOf('rate(2 hours)'),
      rateOf('rate(1 day)'),
    ]).toEqual([60_000, 300_000, 7_200_000, 86_400_000]);
    expect(rateOf('rate(0 minutes)')).toBeUndefined();
    expect(rateOf('rate(5 seconds)')).toBeUndefined();
  });

  it.each([
    ['cron(0 2 * * ? *)', '2026-01-24T02:00Z', true],
    ['cron(0 2 * * ? *)', '2026-01-24T02:01Z', false],
    ['cron(0/15 * * * ? *)', '2026-01-24T07:45Z', true],
    ['cron(0/15 * * * ? *)', '2026-01-24T07:50Z', false],
    ['cron(*/20 * * * ? *)', '2026-01-24T07:40Z', true],
    ['cron(30 8-17 ? * MON-FRI *)', '2026-01-23T17:30Z', true], // a Friday
    ['cron(30 8-17 ? * MON-FRI *)', '2026-01-24T17:30Z', false], // a Saturday
    ['cron(0 0 1,15 JAN,APR ? 2026)', '2026-04-15T00:00Z', true],
    ['cron(0 0 1,15 JAN,APR ? 2026)', '2027-04-15T00:00Z', false],
  ])('%s at %s: %s', (expression, moment, expected) => {
    expect(holds(expression, moment)).toBe(expected);
  });

  it('reads the clock of the schedule’s time zone', () => {
    // 02:00 in Boise (UTC-7 in winter)
    expect(holds('cron(0 2 * * ? *)', '2026-01-24T09:00Z', 'America/Boise')).toBe(true);
  });

  it.each([
    'cron(0 2 * * ?)',
    'cron(0 2 L * ? *)',
    'cron(60 2 * * ? *)',
    'cron(0 0 ? * 6#3 *)',
    'at(2026-01-01T00:00:00)',
  ])('refuses %s', (expression) => {
    const schedule = { ...FIRED, name: 's', expression, timeZone: 'Etc/UTC', enabled: true, target: 't', input: '{}' };
    const lambda = { invoke: async () => ({ outcome: 'throttled' as const, requestId: 'r' }) };
    expect(() =>
      startScheduler({ guard: openGuard, queues, schedules: [schedule], lambda, invokeLater: () => {} }),
    ).toThrow(/^schedule /);
  });
});

describe('a schedule that is run now', () => {
  const schedule = {
    ...FIRED,
    name: 'close',
    expression: 'rate(1 hour)',
    timeZone: 'Etc/UTC',
    enabled: true,
    target: 'f',
    input: '{"a":1}',
  };

  it('waits for an invocation that is under way, then for its own', async () => {
    const events: string[] = [];
    let busy = 2;
    const scheduler = startScheduler({
      guard: openGuard,
      queues,
      schedules: [schedule],
      lambda: {
        invoke: async (target, event) => {
          if (busy-- > 0) return { outcome: 'throttled', requestId: 'r' };
          events.push(`${target} ${event}`);
          return { outcome: 'returned', text: 'null', requestId: 'r' };
        },
      },
      invokeLater: () => {},
    });
    await scheduler.runNow('close');
    scheduler.stop();
    expect(events).toEqual(['f {"a":1}']);
  });

  it('throws what its function threw', async () => {
    const fault = { errorType: 'AggregateError', errorMessage: '2 facilities were not recomputed' };
    const scheduler = startScheduler({
      guard: openGuard,
      queues,
      schedules: [schedule],
      lambda: { invoke: async () => ({ outcome: 'failed', fault, requestId: 'r' }) },
      invokeLater: () => {},
    });
    await expect(scheduler.runNow('close')).rejects.toThrow(/close.*AggregateError: 2 facilities were not recomputed/);
    await expect(scheduler.runNow('other')).rejects.toThrow('no schedule other: there are close');
    scheduler.stop();
  });
});

describe('dead-letter queues', () => {
  it('keep their messages over a restart, until their retention ends', async () => {
    let now = 1_000_000_000_000;
    const options = {
      guard: openGuard,
      dataDir: temporaryFolder(),
      queues: [{ name: 'missed', arn: 'q', retentionSeconds: 100 }],
      now: () => now,
    };
    const queues = await startDeadLetterQueues(options);
    await queues.send('q', { body: 'old' }, anybody);
    now += 60_000;
    await queues.send('q', { body: 'young' }, anybody);
    now += 60_000;
    const again = await startDeadLetterQueues(options);
    expect((await again.messages('q')).map(({ body }) => body)).toEqual(['young']);
    await expect(async () => again.send('other', { body: 'x' }, anybody)).rejects.toThrow('no queue other');
  });
});
