import { expect } from 'vitest';
import { openDeployment } from '#cli/deployment';
import { recoveryOf } from '#cli/recovery/ask-function';
import { FACILITY, type Stage } from '../stage.ts';

/** People put back what failed, and do something that fails itself. */
export const recovery = async ({ cloud, dataDir, ew, refuseWrites }: Stage): Promise<void> => {
  await refuseWrites('facility', () => ew('facility', 'add', 'F002').catch(() => undefined));
  await ew('redrive');
  // What somebody else puts back at the same time is gone.
  const ask = recoveryOf(await openDeployment({ local: true, dataDir }), new AbortController().signal);
  const gone = [`iot-failed/${FACILITY}/1700000000000-gone`];
  expect(await ask({ from: 'failed', keys: gone, dryRun: false })).toMatchObject({ gone });
  await cloud.settled();
  const { text } = await ew('quarantine', 'list', '--json');
  const [record] = (JSON.parse(text) as { readonly records: readonly { readonly recordId: string }[] }).records;
  await ew('quarantine', 'show', record!.recordId);
  await ew('quarantine', 'reprocess', record!.recordId, '--why', 'a test');
  await cloud.settled();
};
