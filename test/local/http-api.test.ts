import { generateKeyPairSync } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { createLocalJWKSet, exportJWK, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { AwsError } from '../../local/services/aws-json.ts';
import { routeMatcher } from '../../local/services/http-api/match-route.ts';
import { throttle } from '../../local/services/http-api/throttle.ts';
import { startHttpApi } from '../../local/services/http-api.ts';
import { openGuard } from '../../local/services/iam/guard.ts';
import type { InvocationResult } from '../../local/services/lambda.ts';
import { afterTest } from './temporary.ts';

const ISSUER = 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI';
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:serve-api:live';
const authorizer = { issuer: ISSUER, audience: ['console'] };
const routes = [
  { key: 'ANY /api/v1/{proxy+}', target: FUNCTION, timeoutMs: 30_000, authorizer },
  { key: 'GET /health', target: FUNCTION, timeoutMs: 30_000 },
];

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
let keys: ReturnType<typeof createLocalJWKSet>;
beforeAll(async () => {
  keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' }] });
});

const seconds = () => Math.floor(Date.now() / 1000);
const GOOD: JWTPayload = {
  sub: 'jane',
  'cognito:groups': ['viewer', 'engineer'],
  'custom:facilities': '7953',
  token_use: 'id',
  email_verified: true,
};
const token = (claims: JWTPayload = {}, key = pair.privateKey): Promise<string> =>
  new SignJWT({ ...GOOD, iss: ISSUER, aud: 'console', iat: seconds(), exp: seconds() + 60, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'k' })
    .sign(key);

const answering = (answer: unknown): InvocationResult => ({
  outcome: 'returned',
  text: JSON.stringify(answer),
  requestId: 'r',
});

interface Options {
  readonly invoke?: (event: Record<string, unknown>) => Promise<InvocationResult>;
  readonly timeoutMs?: number;
  readonly burst?: number;
  readonly healthBurst?: number;
  readonly check?: typeof openGuard.check;
}

const start = async ({ invoke, timeoutMs, burst = 1000, healthBurst, check = openGuard.check }: Options = {}) => {
  const events: Record<string, unknown>[] = [];
  const api = await startHttpApi({
    api: {
      apiId: 'abcdef0123',
      routes: routes.map((route) => ({
        ...route,
        ...(timeoutMs !== undefined && { timeoutMs }),
        ...(healthBurst !== undefined &&
          route.key === 'GET /health' && { throttle: { ratePerSecond: 0.001, burst: healthBurst } }),
      })),
      throttle: { ratePerSecond: 0.001, burst },
    },
    lambda: {
      invoke: async (target, text) => {
        const event = JSON.parse(text) as Record<string, unknown>;
        events.push({ ...event, target });
        return invoke ? invoke(event) : answering({ statusCode: 200, body: 'fine' });
      },
    },
    keysOf: (issuer) => {
      expect(issuer).toBe(ISSUER);
      return keys;
    },
    guard: { check },
  });
  afterTest(() => api.stop());
  const ask = async (path: string, { auth, ...init }: RequestInit & { auth?: string } = {}) =>
    fetch(api.endpoint + path, {
      ...init,
      headers: { ...init.headers, ...(auth && { authorization: `Bearer ${auth}` }) },
    });
  return { api, events, ask };
};

const said = async (response: Response) => [response.status, await response.json()];

describe('who may ask', () => {
  it('is whoever has a token of the pool for this client that still holds; the function gets its claims as text', async () => {
    const { ask, events } = await start();
    expect((await ask('/api/v1/me', { auth: await token() })).status).toBe(200);
    expect(events[0]).toMatchObject({
      target: FUNCTION,
      requestContext: {
        authorizer: {
          jwt: {
            claims: {
              sub: 'jane',
              'cognito:groups': '[viewer engineer]',
              'custom:facilities': '7953',
              email_verified: 'true',
            },
          },
        },
      },
    });
  });

  const none = (header: object, payload: object) =>
    `${[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
  const wrong: readonly (readonly [string, () => Promise<string | undefined>])[] = [
    ['no token', async () => undefined],
    ['something that is no token', async () => 'abc'],
    ['a token that has expired', () => token({ exp: seconds() - 1 })],
    ['a token that never expires', () => token({ exp: undefined })],
    ['a token that holds only later', () => token({ nbf: seconds() + 600 })],
    ['a token made in the future', () => token({ iat: seconds() + 600 })],
    ['a token for another client', () => token({ aud: 'another' })],
    ['a token for nobody', () => token({ aud: undefined })],
    ['a token of another pool', () => token({ iss: `${ISSUER}x` })],
    ['a token signed by somebody else', () => token({}, stranger.privateKey)],
    [
      'a token without a signature',
      async () => none({ alg: 'none' }, { ...GOOD, iss: ISSUER, aud: 'console', exp: seconds() + 60 }),
    ],
    [
      'a token signed with the public key as a password',
      () =>
        new SignJWT({ ...GOOD, iss: ISSUER, aud: 'console', iat: seconds(), exp: seconds() + 60 })
          .setProtectedHeader({ alg: 'HS256', kid: 'k' })
          .sign(Buffer.from(pair.publicKey.export({ type: 'spki', format: 'pem' }))),
    ],
    [
      'a token that was changed',
      async () => (await token()).replace(/\.[^.]+\./, (part) => `${part.slice(0, -4)}AAA.`),
    ],
  ];
  it.each(wrong)('is nobody with %s: 401, and the function is not asked', async (_, made) => {
    const { ask, events } = await start();
    const auth = await made();
    expect(await said(await ask('/api/v1/me', { ...(auth !== undefined && { auth }) }))).toEqual([
      401,
      { message: 'Unauthorized' },
    ]);
    expect(events).toEqual([]);
  });

  it('a token that came through the address is none', async () => {
    const { ask } = await start();
    expect((await ask(`/api/v1/me?access_token=${await token()}`)).status).toBe(401);
  });

  it('is anybody where the template asks for no token', async () => {
    const { ask, events } = await start();
    expect((await ask('/health')).status).toBe(200);
    expect(JSON.stringify(events[0])).not.toContain('authorizer');
  });
});

describe('what is refused', () => {
  it.each(['/', '/api', '/api/v1', '/api/v2/me', '/healthy', '/health/', '//health', '/API/v1/me'])(
    '%s leads nowhere: 404',
    async (path) => {
      const { ask } = await start();
      expect(await said(await ask(path, { auth: await token() }))).toEqual([404, { message: 'Not Found' }]);
    },
  );

  it('a method that no route has: 404', async () => {
    const { ask } = await start();
    expect((await ask('/health', { method: 'POST' })).status).toBe(404);
  });

  it('a page elsewhere that asks whether it may: no CORS header, neither to the question nor to a request', async () => {
    const { ask } = await start();
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const preflight = await ask('/api/v1/exceedances/1/acknowledgement', { method: 'OPTIONS', headers });
    const plain = await ask('/health', { headers: { origin: 'https://evil.example' } });
    expect(preflight.status).toBe(401);
    for (const { headers: answered } of [preflight, plain])
      expect([...answered.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each(['evil.example', '127.0.0.1', '127.0.0.1:1', 'localhost'])(
    'a name that was made to point here (Host: %s): 403',
    async (host) => {
      const { api, events } = await start();
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const sent = httpRequest(`${api.endpoint}/health`, { headers: { host } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        sent.on('error', reject).end();
      });
      expect([status, events]).toEqual([403, []]);
    },
  );

  it('a body over 10 MB, and one that is too long for the function: 413', async () => {
    const { ask, events } = await start();
    const post = (bytes: number) => async () =>
      ask('/api/v1/reports', { method: 'POST', body: Buffer.alloc(bytes), auth: await token() });
    for (const send of [post(10 * 1024 * 1024 + 1), post(6 * 1024 * 1024)])
      expect(await said(await send())).toEqual([413, { message: 'Request Entity Too Large' }]);
    expect(events).toEqual([]);
  });

  it('more requests at once than the stage lets through: 429', async () => {
    const { ask } = await start({ burst: 3 });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await ask('/health')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });

  it('more than a route with a throttle of its own lets through: 429, and the other routes hear nothing of it', async () => {
    const { ask } = await start({ burst: 2, healthBurst: 1 });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await ask('/health')).status);
    const auth = await token();
    for (let i = 0; i < 3; i++) statuses.push((await ask('/api/v1/me', { auth })).status);
    expect(statuses).toEqual([200, 429, 429, 429, 200, 200, 429]);
    expect((await ask('/health')).status).toBe(429);
  });

  it('what is not HTTP, without any harm', async () => {
    const { api, ask } = await start();
    const socket = connect(api.port, '127.0.0.1', () =>
      socket.write('GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'),
    );
    const text = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    socket.destroy();
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d/);
    expect((await ask('/health')).status).toBe(200);
  });
});

describe('the function behind a route', () => {
  it('gets an event of payload format 2.0', async () => {
    const { ask, events } = await start();
    await ask('/api/v1/facilities/7953/plan?from=a%20b&x=1&x=2', {
      method: 'PUT',
      headers: { 'content-type': 'application/json', cookie: 'a=1; b=2', 'X-Some': 'one' },
      body: '{"why":"é"}',
      auth: await token(),
    });
    expect(events[0]).toMatchObject({
      version: '2.0',
      routeKey: 'ANY /api/v1/{proxy+}',
      rawPath: '/api/v1/facilities/7953/plan',
      rawQueryString: 'from=a%20b&x=1&x=2',
      queryStringParameters: { from: 'a b', x: '1,2' },
      pathParameters: { proxy: 'facilities/7953/plan' },
      cookies: ['a=1', 'b=2'],
      headers: { 'x-some': 'one', 'content-type': 'application/json' },
      requestContext: {
        apiId: 'abcdef0123',
        stage: '$default',
        http: { method: 'PUT', path: '/api/v1/facilities/7953/plan', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      },
      body: '{"why":"é"}',
      isBase64Encoded: false,
    });
    expect(events[0]!.headers).not.toHaveProperty('cookie');
  });

  it('gets bytes that are no text in base64, and a path as it was sent, with no folder taken out of it', async () => {
    const { api, events } = await start();
    const auth = await token();
    await new Promise((resolve) => {
      httpRequest(`${api.endpoint}`, {
        path: '/api/v1/../../etc/passwd%00',
        method: 'POST',
        headers: { authorization: `Bearer ${auth}`, 'content-type': 'application/octet-stream' },
      })
        .on('response', (answer) => answer.resume().on('end', resolve))
        .end(Buffer.from([0, 255]));
    });
    expect(events[0]).toMatchObject({ rawPath: '/api/v1/../../etc/passwd%00', body: 'AP8=', isBase64Encoded: true });
  });

  it('answers with status, headers, cookies and bytes, or with anything else as JSON', async () => {
    const answers = [
      answering({
        statusCode: 304,
        headers: { ETag: '"a"' },
        cookies: ['a=1'],
      }),
      answering({ statusCode: 200, headers: { 'content-type': 'image/png' }, body: 'AP8=', isBase64Encoded: true }),
      answering({ status: 'ok' }),
    ];
    const { ask } = await start({ invoke: async () => answers.shift()! });
    const unchanged = await ask('/health');
    expect([unchanged.status, unchanged.headers.get('etag'), unchanged.headers.get('set-cookie')]).toEqual([
      304,
      '"a"',
      'a=1',
    ]);
    expect([...new Uint8Array(await (await ask('/health')).arrayBuffer())]).toEqual([0, 255]);
    expect(await said(await ask('/health'))).toEqual([200, { status: 'ok' }]);
  });

  it('that fails, or answers what is no answer, is a 500 that tells nothing', async () => {
    const answers: InvocationResult[] = [
      { outcome: 'failed', fault: { errorType: 'Error', errorMessage: 'the password is x' }, requestId: 'r' },
      answering({ statusCode: 'teapot' }),
      { outcome: 'returned', text: 'no json', requestId: 'r' },
    ];
    const { ask } = await start({ invoke: async () => answers.shift()! });
    for (let i = 0; i < 3; i++)
      expect(await said(await ask('/health'))).toEqual([500, { message: 'Internal Server Error' }]);
  });

  it('that is throttled, or does not answer in time, is a 503', async () => {
    const { ask } = await start({ invoke: async () => ({ outcome: 'throttled', requestId: 'r' }) });
    expect(await said(await ask('/health'))).toEqual([503, { message: 'Service Unavailable' }]);
    const { ask: askLate } = await start({ timeoutMs: 50, invoke: () => new Promise(() => {}) });
    expect((await askLate('/health')).status).toBe(503);
  });

  it('is invoked only if its policy lets this API’s route', async () => {
    const checked: unknown[] = [];
    const { ask } = await start({
      check: (...all) => {
        checked.push(all);
        throw new AwsError('AccessDeniedException', 'no', 403);
      },
    });
    expect((await ask('/health')).status).toBe(500);
    expect(checked).toEqual([
      [
        { arn: 'apigateway.amazonaws.com' },
        'lambda:InvokeFunction',
        FUNCTION,
        { 'aws:SourceArn': 'arn:aws:execute-api:us-east-1:000000000000:abcdef0123/$default/GET/health' },
      ],
    ]);
  });
});

describe('a route is chosen', () => {
  it('by what is written out before what stands for anything, and by its method before ANY', () => {
    const route = (key: string) => ({ key, target: FUNCTION, timeoutMs: 1 });
    const match = routeMatcher(['ANY /{rest+}', 'ANY /a/{name}', 'ANY /a/b', 'GET /a/b'].map(route));
    const keys = (method: string, path: string) => match(method, path)?.route.key;
    expect(keys('GET', '/a/b')).toBe('GET /a/b');
    expect(keys('POST', '/a/b')).toBe('ANY /a/b');
    expect(keys('GET', '/a/c')).toBe('ANY /a/{name}');
    expect(match('GET', '/a/c/d')).toMatchObject({ pathParameters: { rest: 'a/c/d' } });
  });
});

describe('a stage', () => {
  it('lets a burst through, then as many as its rate, and gets no more than a burst by waiting', () => {
    let now = 0;
    const mayPass = throttle({ ratePerSecond: 2, burst: 3 }, () => now);
    const passed = (tries: number) => Array.from({ length: tries }, mayPass).filter(Boolean).length;
    expect(passed(5)).toBe(3);
    now = 1000;
    expect(passed(5)).toBe(2);
    now = 60_000;
    expect(passed(5)).toBe(3);
  });
});
