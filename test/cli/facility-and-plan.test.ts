import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dataApiPlans } from '#adapters/data-api-plans';
import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import { channel, planOf, turbineVersion } from '../core/sample-plan.ts';
import { type TestDeployment, testDeployment } from './test-deployment.ts';

// Each command is a process of its own, and a busy machine takes its time to start one.
vi.setConfig({ testTimeout: 120_000 });

let deployment: TestDeployment;
beforeAll(async () => {
  deployment = await testDeployment();
});
afterAll(() => deployment.stop());

const file = (plan: unknown): string => {
  const name = join(deployment.dataDir, 'plan.json');
  writeFileSync(name, JSON.stringify(plan));
  return name;
};
const newest = async () => {
  const { entries } = await deployment.json('audit', 'list', '--limit', '1');
  return (entries as Record<string, unknown>[])[0];
};
const changes = async (plan: MonitoringPlan, ...options: string[]) =>
  (await deployment.json('plan', 'apply', file(plan), ...options)) as {
    applied: boolean;
    revision: number | null;
    changes: string[];
    kept: string[];
  };

describe('facility', () => {
  it('add makes a facility known to the functions, with no sources, and leaves an audit entry', async () => {
    const { code, stdout } = await deployment.ew('facility', 'add', 'F1', '--title', 'First', '--utc-offset', '-420');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('facility F1 added') });
    const planned = await dataApiPlans(deployment.database.as('validate_measurements')).planOf('F1');
    expect(planned).toEqual({
      plan: { v: 1, facility: 'F1', orisCode: null, name: 'First', utcOffsetMinutes: -420, sources: [] },
      sourceIds: new Map(),
    });
    expect(await newest()).toMatchObject({
      who: expect.stringMatching(/^local operator /),
      action: 'facility add',
      subject: 'F1',
      outcome: 'done',
      before: null,
      after: { facility: 'F1', name: 'First' },
    });
  });

  it('add refuses a name that is taken, and records nothing', async () => {
    const before = await newest();
    const { code, stderr } = await deployment.ew('facility', 'add', 'F1');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('there is a facility F1 already') });
    expect(await newest()).toEqual(before);
  });

  it('add refuses a title with control characters', async () => {
    const { code, stderr } = await deployment.ew('facility', 'add', 'F2', '--title', 'red \u001b[31m');
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('none of them a control character') });
  });

  it('list shows every facility, also as JSON', async () => {
    const { stdout } = await deployment.ew('facility', 'list');
    expect(stdout).toMatch(/^FACILITY {2}SOURCES {2}LAST HEARD {2}NAME\nF1 {8}0 {8}never {7}First\n$/);
    expect(await deployment.json('facility', 'list')).toEqual({
      facilities: [
        {
          facility: 'F1',
          orisCode: null,
          name: 'First',
          utcOffsetMinutes: -420,
          sources: 0,
          planRevision: 1,
          lastHeard: null,
        },
      ],
    });
  });
});

describe('plan', () => {
  const first = planOf([turbineVersion()]);

  it('check names every defect and ends with 1, without a deployment', async () => {
    const limit = { ...turbineVersion().limits[0]!, parameter: 'so2MassRate' as const };
    const bad = planOf([turbineVersion({ fuel: { fuel: 'PNG' }, limits: [limit], formulas: [] })], [turbineVersion()]);
    const { code, stdout } = await deployment.ew(
      'plan',
      'check',
      file({ ...bad, sources: [...bad.sources, bad.sources[0]] }),
    );
    expect(code).toBe(1);
    expect(stdout).toContain('a source is named twice');
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('limit NOX-4H is on so2MassRate, for which there is no formula');
    const broken = await deployment.json('plan', 'check', file({ ...first, name: '', sources: [] }));
    expect(broken).toMatchObject({
      sound: false,
      defects: [expect.stringMatching(/^at name: /), expect.stringMatching(/^at sources: /)],
    });
    expect((await deployment.ew('plan', 'check', file(first))).code).toBe(0);
  });

  it('check finds what the database could not take: control and half characters, and a source that is too large', async () => {
    for (const name of ['nul \0', 'escape \u001b[31m', 'half \ud83c'])
      expect(await deployment.json('plan', 'check', file({ ...first, name }))).toMatchObject({
        sound: false,
        defects: [expect.stringMatching(/^at name: expected text without control characters/)],
      });
    const versions = Array.from({ length: 60 }, (_, i) =>
      turbineVersion({ effectiveFrom: `${1990 + i}-01-01T00:00Z` }),
    );
    expect(await deployment.json('plan', 'check', file(planOf(versions)))).toMatchObject({
      sound: false,
      defects: [expect.stringMatching(/^source U1: \d+ bytes as JSON, at most 50000 can be stored$/)],
    });
  });

  it('apply shows what would change with --dry-run, and changes nothing', async () => {
    expect(await changes(first, '--dry-run')).toMatchObject({
      applied: false,
      revision: null,
      changes: expect.any(Array),
    });
    expect((await deployment.ew('plan', 'show', 'PLANT')).code).toBe(1);
  });

  it('apply puts a plan in force for the functions, and says so in the audit trail', async () => {
    expect(await changes(first, '--why', 'start-up')).toEqual({
      facility: 'PLANT',
      applied: true,
      revision: 1,
      changes: ['facility PLANT: new, Plant of the tests', 'source U1: new, 3 channels in 1 version'],
      kept: [],
    });
    expect(await deployment.json('plan', 'show', 'PLANT')).toEqual(first);
    expect(await newest()).toMatchObject({ action: 'plan apply', subject: 'PLANT', why: 'start-up', before: null });
  });

  it('apply says what changes, and keeps the plan that was replaced', async () => {
    const limits = turbineVersion().limits.map((limit) => ({ ...limit, operatingHours: 24 }));
    const second = {
      ...planOf([turbineVersion({ limits }), turbineVersion({ effectiveFrom: '2026-01-01T00:00Z' })]),
      name: 'Plant, renamed',
    };
    expect(await changes(second)).toMatchObject({
      revision: 2,
      changes: [
        'name: "Plant of the tests" becomes "Plant, renamed"',
        'source U1: the version from 2017-01-01T00:00Z has other limits',
        'source U1: a version from 2026-01-01T00:00Z is added',
      ],
    });
    const kept = await deployment.database
      .as('operator')
      .execute(
        "select source, replaced_by, plan ->> 'name' from replaced_plan where facility = 'PLANT' order by source",
      );
    expect(kept).toEqual([
      ['U1', 2, null],
      [null, 2, 'Plant of the tests'],
    ]);
    const { before, after } = (await newest()) as { before: { sha256: string }; after: { sha256: string } };
    expect(before).toEqual({ revision: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(after.sha256).not.toBe(before.sha256);
  });

  it('apply of the plan that is in force changes nothing and records nothing', async () => {
    const before = await newest();
    const current = (await deployment.json('plan', 'show', 'PLANT')) as unknown as MonitoringPlan;
    expect(await changes(current)).toMatchObject({ applied: false, changes: [] });
    expect(await newest()).toEqual(before);
  });

  it('apply keeps the sources that the file does not name', async () => {
    const third = planOf([turbineVersion()]);
    const other = { ...third, sources: [{ ...third.sources[0]!, source: 'U9' }] };
    expect(await changes(other)).toMatchObject({ applied: true, kept: ['U1'] });
    const { sources } = (await deployment.json('plan', 'show', 'PLANT')) as unknown as MonitoringPlan;
    expect(sources.map(({ source }) => source)).toEqual(['U1', 'U9']);
  });

  it('apply refuses a plan that would give stored readings to another channel', async () => {
    const version = turbineVersion();
    const swapped = {
      ...version,
      channels: version.channels.map((each) => ({ ...each, position: 4 - each.position })),
    };
    const { code, stderr } = await deployment.ew('plan', 'apply', file(planOf([swapped])));
    expect(code).toBe(1);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain('position 3 of GAS belongs to O2, also in stored readings');
  });

  it('apply refuses another UTC offset once minutes are stored, unless that is accepted', async () => {
    const current = (await deployment.json('plan', 'show', 'PLANT')) as unknown as MonitoringPlan;
    const moved = { ...current, utcOffsetMinutes: current.utcOffsetMinutes + 60 };
    expect(await changes(moved, '--dry-run')).toMatchObject({ applied: false });
    await deployment.database
      .as('owner')
      .execute(`insert into facility_clock (facility, watermark, arrived_at) values ('PLANT', 1, now())`);
    const { code, stderr } = await deployment.ew('plan', 'apply', file(moved));
    expect(code).toBe(1);
    expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
      /utcOffsetMinutes of facility PLANT from -?\d+ to -?\d+, and minutes are stored: .* 60 minutes .*--accept-offset-change/,
    );
    expect(await changes(moved, '--accept-offset-change')).toMatchObject({ applied: true });
  });

  it('apply names each defect of a plan that no hour could be computed by', async () => {
    const channels = turbineVersion().channels.map((each) => channel(each.channel, each.position, { basis: 'wet' }));
    const { code, stderr } = await deployment.ew('plan', 'apply', file(planOf([turbineVersion({ channels })])));
    expect(code).toBe(1);
    expect(stderr).toMatch(/has 3 defects:\n- source U1/);
  });

  it('says what is wrong with a file that cannot be read', async () => {
    const { code, stderr } = await deployment.ew('plan', 'apply', join(deployment.dataDir, 'none.json'));
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('cannot read monitoring plan') });
  });
});
