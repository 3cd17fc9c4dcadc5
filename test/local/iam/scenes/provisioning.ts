import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EdgeDevice, provisionedDevice } from '../edge-device.ts';
import { FACILITY, PLAN, SERIAL, type Stage, THING } from '../stage.ts';

/** A facility with its plan, and a device that gets its certificate. */
export const provisioning = async ({ cloud, dataDir, ew }: Stage): Promise<EdgeDevice> => {
  const planFile = join(dataDir, 'plan.json');
  writeFileSync(planFile, JSON.stringify(PLAN));
  await ew('facility', 'add', FACILITY, '--utc-offset', String(PLAN.utcOffsetMinutes));
  await ew('plan', 'apply', planFile);
  const claimFolder = join(dataDir, 'claim');
  await ew('device', 'claim', '--out', claimFolder);
  const spare = await ew('device', 'claim', '--out', join(dataDir, 'spare'), '--json');
  const { certificateId } = JSON.parse(spare.text) as { readonly certificateId: string };
  await ew('device', 'claims');
  await ew('device', 'claim-revoke', certificateId, '--why', 'a spare one');
  await ew('device', 'register', SERIAL, '--facility', FACILITY, '--thing', THING);
  const device = await provisionedDevice(cloud, join(dataDir, 'device'), {
    serialNumber: SERIAL,
    plan: PLAN,
    claim: { certificateFile: join(claimFolder, 'claim.pem'), keyFile: join(claimFolder, 'claim.key') },
  });
  await ew('device', 'list');
  await ew('device', 'list', '--facility', FACILITY);
  await ew('device', 'show', SERIAL);
  return device;
};
