import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { plannedIn } from '../../cli/preflight/planned.ts';

const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-synth-'));
afterAll(() => rmSync(folder, { recursive: true }));

// The other tests synthesise in their own process; this one does it as `npm run deploy` does, bundles and all.
it('npx cdk synth makes all stacks, reviewed, without an account and without a network', async () => {
  const args = ['synth', '--quiet', '--output', folder, '-c', 'profile=medium', '-c', 'timeSeriesStore=timestream'];
  await promisify(execFile)(process.execPath, ['node_modules/aws-cdk/bin/cdk', ...args], {
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' },
  });
  const { stacks, streams } = plannedIn(folder);
  expect(stacks).toEqual([
    'EmissionWatch-TimeSeries',
    'EmissionWatch-Storage',
    'EmissionWatch-Ingest',
    'EmissionWatch-Processing',
    'EmissionWatch-Reporting',
    'EmissionWatch-Api',
    'EmissionWatch-Observability',
  ]);
  expect(streams.map(({ shards }) => shards)).toEqual([1, 1, 1]);
}, 120_000);
