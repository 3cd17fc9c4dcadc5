import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GROUPS } from '#core/contracts/api/access';
import type { Operation } from '#core/contracts/api/operation';
import { OPERATIONS, type OperationName } from '#core/contracts/api/operations';
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

const NAMES = Object.keys(OPERATIONS) as OperationName[];
const EXAMPLE = {
  facility: 'HAY',
  source: 'U1',
  hour: '2026-03-01T11:00Z',
  id: 1,
  year: 2026,
  quarter: 1,
  revision: 1,
};

describe('every operation', () => {
  it.each(NAMES)('%s takes a token', async (name) => {
    const { status, headers } = await api.ask(name, EXAMPLE, { token: undefined });
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer']);
  });

  it.each(NAMES)('%s takes a person of its group', async (name) => {
    const { group }: Operation = OPERATIONS[name];
    for (const lower of GROUPS.slice(0, GROUPS.indexOf(group)))
      expect((await api.ask(name, EXAMPLE, { token: token(lower) })).status).toBe(403);
    expect((await api.ask(name, EXAMPLE, { token: token('nobody') })).status).toBe(403);
    expect((await api.ask(name, EXAMPLE, { token: token(group) })).status).not.toBe(403);
  });
});

describe('a token', () => {
  it.each([
    ['an access token', { token_use: 'access' }],
    ['without a use', { token_use: undefined }],
    ['without an address', { email: undefined }],
    ['with an address over two lines', { email: 'a\nb' }],
    ['without a subject', { sub: undefined }],
    ['with * among the facilities', { 'custom:facilities': '* HAY' }],
    ['with an odd facility', { 'custom:facilities': "HAY ';--" }],
    ['with facilities that are no text', { 'custom:facilities': { HAY: true } }],
    ['with groups that are no list', { 'cognito:groups': 7 }],
  ])('that is odd is none: %s', async (_, over) =>
    expect((await api.ask('me', {}, { token: token('admin', '*', over) })).status).toBe(401),
  );

  it('may have its groups as a list or as the text that an HTTP API makes of one', async () => {
    for (const groups of [['viewer', 'operator'], '[viewer operator]', '[operator]', 'operator', 'viewer,operator'])
      expect((await api.ask('me', {}, { token: token('', '*', { 'cognito:groups': groups }) })).json.group).toBe(
        'operator',
      );
  });

  it('does not become another by a group with a name like one', async () =>
    expect((await api.ask('me', {}, { token: token('administrator') })).status).toBe(403));
});

const ATTACKS = [
  "' or 1=1 --",
  "'; drop table alarm; --",
  ':all',
  '$1',
  '../../../etc/passwd',
  '..%2f..%2fadmin',
  '%00',
  '\u0000',
  '__proto__',
  'constructor',
  '<script>alert(1)</script>',
  '{{7*7}}',
  'HAY BEECH',
  'a'.repeat(5000),
  '\ud800',
  '-1',
  '1e999',
  'NaN',
  '2147483648',
];

describe('what is put into a parameter', () => {
  const cases = NAMES.flatMap((name) => {
    const { params, query }: Operation = OPERATIONS[name];
    return [...Object.keys(params.shape), ...Object.keys(query.shape), 'unknown'].map(
      (parameter) => [name, parameter] as const,
    );
  });

  it.each(cases)('of %s, %s, never reaches the database as more than a value', async (name, parameter) => {
    const { params }: Operation = OPERATIONS[name];
    for (const attack of ATTACKS) {
      const inPath = parameter in params.shape;
      const filled = inPath
        ? { ...EXAMPLE, [parameter]: attack.isWellFormed() ? attack : 'x\ud800'.toWellFormed() }
        : EXAMPLE;
      const query = inPath ? '' : `${encodeURIComponent(parameter)}=${encodeURIComponent(attack.toWellFormed())}`;
      const { status } = await api.ask(name, filled, { query });
      // -1 and the like are no ids; a name that is well-formed may just not exist.
      expect([400, 404, 415]).toContain(status);
    }
  });

  it('leaves everything as it was', async () => {
    expect((await api.ask('alarms', {}, { query: 'state=all' })).json.alarms).toHaveLength(2);
    expect((await api.ask('exceedances')).json.exceedances).toHaveLength(5);
  });
});

describe('a path', () => {
  it.each([
    '/',
    '/api',
    '/api/v1',
    '/api/v1/',
    '/api/v2/me',
    '/api/v1/me/',
    '/api/v1//me',
    '/api/v1/me/../me',
    '/api/v1/%',
    '/api/v1/%E0%A4%A',
    '/api/v1/facilities/HAY/../../me',
    '/openapi.json',
    '/openapi.json/',
    '/__proto__',
    '/constructor',
  ])('that there is not is told so: %s', async (path) => {
    const { status, headers } = await api.call(path, { token: token('admin') });
    expect([status, headers['content-type']]).toEqual([404, 'application/problem+json']);
  });

  it.each([
    ['DELETE', '/api/v1/facilities', 'GET'],
    ['POST', '/api/v1/me', 'GET'],
    ['PATCH', '/api/v1/facilities/HAY/alarm-settings', 'GET, PUT'],
    ['DELETE', '/api/v1/reports', 'GET, POST'],
    ['OPTIONS', '/api/v1/me', 'GET'],
    ['POST', '/health', 'GET'],
  ])('says what it takes instead: %s %s', async (method, path, allow) => {
    const { status, headers } = await api.call(path, { method, token: token('admin') });
    expect([status, headers.allow]).toEqual([405, allow]);
  });
});

describe('a body', () => {
  const send = (body: string, type = 'application/json') =>
    api.ask('acknowledgeExceedance', { id: 1 }, { body, headers: { 'content-type': type } });

  it('has at most 64 KB', async () => {
    expect((await send(JSON.stringify({ why: 'x'.repeat(65_536) }))).status).toBe(413);
    expect((await send(JSON.stringify({ why: 'é'.repeat(32_768) }))).status).toBe(413);
    expect((await send(`${' '.repeat(60_000)}{}`)).status).toBe(400);
  });

  it('is JSON, and says so', async () => {
    expect((await send('why=because', 'application/x-www-form-urlencoded')).status).toBe(415);
    expect((await send('{"why":"because"}', 'text/plain; application/json')).status).toBe(415);
    expect((await send('{"why":')).status).toBe(400);
    expect((await send('')).status).toBe(400);
    expect((await send('[['.repeat(20_000))).status).toBe(400);
  });

  it.each([
    ['{}', 'body.why'],
    ['{"why":"x"}', 'body.why'],
    ['{"why":7}', 'body.why'],
    ['{"why":"seen","who":"somebody else"}', 'body'],
    ['{"why":"seen","__proto__":{"admin":true}}', 'body'],
    ['{"why":"a\\u0000b"}', 'body.why'],
    ['{"why":"a\\ud800b"}', 'body.why'],
    ['null', 'body'],
  ])('keeps to its contract, or is told where it does not: %s', async (body, path) => {
    const { status, json } = await send(body);
    expect([status, json.errors]).toMatchObject([400, [{ path }]]);
  });
});

describe('a query', () => {
  it('has nothing twice and nothing that is not known', async () => {
    expect((await api.ask('alarms', {}, { query: 'limit=1&limit=2' })).json.errors).toMatchObject([
      { path: 'query.limit' },
    ]);
    expect((await api.ask('alarms', {}, { query: 'offset=2' })).json.errors).toMatchObject([{ path: 'query' }]);
    expect((await api.ask('alarms', {}, { query: 'limit=100000' })).json.errors).toMatchObject([
      { path: 'query.limit' },
    ]);
  });

  it('takes cursors only that its list has given, whole', async () => {
    const { json } = await api.ask('exceedances', {}, { query: 'limit=2' });
    const cursor = String(json.next);
    const damaged = [
      ...Array.from(cursor, (letter, i) => `${cursor.slice(0, i)}${letter === 'A' ? 'B' : 'A'}${cursor.slice(i + 1)}`),
      `${cursor}=`,
      `${cursor}A`,
      cursor.slice(1),
      '',
    ];
    for (const each of damaged) {
      const { status } = await api.ask('exceedances', {}, { query: `cursor=${encodeURIComponent(each)}` });
      expect([each, status]).toEqual([each, 400]);
    }
    expect((await api.ask('alarms', {}, { query: `cursor=${cursor}` })).status).toBe(400);
    expect((await api.ask('exceedances', {}, { query: `cursor=${cursor}` })).status).toBe(200);
  });
});

describe('a failure of our own', () => {
  it('tells the caller its number and nothing else', async () => {
    const broken = apiOn(db, {
      plantState: {
        standings: () => Promise.reject(new Error('password of the database')),
        sources: () => Promise.resolve([]),
      },
    });
    const { status, body } = await broken.ask('facilities');
    expect(status).toBe(500);
    expect(body).not.toContain('password');
  });
});
