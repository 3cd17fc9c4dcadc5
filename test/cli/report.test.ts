import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { applyPlan } from '#adapters/data-api-plans';
import { quarterlyReport } from '#core/contracts/quarterly-report';
import { hourOfText } from '#core/time';
import { FIRST, running } from '../core/report/hours.ts';
import { planOf, turbineVersion } from '../core/sample-plan.ts';
import { type TestDeployment, testDeployment } from './test-deployment.ts';

// Each command is a process of its own, and a busy machine takes its time to start one.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let deployment: TestDeployment;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'emissionwatch-report-'));
  deployment = await testDeployment();
  const owner = deployment.database.as('owner');
  const sources = [{ source: 'CT1', versions: [turbineVersion()] }];
  await applyPlan(owner, {
    ...planOf([turbineVersion()]),
    facility: '7953',
    orisCode: 7953,
    utcOffsetMinutes: -420,
    sources,
  });
  for (const document of [running(FIRST), running(FIRST + 1)])
    await owner.execute(
      `insert into hour (hour, source_id, operating_time, document, look_back)
      select :hour, source_id, 1, cast(:document as jsonb), '{}' from source`,
      { hour: hourOfText(document.hour), document: JSON.stringify(document) },
    );
});
afterAll(async () => {
  await deployment.stop();
  rmSync(folder, { recursive: true, force: true });
});

const refusal = async (...args: string[]) => {
  const { code, stderr } = await deployment.ew('report', ...args);
  return `${code} ${stderr.replaceAll(/\s+/g, ' ')}`;
};

describe('report', () => {
  it('start has a report made, waits for it, and is on record with who and why', async () => {
    const why = ['--why', 'hours of March corrected'];
    const made = await deployment.json('report', 'start', '7953', '2018-Q1', '--wait', ...why);
    expect(made).toMatchObject({ facility: '7953', year: 2018, quarter: 1, revision: 1, state: 'archived' });
    expect(made.startedBy).toMatch(/^local operator /);
    const days = (Date.parse(made.retainedUntil as string) - Date.parse(made.startedAt as string)) / 86_400_000;
    expect(Math.round(days)).toBe(2557);
    const { entries } = await deployment.json('audit', 'list', '--subject', '7953 2018-Q1');
    expect(entries).toMatchObject([
      {
        action: 'report start',
        outcome: 'done',
        why: 'hours of March corrected',
        after: { revision: 1, started: true },
      },
      { action: 'report start', outcome: 'begun' },
    ]);
  });

  it('download writes the file that was archived, and holds it against its checksum', async () => {
    const file = join(folder, 'report.json');
    const given = await deployment.json('report', 'download', '7953', '2018-Q1', '--format', 'json', '--output', file);
    const bytes = readFileSync(file);
    expect(given).toMatchObject({ file, bytes: bytes.length, revision: 1 });
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(given.sha256);
    // Two hours of 100 mmBtu.
    const { summaryValueData } = quarterlyReport.parse(JSON.parse(bytes.toString()));
    expect(summaryValueData.find(({ parameterCode }) => parameterCode === 'HIT')?.currentReportingPeriodTotal).toBe(
      200,
    );
    const page = join(folder, 'report.html');
    const { code, stdout } = await deployment.ew('report', 'download', '7953', '2018-Q1', '--output', page);
    expect([code, stdout]).toEqual([0, `${page}\n`]);
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('made again is a new revision, and the earlier one stays', async () => {
    expect(await deployment.json('report', 'start', '7953', '2018-Q1', '--wait')).toMatchObject({ revision: 2 });
    const { reports } = await deployment.json('report', 'list', '--facility', '7953');
    expect(reports).toMatchObject([
      { revision: 2, state: 'archived' },
      { revision: 1, state: 'archived' },
    ]);
    expect(await deployment.json('report', 'show', '7953', '2018-Q1', '--revision', '1')).toMatchObject({
      revision: 1,
    });
    const { stdout } = await deployment.ew('report', 'list');
    expect(stdout).toMatch(/^FACILITY +QUARTER +REV +STATE\n7953 +2018-Q1 +2 +archived +started /);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('says why there is none', async () => {
    const { reports: before } = await deployment.json('report', 'list');
    expect(await refusal('start', '7953', '2018-Q2', '--wait')).toMatch(
      /^1 .*no hour of 7953 2018-Q2 is stored: a report needs at least one/,
    );
    expect(await refusal('start', '7953', '2099-Q4')).toMatch(
      /^1 .*2099-Q4 has not begun at facility 7953: its first day is 2099-10-01/,
    );
    // Nothing was started for them.
    expect((await deployment.json('report', 'list')).reports).toEqual(before);
    expect(await refusal('show', '7953', '2018-Q3')).toMatch(/^1 .*there is no report 7953 2018-Q3; `ew report list`/);
    expect(await refusal('download', '7953', '2018-Q2')).toMatch(/^1 .*there is no report 7953 2018-Q2/);
    expect(await refusal('start', 'NONE', '2018-Q1')).toMatch(/^1 .*there is no facility NONE; `ew facility list`/);
    expect(await refusal('start', '7953', '2018-5')).toMatch(/^2 .*expected a quarter such as 2018-Q1/);
  });
});
