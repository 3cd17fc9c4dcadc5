import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { applyPlan } from '#adapters/data-api-plans';
import { planOf, turbineVersion } from '../core/sample-plan.ts';
import { type TestDeployment, testDeployment } from './test-deployment.ts';

// Each command is a process of its own, and a busy machine takes its time to start one.
vi.setConfig({ testTimeout: 120_000 });

let deployment: TestDeployment;
beforeAll(async () => {
  deployment = await testDeployment();
  const owner = deployment.database.as('owner');
  await applyPlan(owner, planOf([turbineVersion()]));
  for (const subject of ['NOX-4H', 'SO2-4H'])
    await owner.execute(
      `insert into alarm (facility, source, kind, subject, text, minute)
      values ('PLANT', 'U1', 'limit-warning', :subject, 'Source U1 has reached 80 % of its limit.', 29460900)`,
      { subject },
    );
});
afterAll(() => deployment.stop());

const alarm = (...args: string[]) => deployment.json('alarm', ...args);
const refused = async (...args: string[]) => {
  const { code, stderr } = await deployment.ew('alarm', ...args);
  return { code, stderr: stderr.replaceAll('\n', ' ') };
};
const entries = async (subject: string) =>
  (await deployment.json('audit', 'list', '--subject', subject)).entries as Record<string, unknown>[];

describe('alarm', () => {
  it('list shows open alarms in 80 columns, the newest first', async () => {
    const { alarms } = await alarm('list');
    expect(alarms).toMatchObject([{ id: 2, subject: 'SO2-4H', facility: 'PLANT' }, { id: 1 }]);
    const { stdout } = await deployment.ew('alarm', 'list', '--facility', 'PLANT');
    expect(stdout).toContain('share of the limit reached: Source U1 has');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('acknowledge is on record with who and why, and the first to do it stays', async () => {
    expect(await alarm('acknowledge', '1', '--why', 'load is being reduced')).toMatchObject({ acknowledged: true });
    expect(await alarm('acknowledge', '1', '--why', 'me too')).toMatchObject({ acknowledged: false });
    expect(await entries('PLANT alarm 1')).toMatchObject([
      { action: 'alarm acknowledge', why: 'load is being reduced', before: { acknowledgedBy: null } },
    ]);
    expect(await refused('acknowledge', '99', '--why', 'w')).toEqual({
      code: 1,
      stderr: expect.stringContaining('there is no alarm 99'),
    });
  });

  it('settings shows what holds, and changes what is named with a record of before and after', async () => {
    expect((await alarm('settings', 'PLANT')).settings).toMatchObject({ warningShares: [0.8, 0.9], headroomHours: 3 });
    const changed = ['--warning-shares', '0.9,0.7', '--escalate-after-minutes', 'none'];
    expect(await alarm('settings', 'PLANT', ...changed, '--why', 'new shift plan')).toMatchObject({
      changed: true,
      settings: { warningShares: [0.7, 0.9], escalateAfterMinutes: null, headroomHours: 3 },
    });
    expect(await alarm('settings', 'PLANT', ...changed)).toMatchObject({ changed: false });
    expect(await entries('PLANT')).toMatchObject([
      {
        action: 'alarm-settings change',
        why: 'new shift plan',
        before: { warningShares: ['0.8', '0.9'] },
        after: { warningShares: ['0.7', '0.9'] },
      },
    ]);
    expect(await refused('settings', 'PLANT', '--data-stopped-minutes', '0')).toMatchObject({ code: 1 });
    expect(await refused('settings', 'PLANT', '--warning-shares', '1.5')).toMatchObject({ code: 2 });
    expect((await refused('settings', 'NONE')).stderr).toContain('there is no facility NONE');
  });

  it('subscribe has an address told, and test shows that it is', async () => {
    expect(await alarm('subscribe', '--email', 'shift@plant.example')).toMatchObject({ protocol: 'email' });
    expect(await refused('subscribe')).toEqual({ code: 2, stderr: expect.stringContaining('either --email or') });
    expect(await refused('subscribe', '--webhook', 'nowhere')).toEqual({
      code: 1,
      stderr: expect.stringContaining('nowhere cannot be subscribed'),
    });
    const before = deployment.published().length;
    expect(await alarm('test', '--why', 'new shift')).toMatchObject({ waiting: 0 });
    const published = deployment.published().slice(before);
    expect(published.map(({ subject, attributes }) => [subject, attributes?.facility])).toContainEqual([
      '[information] EmissionWatch: test of the notices',
      'all',
    ]);
    expect(published.map(({ message }) => message).join()).toContain('asked for by local operator');
    const log = readFileSync(join(deployment.dataDir, 'notices.log'), 'utf8');
    expect(log).toContain('"endpoint":"shift@plant.example"');
    expect(await entries('notices')).toMatchObject([{ action: 'alarm test', outcome: 'done' }, { outcome: 'begun' }]);
  });
});
