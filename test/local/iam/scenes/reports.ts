import { join } from 'node:path';
import { expect } from 'vitest';
import { quarterName } from '#core/report/names';
import { eventually } from '../../eventually.ts';
import { signedIn } from '../api-client.ts';
import { FACILITY, QUARTER, type Stage } from '../stage.ts';

/**
 * One report is made for each of those who may have one made: operator, API and schedule. Before the second and the
 * third the record of the earlier ones is lost, as with a database that was set back: their executions are still known,
 * and have to be looked at.
 */
export const reports = async (stage: Stage): Promise<void> => {
  const { database, dataDir, ew, invoke } = stage;
  const quarter = quarterName(QUARTER);
  const archived = (revision: number) =>
    eventually(async () => {
      const rows = await database.execute('select state, failure from report where revision = :revision', { revision });
      const [state, failure] = rows[0] ?? [];
      if (state === 'failed') throw new Error(`report r${revision} failed: ${failure}`);
      return state === 'archived';
    });
  const forget = () => database.execute('delete from report');

  await ew('report', 'start', FACILITY, quarter, '--wait');
  await ew('report', 'list');
  await ew('report', 'show', FACILITY, quarter);
  await ew('report', 'download', FACILITY, quarter, '--output', join(dataDir, 'report.html'));
  const engineer = await signedIn(stage, 'engineer');
  const link = await engineer('GET', `/reports/${FACILITY}/${QUARTER.year}/${QUARTER.quarter}/1/download`);
  expect((await fetch(String(link.url))).status).toBe(200);

  await forget();
  await engineer('POST', '/reports', { facility: FACILITY, ...QUARTER, why: 'a test' });
  await archived(2);

  await forget();
  expect(await invoke('start-reports')).toBeUndefined();
  await archived(3);
};
