import { expect } from 'vitest';
import { titleOf } from '../../../../local/services/lambda/definition.ts';
import { functionsOf } from '../../../../local/template/functions.ts';
import { loadTemplates } from '../../../../local/template/templates.ts';
import { signedIn } from '../api-client.ts';
import { FACILITY, type Stage } from '../stage.ts';

const JANE = 'jane@plant.example';

/** Who may come in, and what they find: console, API, and what is open to everybody. */
export const people = async (stage: Stage): Promise<void> => {
  const { assembly, cloud, ew, putObject, refuseWrites } = stage;
  await ew('user', 'add', JANE, '--group', 'viewer', '--facilities', FACILITY);
  await ew('user', 'groups', JANE, '--group', 'engineer', '--facilities', '*', '--why', 'a test');
  await ew('user', 'disable', JANE, '--why', 'a test');
  await ew('user', 'enable', JANE, '--why', 'a test');
  await ew('user', 'list');

  for (const path of ['/', '/openapi.json', '/health'])
    expect([path, (await fetch(new URL(path, cloud.endpoints.console))).status]).toEqual([path, 200]);
  const engineer = await signedIn(stage, 'engineer');
  await engineer('GET', '/me');
  await engineer('GET', '/pipeline');
  const path = `/facilities/${FACILITY}/alarm-settings`;
  const settings = await engineer('GET', path);
  const change = { settings: { ...settings, headroomHours: 5 }, why: 'a test' };
  await refuseWrites('alarm_setting', () => engineer('PUT', path, change, 500));
  await engineer('PUT', path, change);

  // The next console is published without this file, which then has to go.
  const publisher = functionsOf(loadTemplates(assembly)).find((fn) => titleOf(fn) === 'publish-console')!;
  await putObject(publisher.environment.CONSOLE_BUCKET!, 'console/app-0123456789.js', 'of the one before');
};
