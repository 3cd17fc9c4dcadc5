import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPlan } from '#adapters/data-api-plans';
import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import { textOfHour, textOfMinute } from '#core/time';
import { testDatabase } from '../database.ts';
import { apiOn, NOW, token } from './api.ts';
import { NEWEST_HOUR, readingsAt, twoPlants, UNTIL } from './plants.ts';

let db: Awaited<ReturnType<typeof testDatabase>>;
let api: ReturnType<typeof apiOn>;
let hay: MonitoringPlan;

beforeAll(async () => {
  db = await testDatabase();
  hay = await twoPlants(db);
  api = apiOn(db);
});
afterAll(() => db.stop());

const U1 = { facility: 'HAY', source: 'U1' };
const range = (from: number, until: number, more = '') =>
  `from=${textOfMinute(from)}&until=${textOfMinute(until)}${more}`;

describe('who I am', () => {
  it('is the e-mail address of the token, its highest group and its facilities', async () => {
    const { json } = await api.ask(
      'me',
      {},
      { token: token('viewer', 'HAY BEECH', { 'cognito:groups': '[viewer engineer]' }) },
    );
    expect(json).toEqual({ who: 'viewer@example.org', group: 'engineer', facilities: ['HAY', 'BEECH'] });
  });
});

describe('the facilities', () => {
  it('tell how each is doing, how near to its limit, how far behind, and since when it is complete', async () => {
    const { json } = await api.ask('facilities');
    expect(json.facilities).toMatchObject([
      {
        facility: 'BEECH',
        state: 'stopped',
        sources: 1,
        operating: 0,
        worstHeadroom: null,
        lastMinute: null,
        lastHeard: null,
        minutesBehind: null,
        completeSince: null,
        checkedUntil: null,
      },
      {
        facility: 'HAY',
        name: 'Test plant HAY',
        utcOffsetMinutes: -420,
        state: 'warning',
        sources: 2,
        operating: 2,
        openAlarms: 1,
        worstHeadroom: { source: 'U1', share: 0.84, record: { rule: 'nox-3h', average: '0.084' } },
        lastMinute: textOfMinute(UNTIL - 1),
        lastHeard: '2026-03-01T12:00:10.000Z',
        minutesBehind: 0,
        completeSince: textOfMinute(UNTIL - 180),
        checkedUntil: textOfMinute(UNTIL - 10),
      },
    ]);
    expect(json.next).toBe(null);
  });

  it('come by pages, each of which goes on where the one before ended', async () => {
    const first = await api.ask('facilities', {}, { query: 'limit=1' });
    expect(first.json.facilities).toMatchObject([{ facility: 'BEECH' }]);
    const second = await api.ask('facilities', {}, { query: `limit=1&cursor=${first.json.next}` });
    expect(second.json.facilities).toMatchObject([{ facility: 'HAY' }]);
    expect(second.json.next).toBe(null);
  });

  it('are those of the token only', async () => {
    const { json } = await api.ask('facilities', {}, { token: token('viewer', 'HAY NOWHERE') });
    expect(json.facilities).toMatchObject([{ facility: 'HAY' }]);
    expect((await api.ask('facilities', {}, { token: token('viewer', '') })).json.facilities).toEqual([]);
  });

  it('are complete since the end of the last gap of minutes that are missing, not of one without readings', async () => {
    const owner = db.as('owner');
    await owner.execute(
      `insert into continuity_gap (source_id, first_minute, until_minute, facility, reason, closed_at)
      select source_id, :from, :from + 5, 'HAY', 'not-held', null from source where facility = 'HAY' and source = 'U1'
      union all select source_id, :from + 20, :from + 25, 'HAY', 'not-held', now() from source where facility = 'HAY' and source = 'U1'
      union all select source_id, :from + 50, :from + 55, 'HAY', 'without-reading', null from source where facility = 'HAY' and source = 'U1'`,
      { from: UNTIL - 100 },
    );
    const { json } = await api.ask('facility', { facility: 'HAY' });
    expect(json.completeSince).toBe(textOfMinute(UNTIL - 95));
    expect(json.sourceList).toMatchObject([
      { source: '**GT2', completeSince: textOfMinute(UNTIL - 180) },
      { source: 'U1', completeSince: textOfMinute(UNTIL - 95) },
    ]);
    const continuity = await api.ask('continuity', {}, { query: 'facility=HAY' });
    expect(continuity.json.facilities).toMatchObject([
      {
        facility: 'HAY',
        completeSince: textOfMinute(UNTIL - 95),
        gaps: [
          { source: 'U1', from: textOfMinute(UNTIL - 50), class: 'analyser-down', reason: 'without-reading' },
          { source: 'U1', from: textOfMinute(UNTIL - 100), until: textOfMinute(UNTIL - 95), class: 'lost' },
        ],
        gapsLeftOut: 0,
      },
    ]);
    await owner.execute('delete from continuity_gap');
  });
});

describe('a facility', () => {
  it('shows the newest hour, minute and record of each source', async () => {
    const { json } = await api.ask('facility', { facility: 'HAY' });
    expect(json.sourceList).toMatchObject([
      { source: '**GT2', openAlarms: 0 },
      {
        source: 'U1',
        fuel: 'PNG',
        latestHour: { hour: textOfHour(NEWEST_HOUR), values: { noxRate: { equation: '19-1' } } },
        latestMinute: { minute: textOfMinute(UNTIL - 1), ageSeconds: 30, firedSeconds: 60, grossLoad: 120.5 },
        compliance: [{ rule: 'nox-3h', average: '0.084' }],
        openAlarms: 1,
      },
    ]);
  });

  it('has its monitoring plan', async () =>
    expect((await api.ask('plan', { facility: 'HAY' })).json).toMatchObject({
      facility: 'HAY',
      sources: [...hay.sources].sort((a, b) => (a.source < b.source ? -1 : 1)),
    }));

  it.each(['facility', 'plan', 'alarmSettings'] as const)(
    'that there is not and one that the token does not cover are told alike (%s)',
    async (name) => {
      const none = await api.ask(name, { facility: 'NOWHERE' });
      const foreign = await api.ask(name, { facility: 'BEECH' }, { token: token('admin', 'HAY') });
      expect([none.status, foreign.status]).toEqual([404, 404]);
      expect(foreign.body.replaceAll('BEECH', 'NOWHERE')).toBe(none.body);
    },
  );
});

describe('the newest minute of a source', () => {
  it('has each reading with its status in words and its newest valid minute', async () => {
    const { json } = await api.ask('latestMinute', U1);
    expect(json).toMatchObject({ minute: textOfMinute(UNTIL - 1), ageSeconds: 30, firedSeconds: 60, grossLoad: 120.5 });
    expect(json.channels).toMatchObject([
      {
        channel: 'gas',
        status: 'V',
        meaning: 'valid',
        lastValid: textOfMinute(UNTIL - 1),
        range: { low: 0, high: 40_000 },
      },
      { channel: 'nox', value: readingsAt(UNTIL - 1)[1] },
      { channel: 'o2', value: null, status: 'C', meaning: 'calibration', lastValid: textOfMinute(UNTIL - 2) },
    ]);
  });

  it('says of a source that has sent nothing that there is none', async () =>
    expect((await api.ask('latestMinute', { facility: 'BEECH', source: 'B1' })).json).toMatchObject({
      minute: null,
      ageSeconds: null,
      channels: [{ status: 'N', value: null, lastValid: null }, {}, {}],
    }));
});

describe('minutes and hours of a source', () => {
  it('come by pages; what is stored later at the end is not missed, and nothing comes twice', async () => {
    const query = range(UNTIL - 100, UNTIL, '&limit=30');
    const minutes: string[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const { json } = await api.ask('minutes', U1, { query: next === '' ? query : `${query}&cursor=${next}` });
      expect(json.channels).toMatchObject([{ channel: 'gas' }, { channel: 'nox', basis: 'dry' }, { channel: 'o2' }]);
      minutes.push(...(json.minutes as { minute: string }[]).map(({ minute }) => minute));
      next = json.next as string | null;
    }
    expect(minutes).toEqual(Array.from({ length: 100 }, (_, i) => textOfMinute(UNTIL - 100 + i)));
  });

  it('have the readings and statuses as they were stored', async () =>
    expect((await api.ask('minutes', U1, { query: range(UNTIL - 2, UNTIL) })).json.minutes).toEqual([
      {
        minute: textOfMinute(UNTIL - 2),
        firedSeconds: 60,
        grossLoad: 120.5,
        readings: readingsAt(UNTIL - 2),
        statuses: 'VVV',
      },
      {
        minute: textOfMinute(UNTIL - 1),
        firedSeconds: 60,
        grossLoad: 120.5,
        readings: readingsAt(UNTIL - 1),
        statuses: 'VVC',
      },
    ]));

  it('end before `until`, in hours as in minutes', async () => {
    const { json } = await api.ask('hours', U1, { query: range(UNTIL - 180, UNTIL - 60, '&limit=1') });
    expect(json.hours).toMatchObject([{ hour: textOfHour(NEWEST_HOUR - 2) }]);
    const rest = await api.ask('hours', U1, { query: range(UNTIL - 180, UNTIL - 60, `&cursor=${json.next}`) });
    expect(rest.json.hours).toMatchObject([{ hour: textOfHour(NEWEST_HOUR - 1) }]);
    expect(rest.json.next).toBe(null);
  });

  it('are refused for a range that ends before it begins', async () => {
    const { status, json } = await api.ask('hours', U1, { query: range(UNTIL, UNTIL) });
    expect([status, json.errors]).toMatchObject([400, [{ path: 'query.until' }]]);
  });

  it('are those of a source that there is', async () => {
    for (const name of ['minutes', 'hours', 'series', 'compliance', 'exportHours', 'exportMinutes'] as const) {
      const query = range(UNTIL - 60, UNTIL);
      expect((await api.ask(name, { facility: 'HAY', source: 'U9' }, { query })).status).toBe(404);
      expect(
        (await api.ask(name, { facility: 'BEECH', source: 'B1' }, { query, token: token('viewer', 'HAY') })).status,
      ).toBe(404);
    }
  });

  it('go under a name with asterisks too', async () =>
    expect(
      (await api.ask('hours', { facility: 'HAY', source: '**GT2' }, { query: range(UNTIL - 60, UNTIL) })).json.hours,
    ).toHaveLength(1));
});

describe('the records of a limit', () => {
  it('come by window, of all rules or of one', async () => {
    const query = range(UNTIL - 600, UNTIL);
    expect((await api.ask('compliance', U1, { query })).json.records).toMatchObject([
      { rule: 'nox-3h', average: '0.084' },
    ]);
    expect((await api.ask('compliance', U1, { query: `${query}&rule=other` })).json.records).toEqual([]);
  });
});

describe('a curve', () => {
  it('has hours, values and states in columns, with the limits on the value', async () => {
    const { json } = await api.ask('series', U1, { query: range(UNTIL - 180, UNTIL) });
    expect(json).toMatchObject({
      parameter: 'noxRate',
      unit: 'lb/mmBtu',
      parameters: [
        'heatInputRate',
        'heatInput',
        'noxRate',
        'noxMassRate',
        'noxMass',
        'co2MassRate',
        'co2Mass',
        'so2MassRate',
        'so2Mass',
      ],
      hours: [NEWEST_HOUR - 2, NEWEST_HOUR - 1, NEWEST_HOUR],
      limits: [
        {
          rule: 'nox-3h',
          operatingHours: 3,
          windowEnds: [NEWEST_HOUR],
          averages: [0.084],
          limits: [0.1],
          exceeded: [false],
        },
      ],
    });
    expect((json.values as number[]).every((value) => value > 0.05 && value < 0.15)).toBe(true);
    expect(new Set(json.states as string[])).toEqual(new Set(['measured']));
  });

  it('is at most a thousand hours long, and says so', async () => {
    const { status, json } = await api.ask('series', U1, { query: range(UNTIL - 60 * 1001, UNTIL) });
    expect(status).toBe(400);
    expect(json.detail).toContain('1001 hours, expected at most 1000');
    expect((await api.ask('series', U1, { query: range(UNTIL - 60 * 1000, UNTIL) })).status).toBe(200);
  });
});

describe('the number page', () => {
  const hour = { ...U1, hour: textOfHour(NEWEST_HOUR) };

  it('shows a stored hour, how its values were made, and its sixty minutes', async () => {
    const { json } = await api.ask('hour', hour);
    expect(json).toMatchObject({ reproduced: true, hour: { hour: textOfHour(NEWEST_HOUR) } });
    expect(json.values).toContainEqual(
      expect.objectContaining({
        parameter: 'noxRate',
        equation: '19-1',
        citation: expect.stringContaining('Method 19'),
      }),
    );
    expect((json.minutes as { minutes: unknown[] }).minutes).toHaveLength(60);
  });

  it('explains an hour by the plan that made it, after another plan has replaced that one', async () => {
    const before = (await api.ask('hour', hour)).json;
    const changed = structuredClone(hay);
    changed.sources[0]!.versions[0]!.fuel.fd = '9000';
    await applyPlan(db.as('operator'), changed);
    const fresh = apiOn(db);
    expect((await fresh.ask('plan', { facility: 'HAY' })).body).toContain('9000');
    expect((await fresh.ask('hour', hour)).json).toEqual(before);
    await applyPlan(db.as('operator'), hay);
  });

  it('is one of a full hour that is stored', async () => {
    expect((await api.ask('hour', { ...U1, hour: textOfMinute(UNTIL - 30) })).status).toBe(400);
    expect((await api.ask('hour', { ...U1, hour: '2020-01-01T00:00Z' })).status).toBe(404);
  });
});

describe('a CSV file', () => {
  it('of hours has a header with units and a row an hour', async () => {
    const { status, headers, body } = await api.ask('exportHours', U1, { query: range(UNTIL - 180, UNTIL) });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(headers['content-disposition']).toMatch(/^attachment; filename="HAY_U1_hours_[\w.-]+\.csv"$/);
    const lines = body.split('\r\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toContain('noxRate (lb/mmBtu),noxRate state');
    expect(lines[1]).toMatch(/^2026-03-01T09:00Z,2026-03-01,2,60,1,\d+,/);
    expect(lines[1]).toContain(',measured,');
  });

  it('of minutes has readings and statuses', async () => {
    const { body } = await api.ask('exportMinutes', U1, { query: range(UNTIL - 2, UNTIL) });
    const [head, first, second] = body.split('\r\n');
    expect(head).toBe(
      'minute (UTC),fired (s),gross load,gas (unit),gas status,"nox (unit, dry)",nox status,"o2 (unit, dry)",o2 status',
    );
    expect(first).toMatch(/^2026-03-01T11:58Z,60,120.5,1400\d,V,21.4,V,15.5,V$/);
    expect(second).toMatch(/,22.4,V,,C$/);
  });

  it('has at most 10,000 rows; more are refused with the limit', async () => {
    const owner = db.as('owner');
    await owner.execute("select cast(ensure_minute_partition('2025-02-01') as text)");
    await owner.execute(
      `insert into minute (minute, source_id, revision, fired_seconds, readings)
      select n, source_id, 0, 60, cast('{1,2,3}' as real[]) from source, generate_series(:from, :from + 10000) as n where facility = 'BEECH'`,
      { from: Date.parse('2025-02-01T00:00Z') / 60_000 },
    );
    const B1 = { facility: 'BEECH', source: 'B1' };
    const all = await api.ask('exportMinutes', B1, { query: 'from=2025-02-01T00:00Z&until=2025-02-28T00:00Z' });
    expect(all.status).toBe(400);
    expect(all.json.detail).toContain('10000');
    const some = await api.ask('exportMinutes', B1, { query: 'from=2025-02-01T00:01Z&until=2025-02-28T00:00Z' });
    expect(some.body.split('\r\n')).toHaveLength(10_002);
  });
});

describe('lists of exceedances, alarms and quarantine', () => {
  it('show the newest first, by pages that stay right when something new comes', async () => {
    const first = await api.ask('exceedances', {}, { query: 'limit=2' });
    expect(first.json.exceedances).toMatchObject([{ id: 5 }, { id: 4 }]);
    expect(first.json.exceedances).toMatchObject([
      { facility: 'HAY', source: 'U1', worstAverage: '0.12', acknowledgedAt: null },
      {},
    ]);
    await db.as('owner').execute(
      `insert into exceedance (facility, source_id, rule, first_window_end, last_window_end, windows, state, parameter, unit,
        citation, worst_average, limit_value) select facility, source_id, rule, 1, 2, 1, 'lasting', parameter, unit, citation,
        worst_average, limit_value from exceedance limit 1`,
    );
    const second = await api.ask('exceedances', {}, { query: `limit=2&cursor=${first.json.next}` });
    expect(second.json.exceedances).toMatchObject([{ id: 3 }, { id: 2 }]);
  });

  it('show open alarms, or all', async () => {
    expect((await api.ask('alarms')).json.alarms).toMatchObject([
      { kind: 'limit-warning', source: 'U1', minute: textOfMinute(UNTIL) },
    ]);
    expect((await api.ask('alarms', {}, { query: 'state=all' })).json.alarms).toMatchObject([
      { id: 2, source: null },
      { id: 1 },
    ]);
    expect((await api.ask('alarm', { id: 1 })).json).toMatchObject({
      id: 1,
      text: 'nox-3h stands at 84 % of its limit',
    });
  });

  it('show nobody what is of other facilities', async () => {
    const other = { token: token('admin', 'BEECH') };
    expect((await api.ask('exceedances', {}, other)).json.exceedances).toEqual([]);
    expect((await api.ask('alarms', {}, { ...other, query: 'state=all' })).json.alarms).toEqual([]);
    expect((await api.ask('quarantine', {}, other)).json.records).toEqual([]);
    expect((await api.ask('exceedance', { id: 1 }, other)).status).toBe(404);
    expect((await api.ask('alarm', { id: 1 }, other)).status).toBe(404);
    expect((await api.ask('exceedances', {}, { ...other, query: 'facility=HAY' })).status).toBe(404);
  });

  it('show records in quarantine that name no facility to those who see all of them', async () => {
    const page = await api.ask('quarantine', {}, { query: 'limit=2' });
    expect(page.json.records).toMatchObject([{ id: 'record 3', facility: null }, { id: 'record 2' }]);
    const rest = await api.ask('quarantine', {}, { query: `limit=2&cursor=${page.json.next}` });
    expect(rest.json).toMatchObject({ records: [{ id: 'record 1' }], next: null });
    expect((await api.ask('quarantine', {}, { token: token('viewer', 'HAY') })).json.records).toHaveLength(2);
  });
});

describe('the pipeline', () => {
  it.each([
    ['viewer', ''],
    ['operator', 'Threshold crossed: 12 records'],
  ])('tells a %s of every system alarm, and of its figures only whoever acts on them', async (group, reason) => {
    const alarm = {
      ...runbook,
      state: 'ALARM' as const,
      since: '2026-03-01T10:00:00.000Z',
      reason: 'Threshold crossed: 12 records',
      composite: false,
      runbook: 'test.md',
    };
    const { json } = await apiOn(db, { systemAlarms: () => Promise.resolve([alarm]) }).ask(
      'pipeline',
      {},
      { token: token(group, 'HAY') },
    );
    expect(json.alarms).toEqual([{ ...alarm, reason }]);
  });

  const runbook = { name: 'EmissionWatch-Test', description: 'A test. Runbook: docs/runbooks/test.md' };

  it('tells what waits, since when it is quiet, and how the system alarms stand', async () => {
    const alarm = { ...runbook, state: 'OK' as const, since: null, reason: '', composite: false, runbook: 'test.md' };
    const { json } = await apiOn(db, { systemAlarms: () => Promise.resolve([alarm]) }).ask('pipeline');
    expect(json).toMatchObject({
      hoursWaiting: 0,
      quarantineOpen: 3,
      checkedUntil: textOfMinute(UNTIL - 10),
      openGaps: 0,
      notices: { waiting: 0, lastPublished: null, lastSelfTest: null },
      alarmsKnown: true,
      alarms: [alarm],
    });
  });

  it('tells the rest when CloudWatch does not answer', async () => {
    const { status, json } = await apiOn(db, { systemAlarms: () => Promise.reject(new Error('no answer')) }).ask(
      'pipeline',
    );
    expect(status).toBe(200);
    expect(json).toMatchObject({ alarmsKnown: false, alarms: [], quarantineOpen: 3 });
  });

  it('counts what is of the facilities of the token', async () =>
    expect((await api.ask('pipeline', {}, { token: token('viewer', 'BEECH') })).json).toMatchObject({
      quarantineOpen: 0,
      checkedUntil: null,
    }));
});

describe('an answer', () => {
  it('is known by its ETag, and not sent again to whoever has it', async () => {
    const first = await api.ask('plan', { facility: 'HAY' });
    expect(first.headers['cache-control']).toBe('no-cache, private');
    const { etag = '' } = first.headers;
    expect(etag).toMatch(/^"[\w-]{32}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await api.ask('plan', { facility: 'HAY' }, { headers: { 'if-none-match': known } });
      expect([again.status, again.body, again.headers.etag]).toEqual([304, '', etag]);
    }
    expect((await api.ask('plan', { facility: 'HAY' }, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it.each([
    ['latestMinute', 'ageSeconds'],
    ['facility', 'minutesBehind'],
    ['facilities', 'minutesBehind'],
  ] as const)('of %s is the same to whoever has it as long as only time has passed', async (name, age) => {
    const at = (now: number, headers = {}) =>
      apiOn(db, { now: () => now }).ask(name, { facility: 'HAY', source: 'U1' }, { headers });
    const first = await at(NOW);
    expect(first.body).toContain(age);
    // The bytes are not the same, so it is not a strong one.
    expect(first.headers.etag).toMatch(/^W\/"[\w-]{32}"$/);
    const later = NOW + 121_000;
    const again = await at(later, { 'if-none-match': first.headers.etag });
    expect([again.status, again.body, again.headers.etag]).toEqual([304, '', first.headers.etag]);
    const whole = await at(later);
    expect(whole.body).not.toBe(first.body);
    expect(whole.headers.etag).toBe(first.headers.etag);
  });

  it('on the health of the function needs no login and no database', async () => {
    const { status, json } = await api.call('/health');
    expect([status, json]).toEqual([200, { status: 'ok' }]);
  });
});
