import { expect } from 'vitest';
import { eventually } from '../../eventually.ts';
import { FACILITY, type Stage } from '../stage.ts';

/** Alarms of the plant that people are told of, that nobody answers, and that cannot be written down; and one of the system. */
export const alarms = async ({ cloud, database, ew, invoke, minutePasses, refuseWrites }: Stage): Promise<void> => {
  await ew('alarm', 'settings', FACILITY, '--data-stopped-minutes', '30', '--why', 'a test');
  await ew('alarm', 'subscribe', '--email', 'shift@plant.example');
  await ew('alarm', 'subscribe', '--email', 'second-line@plant.example', '--escalations');
  await ew('alarm', 'test');

  // No data for hours.
  await cloud.settled();
  await database.execute(`update facility_clock set arrived_at = now() - interval '5 hours'`);
  await refuseWrites('alarm', async () => {
    await database.execute('delete from alarm');
    expect(await invoke('raise-alarms')).toContain('refused by a test');
  });
  expect(await invoke('raise-alarms')).toBeUndefined();
  await database.execute(`update alarm set raised_at = now() - interval '5 hours'`);
  expect(await invoke('raise-alarms')).toBeUndefined();
  const { text } = await ew('alarm', 'list', '--json');
  const [alarm] = (JSON.parse(text) as { readonly alarms: readonly { readonly id: number }[] }).alarms;
  await ew('alarm', 'acknowledge', String(alarm!.id), '--why', 'a test');

  // A message was quarantined some time ago, and whoever is on call is told.
  await eventually(async () => {
    await minutePasses();
    return cloud.notices().some(({ topicArn }) => topicArn.includes('Operations'));
  });
};
