import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type TestDeployment, testDeployment } from './test-deployment.ts';

// Each command is a process of its own, and a busy machine takes its time to start one.
vi.setConfig({ testTimeout: 120_000 });

let deployment: TestDeployment;
beforeAll(async () => {
  deployment = await testDeployment();
});
afterAll(() => deployment.stop());

const JANE = 'jane@plant.example';
const trail = async () =>
  (await deployment.json('audit', 'list', '--subject', JANE)).entries as Record<string, unknown>[];

it('add gives a person one group and their facilities, on record before and after', async () => {
  const jane = { email: JANE, group: 'engineer', facilities: ['7953', '880'], enabled: true };
  expect(
    await deployment.json('user', 'add', 'Jane@Plant.example', '--group', 'engineer', '--facilities', '7953,880'),
  ).toEqual(jane);
  expect(await deployment.json('user', 'list')).toEqual({ users: [{ ...jane, state: 'has not signed in yet' }] });
  expect(await trail()).toMatchObject([
    { action: 'user add', outcome: 'done', before: null, after: jane },
    { action: 'user add', outcome: 'begun', after: null },
  ]);
});

it('add refuses somebody who is there, and what is no address, group or facility', async () => {
  const { code, stderr } = await deployment.ew('user', 'add', JANE, '--group', 'viewer', '--facilities', '*');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('there is a user jane@plant.example already'),
  });
  for (const args of [
    ['jane', '--group', 'viewer', '--facilities', '*'],
    ['a@b.example', '--group', 'owner', '--facilities', '*'],
    ['a@b.example', '--group', 'viewer', '--facilities', '7953,a b'],
    ['a@b.example', '--group', 'viewer'],
  ])
    expect([args, (await deployment.ew('user', 'add', ...args)).code]).toEqual([args, 2]);
});

it('groups changes group and facilities, and leaves one group only', async () => {
  expect(await deployment.json('user', 'groups', JANE, '--group', 'admin', '--why', 'leads')).toMatchObject({
    group: 'admin',
    facilities: ['7953', '880'],
  });
  expect(
    await deployment.json('user', 'groups', JANE, '--group', 'viewer', '--facilities', '*', '--why', 'left'),
  ).toEqual({
    email: JANE,
    group: 'viewer',
    facilities: ['*'],
    enabled: true,
  });
  expect((await trail())[0]).toMatchObject({
    action: 'user groups',
    why: 'left',
    before: { group: 'admin', facilities: ['7953', '880'] },
    after: { group: 'viewer', facilities: ['*'] },
  });
  const { code, stderr } = await deployment.ew(
    'user',
    'groups',
    'nobody@plant.example',
    '--group',
    'admin',
    '--why',
    'w',
  );
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('there is no user nobody@plant.example'),
  });
});

it('disable ends the access of a person, once', async () => {
  expect(await deployment.json('user', 'disable', JANE, '--why', 'left the company')).toEqual({
    disabled: true,
    email: JANE,
  });
  expect(await deployment.json('user', 'disable', JANE, '--why', 'again')).toEqual({ disabled: false, email: JANE });
  expect(await deployment.json('user', 'list')).toMatchObject({ users: [{ enabled: false, state: 'disabled' }] });
  expect((await trail())[0]).toMatchObject({ action: 'user disable', after: { enabled: false } });
});

it('enable gives them back what they had, once', async () => {
  expect(await deployment.json('user', 'enable', JANE, '--why', 'is back')).toEqual({ enabled: true, email: JANE });
  expect(await deployment.json('user', 'enable', JANE, '--why', 'again')).toEqual({ enabled: false, email: JANE });
  expect(await deployment.json('user', 'list')).toMatchObject({
    users: [{ enabled: true, group: 'viewer', facilities: ['*'] }],
  });
  expect((await trail())[0]).toMatchObject({
    action: 'user enable',
    why: 'is back',
    before: { enabled: false },
    after: { enabled: true },
  });
});
