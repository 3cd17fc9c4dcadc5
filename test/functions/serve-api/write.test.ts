import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataApiAudit, sha256 } from '#adapters/data-api-audit';
import { dataApiReports } from '#adapters/data-api-reports';
import { CHAIN_START, chainFault } from '#core/audit/chain-fault';
import type { AuditEntry } from '#core/audit/entry';
import { alarmSettings } from '#core/contracts/alarm';
import { testDatabase } from '../database.ts';
import { apiOn, token } from './api.ts';
import { twoPlants } from './plants.ts';

let db: Awaited<ReturnType<typeof testDatabase>>;
let api: ReturnType<typeof apiOn>;

beforeAll(async () => {
  db = await testDatabase();
  await twoPlants(db);
  api = apiOn(db);
});
afterAll(() => db.stop());

const operator = token('operator', 'HAY');
const engineer = token('engineer', 'HAY BEECH');

const newestEntries = (limit: number): Promise<readonly AuditEntry[]> =>
  dataApiAudit(db.as('operator')).newest({ since: null, subject: null, limit });

const countEntries = async (): Promise<number> =>
  (await db.as('owner').execute('select count(*) from audit_entry'))[0]![0] as number;

describe('an exceedance', () => {
  it('is acknowledged by an operator, once, with an entry in the audit trail that says why', async () => {
    const { status, json } = await api.send(
      'acknowledgeExceedance',
      { id: 1 },
      { why: 'seen on the screen' },
      operator,
    );
    expect(status).toBe(200);
    expect(json).toMatchObject({ id: 1, acknowledgedBy: 'operator@example.org' });
    expect(await newestEntries(1)).toMatchObject([
      {
        who: 'operator@example.org',
        action: 'exceedance acknowledge',
        subject: 'HAY exceedance 1',
        why: 'seen on the screen',
        outcome: 'done',
        before: { acknowledgedBy: null },
        after: { acknowledgedBy: 'operator@example.org' },
      },
    ]);
  });

  it('keeps whoever saw it first, and has no second entry', async () => {
    const entries = await countEntries();
    const { status, json } = await api.send('acknowledgeExceedance', { id: 1 }, { why: 'me too' }, engineer);
    expect([status, json.acknowledgedBy]).toEqual([200, 'operator@example.org']);
    expect(await countEntries()).toBe(entries);
  });

  it('takes its alarm along: it tells of the same matter', async () => {
    const owner = db.as('owner');
    await owner.execute(
      `insert into alarm (facility, source, kind, subject, exceedance_id, text, minute)
      select facility, 'U1', 'exceedance', rule, exceedance_id, 'over the limit', 0 from exceedance where exceedance_id = 2`,
    );
    await api.send('acknowledgeExceedance', { id: 2 }, { why: 'seen on the screen' }, operator);
    const [row] = await owner.execute(
      "select acknowledged_by from alarm where kind = 'exceedance' and exceedance_id = 2",
    );
    expect(row).toEqual(['operator@example.org']);
    await owner.execute('update exceedance set acknowledged_at = null, acknowledged_by = null where exceedance_id = 2');
    await owner.execute("delete from alarm where kind = 'exceedance'");
  });

  it('is acknowledged once by many at a time', async () => {
    const entries = await countEntries();
    const people = Array.from({ length: 5 }, (_, i) => token('operator', 'HAY', { email: `o${i}@example.org` }));
    const answers = await Promise.all(
      people.map((who) => apiOn(db).send('acknowledgeExceedance', { id: 2 }, { why: 'seen' }, who)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(answers.map(({ json }) => json.acknowledgedBy)).size).toBe(1);
    expect(await countEntries()).toBe(entries + 1);
  });

  it('is explained with a cause and what was done, and again with another one', async () => {
    const cause = { reason: 'control-equipment', action: 'repaired', note: 'ammonia pump, 2 h' };
    const { json } = await api.send(
      'explainExceedance',
      { id: 1 },
      { ...cause, why: 'after the inspection' },
      operator,
    );
    expect(json).toMatchObject(cause);
    const entries = await countEntries();
    await api.send('explainExceedance', { id: 1 }, { ...cause, why: 'pressed twice' }, operator);
    expect(await countEntries()).toBe(entries);
    const other = { ...cause, reason: 'process', note: null };
    expect(
      (await api.send('explainExceedance', { id: 1 }, { ...other, why: 'it was the feed' }, operator)).json,
    ).toMatchObject(other);
    expect(await newestEntries(1)).toMatchObject([{ action: 'exceedance explain', before: cause, after: other }]);
  });

  it('is that of a facility of the token, or there is none', async () => {
    const entries = await countEntries();
    const stranger = token('admin', 'BEECH');
    expect((await api.send('acknowledgeExceedance', { id: 3 }, { why: 'curious' }, stranger)).status).toBe(404);
    expect((await api.send('acknowledgeExceedance', { id: 999 }, { why: 'curious' }, stranger)).status).toBe(404);
    expect(await countEntries()).toBe(entries);
  });
});

describe('an alarm', () => {
  it('is acknowledged once', async () => {
    const { json } = await api.send('acknowledgeAlarm', { id: 1 }, { why: 'called the shift' }, operator);
    expect(json).toMatchObject({ id: 1, acknowledgedBy: 'operator@example.org' });
    const entries = await countEntries();
    expect((await api.send('acknowledgeAlarm', { id: 1 }, { why: 'me too' }, engineer)).json).toEqual(json);
    expect(await countEntries()).toBe(entries);
    expect(await newestEntries(1)).toMatchObject([{ action: 'alarm acknowledge', subject: 'HAY alarm 1' }]);
  });
});

describe('alarm settings', () => {
  const settings = { ...alarmSettings.parse({}), warningShares: [0.75, 0.9, 0.95], headroomHours: null };

  it('are those of everybody until an engineer changes them', async () => {
    expect((await api.ask('alarmSettings', { facility: 'BEECH' })).json).toEqual(alarmSettings.parse({}));
    const { json } = await api.send(
      'changeAlarmSettings',
      { facility: 'BEECH' },
      { settings, why: 'new permit' },
      engineer,
    );
    expect(json).toEqual(settings);
    expect((await api.ask('alarmSettings', { facility: 'BEECH' })).json).toEqual(settings);
    expect(await newestEntries(1)).toMatchObject([
      {
        action: 'alarm-settings change',
        subject: 'BEECH',
        before: { warningShares: ['0.8', '0.9'], headroomHours: 3 },
        after: { warningShares: ['0.75', '0.9', '0.95'], headroomHours: null },
      },
    ]);
    const entries = await countEntries();
    await api.send('changeAlarmSettings', { facility: 'BEECH' }, { settings, why: 'pressed twice' }, engineer);
    expect(await countEntries()).toBe(entries);
  });

  it('have shares that rise', async () => {
    const falling = { ...settings, warningShares: [0.9, 0.8] };
    const { status, json } = await api.send(
      'changeAlarmSettings',
      { facility: 'BEECH' },
      { settings: falling, why: 'wrong' },
      engineer,
    );
    expect([status, json.errors]).toMatchObject([400, [{ path: 'body.settings.warningShares' }]]);
  });
});

describe('a quarterly report', () => {
  const request = { facility: 'HAY', year: 2026, quarter: 1 };
  const name = { ...request, revision: 1 };

  it('is started by an engineer: on record before and after', async () => {
    const { status, json } = await api.send('startReport', {}, { ...request, why: 'end of the quarter' }, engineer);
    expect(status).toBe(200);
    expect(json).toMatchObject({ ...name, state: 'running', startedBy: 'engineer@example.org', archivedAt: null });
    expect(api.started).toEqual(['arn:aws:states:us-east-1:000000000000:execution:QuarterlyReport:HAY-2026-Q1-r1']);
    expect(await newestEntries(2)).toMatchObject([
      { action: 'report start', subject: 'HAY 2026-Q1', outcome: 'done', after: { revision: 1 } },
      { action: 'report start', subject: 'HAY 2026-Q1', outcome: 'begun', why: 'end of the quarter' },
    ]);
    expect((await api.ask('reports')).json.reports).toMatchObject([name]);
    expect((await api.ask('report', name)).json).toMatchObject(name);
  });

  it.each([
    ['HAY', 2026, 2, '2026-Q2 has not begun at facility HAY: its first day is 2026-04-01'],
    ['HAY', 2025, 1, 'no hour of HAY 2025-Q1 is stored: a report needs at least one'],
    ['BEECH', 2026, 1, 'no hour of BEECH 2026-Q1 is stored: a report needs at least one'],
  ])('is not started without anything to make it from: %s %i-Q%i', async (facility, year, quarter, why) => {
    const entries = await countEntries();
    const [before, runs] = [(await api.ask('reports')).json, api.started.length];
    const { status, json } = await api.send('startReport', {}, { facility, year, quarter, why: 'curious' }, engineer);
    expect([status, json.detail]).toEqual([409, why]);
    // No execution, which would fail and call somebody; no report and no deed on record.
    expect([(await api.ask('reports')).json, api.started.length, await countEntries()]).toEqual([
      before,
      runs,
      entries,
    ]);
  });

  it('is not started while it is being made', async () => {
    const { status, json } = await api.send('startReport', {}, { ...request, why: 'impatience' }, engineer);
    expect(status).toBe(409);
    expect(json.detail).toContain('HAY 2026-Q1 r1 is being made');
    expect(api.started).toHaveLength(1);
  });

  it('has no files before it is archived, then for five minutes a link to each', async () => {
    expect((await api.ask('downloadReport', name)).status).toBe(409);
    await dataApiReports(db.as('report_quarter')).markArchived(api.started[0]!, {
      sha256: 'a'.repeat(64),
      retainedUntil: '2033-03-02T00:00:00.000Z',
    });
    const { json } = await api.ask('downloadReport', name, { query: 'format=json' });
    expect(json).toEqual({
      url: 'https://archive.test/reports/HAY/2026-Q1/r1/report.json?as=HAY-2026-Q1-r1.json&for=300',
      expiresAt: '2026-03-01T12:05:30.000Z',
    });
    expect((await api.ask('downloadReport', name)).json.url).toContain('report.html');
    expect((await api.ask('downloadReport', name, { token: token('admin', 'BEECH') })).status).toBe(404);
  });

  it('is made again as the next revision, and the list goes on by pages', async () => {
    const { json } = await api.send('startReport', {}, { ...request, why: 'a correction' }, engineer);
    expect(json).toMatchObject({ ...request, revision: 2 });
    const first = await api.ask('reports', {}, { query: 'limit=1' });
    expect(first.json.reports).toMatchObject([{ revision: 2 }]);
    const second = await api.ask('reports', {}, { query: `limit=1&cursor=${first.json.next}` });
    expect(second.json).toMatchObject({ reports: [{ revision: 1 }], next: null });
    expect((await api.ask('reports', {}, { token: token('viewer', 'BEECH') })).json.reports).toEqual([]);
  });

  it('that cannot be started is on record as failed, and the request as one that the caller is not to blame for', async () => {
    const broken = apiOn(db, {
      reportMachine: {
        isRunning: async () => false,
        start: () => Promise.reject(new Error('secret name of a machine')),
      },
    });
    const { status, body } = await broken.send('startReport', {}, { ...request, why: 'a try' }, engineer);
    expect(status).toBe(500);
    expect(body).not.toContain('secret');
    expect(await newestEntries(1)).toMatchObject([{ outcome: 'failed', after: { error: 'secret name of a machine' } }]);
  });

  it('is one of a facility that there is', async () => {
    const elsewhere = { ...request, facility: 'NOWHERE', why: 'a guess' };
    expect((await api.send('startReport', {}, elsewhere, token('admin'))).status).toBe(404);
  });
});

describe('the audit trail', () => {
  it('shows an engineer of all facilities what was done, the newest first, by pages', async () => {
    const first = await api.ask('audit', {}, { query: 'limit=3', token: token('engineer') });
    const entries = first.json.entries as { entry: number; hash: string }[];
    expect(entries).toHaveLength(3);
    expect(entries[0]).toMatchObject({ outcome: 'failed', hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const second = await api.ask(
      'audit',
      {},
      { query: `limit=1000&cursor=${first.json.next}`, token: token('engineer') },
    );
    expect((second.json.entries as { entry: number }[])[0]!.entry).toBe(entries[2]!.entry - 1);
    expect(second.json.next).toBe(null);
  });

  it('is not for those who see some facilities only', async () => {
    expect((await api.ask('audit', {}, { token: engineer })).status).toBe(403);
    expect((await api.ask('audit', {}, { token: token('operator') })).status).toBe(403);
  });

  it('stays an unbroken chain', async () => {
    let end = CHAIN_START;
    for await (const entry of dataApiAudit(db.as('operator')).entries()) {
      expect(chainFault(end, entry, sha256)).toBe(undefined);
      end = entry;
    }
    expect(end.entry).toBeGreaterThan(5);
  });
});
