import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { appendAudit } from '#adapters/data-api-audit';
import { applyPlan } from '#adapters/data-api-plans';
import { planOf, turbineVersion } from '../core/sample-plan.ts';
import { type TestDeployment, testDeployment } from './test-deployment.ts';

// Each command is a process of its own, and a busy machine takes its time to start one.
vi.setConfig({ testTimeout: 120_000 });

let deployment: TestDeployment;
beforeAll(async () => {
  deployment = await testDeployment();
  await applyPlan(deployment.database.as('owner'), planOf([turbineVersion()]));
});
afterAll(() => deployment.stop());

const RANGE = ['--from', '2026-04-01T07:00Z', '--until', '2026-04-03T07:00Z'];
const declare = (...args: string[]) =>
  deployment.json('outage', 'declare', '--facility', 'PLANT', '--why', 'shelter moved', ...RANGE, ...args);
const entries = async (...args: string[]) =>
  (await deployment.json('audit', 'list', ...args)).entries as Record<string, unknown>[];

describe('outage', () => {
  it('declare is on record with who, why and the range, and the same again is the same one', async () => {
    expect(await declare('--source', 'U1')).toMatchObject({
      declared: true,
      id: 1,
      source: 'U1',
      until: '2026-04-03T07:00Z',
    });
    expect(await declare('--source', 'U1')).toMatchObject({ declared: false, id: 1 });
    expect(await declare()).toMatchObject({ declared: true, id: 2, source: null });
    expect(await entries('--subject', 'PLANT')).toMatchObject([
      { action: 'outage declare', why: 'shelter moved', after: { outage: 2, source: null } },
      { action: 'outage declare', after: { outage: 1, from: '2026-04-01T07:00Z' } },
    ]);
  });

  it('declare refuses what does not exist', async () => {
    const { code, stderr } = await deployment.ew('outage', 'declare', '--facility', 'NONE', '--why', 'w', ...RANGE);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('there is no facility NONE') });
    const other = await deployment.ew(
      'outage',
      'declare',
      '--facility',
      'PLANT',
      '--source',
      'U7',
      '--why',
      'w',
      ...RANGE,
    );
    expect({ code: other.code, stderr: other.stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('facility PLANT has no source U7'),
    });
  });

  it('withdraw takes one out of the list and keeps it on record', async () => {
    expect(await deployment.json('outage', 'withdraw', '1', '--why', 'was back')).toEqual({ id: 1, withdrawn: true });
    expect(await deployment.json('outage', 'withdraw', '1', '--why', 'again')).toEqual({ id: 1, withdrawn: false });
    const ids = async (...args: string[]) =>
      ((await deployment.json('outage', 'list', ...args)).outages as { id: number }[]).map(({ id }) => id);
    expect(await ids()).toEqual([2]);
    expect(await ids('--withdrawn')).toEqual([2, 1]);
    const [entry, ...others] = await entries('--subject', '1');
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ action: 'outage withdraw', why: 'was back', before: { source: 'U1' }, after: null });
    const { code, stderr } = await deployment.ew('outage', 'withdraw', '99', '--why', 'w');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('there is no outage 99') });
  });

  it('list is a table that fits 80 columns', async () => {
    const { stdout } = await deployment.ew('outage', 'list');
    expect(stdout).toContain('ID  OUTAGE\n2   PLANT from 2026-04-01T07:00Z until 2026-04-03T07:00Z: shelter moved');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});

describe('the audit trail', () => {
  const verify = (...args: string[]) => deployment.json('audit', 'verify', ...args);
  const change = {
    who: 'jo',
    action: 'test',
    subject: 's',
    why: null,
    outcome: 'done',
    begun: null,
    before: null,
    after: null,
  } as const;

  it('is intact, names its last entry, and knows that entry again', async () => {
    const { intact, entries: count, last } = await verify();
    expect({ intact, count }).toEqual({ intact: true, count: 3 });
    await deployment.database.as('operator').transaction((execute) => appendAudit(execute, change));
    expect(await verify('--noted', last as string)).toMatchObject({ intact: true, entries: 4 });
    const { code, stdout } = await deployment.ew('audit', 'verify');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^4 entries, the chain is intact\nlast: 4:/),
    });
  });

  it('takes for a noted entry only one that can exist, and finds one gone that does not', async () => {
    const { code, stderr } = await deployment.ew('audit', 'verify', '--noted', `0:${'f'.repeat(64)}`);
    expect({ code, stderr: stderr.replaceAll('\n', ' ') }).toEqual({
      code: 2,
      stderr: expect.stringContaining('the first entry is 1'),
    });
    expect(await verify('--noted', `5:${'f'.repeat(64)}`)).toMatchObject({ intact: false, fault: { entry: 5 } });
    expect(await verify('--noted', `1:${'f'.repeat(64)}`)).toMatchObject({ intact: false, fault: { entry: 1 } });
  });

  it.each(['update audit_entry set document = document', 'delete from audit_entry', 'truncate audit_entry'])(
    'may be changed by no role, not even the owner of the table: %s',
    async (sql) => {
      await expect(deployment.database.as('operator').execute(sql)).rejects.toThrow(/permission denied/);
      await expect(deployment.database.as('owner').execute(sql)).rejects.toThrow(/never changed or removed/);
      await expect(deployment.database.as('calculate_emissions').execute('select 1 from audit_entry')).rejects.toThrow(
        /permission denied/,
      );
    },
  );

  it('takes no entry that does not continue the chain', async () => {
    const insert = `insert into audit_entry (entry, previous_hash, document, hash) values (:entry, :previous, :document, :hash)`;
    const document = '{"entry":9}';
    const wrong = { entry: 9, previous: '0'.repeat(64), document, hash: '0'.repeat(64) };
    await expect(deployment.database.as('operator').execute(insert, wrong)).rejects.toThrow(
      /does not continue the chain/,
    );
    await expect(
      deployment.database.as('owner').execute(insert, { ...wrong, entry: 5, document: '{"entry":5}' }),
    ).rejects.toThrow(/does not continue the chain/);
  });

  it('keeps its order when many write at once', async () => {
    const operator = deployment.database.as('operator');
    const numbers = await Promise.all(
      Array.from({ length: 8 }, () => operator.transaction((execute) => appendAudit(execute, change))),
    );
    expect(numbers.sort((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
    expect(await verify()).toMatchObject({ intact: true, entries: 12 });
  });

  it('undoes an entry whose change is undone', async () => {
    const failing = deployment.database.as('operator').transaction(async (execute) => {
      await appendAudit(execute, change);
      throw new Error('the change failed');
    });
    await expect(failing).rejects.toThrow('the change failed');
    expect(await verify()).toMatchObject({ entries: 12 });
  });

  it('shows the first broken entry, and ends with 1, when somebody got around all of this', async () => {
    const owner = deployment.database.as('owner');
    const { last } = await verify();
    await owner.execute('alter table audit_entry disable trigger all');
    const [row] = await owner.execute('select document from audit_entry where entry = 2');
    const put = (document: string) =>
      owner.execute('update audit_entry set document = :document where entry = 2', { document });
    await put((row![0] as string).replace('shelter moved', 'shelter cleaned'));
    const { code, stdout } = await deployment.ew('audit', 'verify');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^BROKEN at entry 2: its hash is [0-9a-f]{64}, but its content gives/);
    await put(row![0] as string);
    expect(await verify()).toMatchObject({ intact: true });

    await owner.execute('delete from audit_entry where entry = 12');
    expect(await verify()).toMatchObject({ intact: true, entries: 11 });
    expect(await verify('--noted', last as string)).toMatchObject({
      intact: false,
      fault: { entry: 12, reason: expect.stringContaining('the trail was cut short') },
    });
    await owner.execute('alter table audit_entry enable trigger all');
  });
});
