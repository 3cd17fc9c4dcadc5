import { join } from 'node:path';
import { eventually } from '../../eventually.ts';
import { DAY, FACILITY, SERIAL, type Stage } from '../stage.ts';

/** Minutes are missing and asked for; none are, and that is certified; a certificate of the device is replaced. */
export const continuity = async ({ database, dataDir, ew }: Stage): Promise<void> => {
  await eventually(async () => {
    const [row] = await database.execute(
      `select count(*) from minute where minute > extract(epoch from now()) / 60 - 30`,
    );
    return Number(row![0]) >= 15;
  });
  await database.execute(`delete from minute where minute > extract(epoch from now()) / 60 - 30`);
  await ew('data', 'verify-continuity', '--range', 'last-30m', '--facility', FACILITY, '--resend');
  const certificate = join(dataDir, 'certificate.json');
  const range = `${DAY}T00:00Z..${DAY}T02:00Z`;
  await ew('data', 'verify-continuity', '--range', range, '--facility', FACILITY, '--certificate', certificate);
  await ew('evidence', 'public-key');
  await ew('evidence', 'verify', certificate);
  await ew('device', 'rotate', SERIAL, '--wait', '1');
  await ew('audit', 'verify');
};
