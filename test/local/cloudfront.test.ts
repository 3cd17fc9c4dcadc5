import { createServer, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { listenOnLoopback } from '../../local/services/aws-json.ts';
import type { DistributionDefinition } from '../../local/services/cloudfront/definition.ts';
import { startCloudFront } from '../../local/services/cloudfront.ts';
import { startCognito } from '../../local/services/cognito.ts';
import { openGuard } from '../../local/services/iam/guard.ts';
import { startS3 } from '../../local/services/s3.ts';
import { afterTest, temporaryFolder } from './temporary.ts';
import { USER_POOL } from './user-pool.ts';

const headers = {
  'content-security-policy': "default-src 'none'; script-src 'self'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
const DISTRIBUTION: DistributionDefinition = {
  arn: 'arn:aws:cloudfront::000000000000:distribution/EABC',
  rootObject: 'index.html',
  behaviours: [
    {
      pathPattern: '/api/*',
      methods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
      origin: { kind: 'http-api', apiId: 'abc' },
      forwardsAll: true,
      headers,
    },
    {
      pathPattern: '/health',
      methods: ['GET', 'HEAD'],
      origin: { kind: 'http-api', apiId: 'abc' },
      forwardsAll: false,
      headers,
    },
    {
      pathPattern: '*',
      methods: ['GET', 'HEAD'],
      origin: { kind: 'bucket', bucket: 'site', path: '/console' },
      forwardsAll: false,
      headers,
    },
  ],
};

const start = async () => {
  const dataDir = temporaryFolder();
  const asked: { url: string | undefined; method: string | undefined; headers: object; body: string }[] = [];
  const origin = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    asked.push({ url: request.url, method: request.method, headers: request.headers, body });
    response.writeHead(201, { 'x-api': 'yes', 'content-security-policy': "default-src 'unsafe-inline'" });
    response.end('from the API');
  });
  const api = await listenOnLoopback(origin);
  afterTest(() => api.stop());
  const buckets = ['site', 'secrets'].map((name) => ({ name, versioned: true }));
  const s3 = await startS3({ dataDir: join(dataDir, 's3'), buckets, guard: openGuard });
  afterTest(() => s3.stop());
  const anybody = openGuard.role('anybody');
  await s3.putObject('site', 'console/index.html', '<!doctype html>', anybody);
  await s3.putObject('site', 'console/config.json', '{"auth":{"kind":"cognito"}}', anybody);
  await s3.putObject('site', 'outside.txt', 'not of the console', anybody);
  await s3.putObject('secrets', 'key.pem', 'secret', anybody);
  const cognito = await startCognito({ dataDir: join(dataDir, 'cognito'), pools: [USER_POOL], guard: openGuard });
  afterTest(() => cognito.stop());
  const site = await startCloudFront({ distribution: DISTRIBUTION, objects: s3, apis: { abc: api.endpoint }, cognito });
  afterTest(() => site.stop());
  /** As it is: `fetch` would take `..` out of a path, and write its own Host and Origin. */
  const raw = (path: string, given: Readonly<Record<string, string>> = {}, method = 'GET', body = '') =>
    new Promise<{ status: number | undefined; text: string; headers: object }>((resolve, reject) => {
      httpRequest({ port: site.port, host: '127.0.0.1', path, method, headers: given }, (answer) => {
        let text = '';
        answer.on('data', (part) => {
          text += String(part);
        });
        answer.on('end', () => resolve({ status: answer.statusCode, text, headers: answer.headers }));
      })
        .on('error', reject)
        .end(body);
    });
  return { site, asked, raw, url: site.endpoint };
};

describe('files of the console', () => {
  it('come from the bucket, and / is its first page; a file that is there already is not sent again', async () => {
    const { url } = await start();
    const page = await fetch(`${url}/`);
    expect([page.status, await page.text()]).toEqual([200, '<!doctype html>']);
    expect((await fetch(`${url}/`, { headers: { 'if-none-match': page.headers.get('etag')! } })).status).toBe(304);
    expect(await (await fetch(`${url}/`, { method: 'HEAD' })).text()).toBe('');
  });

  it.each([
    '/nothing.js',
    '/../outside.txt',
    '/..%2foutside.txt',
    '/%2e%2e/outside.txt',
    '/../../secrets/key.pem',
    '/..%5c..%5coutside.txt',
    '//outside.txt',
    '/index.html%00',
    '/%',
    '/.%252e/outside.txt',
    '/console/index.html',
  ])('%s leads to no other object: 403, as S3 answers who may not list a bucket', async (path) => {
    const { raw } = await start();
    expect(await raw(path)).toMatchObject({ status: 403, text: 'Access Denied\n' });
  });

  it('cannot be written', async () => {
    const { url } = await start();
    for (const method of ['PUT', 'POST', 'DELETE', 'OPTIONS'])
      expect((await fetch(`${url}/index.html`, { method })).status).toBe(403);
  });
});

describe('the API behind the same address', () => {
  it('gets method, path, query, token and body; the host is its own', async () => {
    const { url, asked } = await start();
    const answer = await fetch(`${url}/api/v1/exceedances/1/cause?a=1&b=%2F`, {
      method: 'PUT',
      headers: { authorization: 'Bearer t', 'content-type': 'application/json' },
      body: '{"x":1}',
    });
    expect([answer.status, await answer.text(), answer.headers.get('x-api')]).toEqual([201, 'from the API', 'yes']);
    expect(asked).toEqual([
      {
        url: '/api/v1/exceedances/1/cause?a=1&b=%2F',
        method: 'PUT',
        headers: expect.objectContaining({ authorization: 'Bearer t', 'content-type': 'application/json' }),
        body: '{"x":1}',
      },
    ]);
    expect((asked[0]!.headers as { host: string }).host).not.toBe(new URL(url).host);
  });

  it('gets neither token nor query where the template forwards none', async () => {
    const { url, asked } = await start();
    await fetch(`${url}/health?a=1`, { headers: { authorization: 'Bearer t' } });
    expect(asked[0]).toMatchObject({ url: '/health' });
    expect(asked[0]!.headers).not.toHaveProperty('authorization');
  });
});

describe('every answer', () => {
  it.each(['/', '/nothing', '/config.json', '/api/v1/me', '/health'])(
    '%s has the headers of the template, whatever the origin says',
    async (path) => {
      const { url } = await start();
      const answered = await fetch(url + path);
      for (const [name, value] of Object.entries(headers))
        expect([name, answered.headers.get(name)]).toEqual([name, value]);
      expect([...answered.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    },
  );

  it.each(['evil.example', 'evil.example:8080', '127.0.0.1', 'localhost.evil.example'])(
    'is a 403 for a name that was made to point here: Host %s',
    async (host) => {
      const { raw, asked } = await start();
      for (const path of ['/', '/config.json', '/api/v1/me']) expect((await raw(path, { host })).status).toBe(403);
      const login = { host, 'content-type': 'application/json', origin: `http://${host}` };
      expect((await raw('/development-login', login, 'POST', JSON.stringify(JANE))).status).toBe(403);
      expect(asked).toEqual([]);
    },
  );
});

const JANE = { group: 'engineer', facilities: ['*'], name: 'Jane' };

describe('the development login', () => {
  const login = (url: string, init: RequestInit = {}) =>
    fetch(`${url}/development-login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(JANE),
      ...init,
    });

  it('is announced to the console in place of the deployment’s own', async () => {
    const { url } = await start();
    expect(await (await fetch(`${url}/config.json`)).json()).toEqual({ auth: { kind: 'development' } });
  });

  it('gives the console a token for whom it asks', async () => {
    const { url, raw, site } = await start();
    const answer = await login(url);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const { idToken } = (await answer.json()) as { idToken: string };
    expect(decodeJwt(idToken)).toMatchObject({
      'cognito:groups': ['engineer'],
      'custom:facilities': '*',
      name: 'Jane',
    });
    for (const host of [`127.0.0.1:${site.port}`, `localhost:${site.port}`]) {
      const own = {
        host,
        origin: `http://${host}`,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/json',
      };
      expect((await raw('/development-login', own, 'POST', JSON.stringify(JANE))).status).toBe(200);
    }
  });

  it.each([
    ['says that it is from elsewhere', { origin: 'https://evil.example' }],
    ['is of another port of this machine', { origin: 'http://127.0.0.1:3000' }],
    ['has no name of its own', { origin: 'null' }],
    ['the browser knows to be from elsewhere', { 'sec-fetch-site': 'cross-site' }],
    ['the browser knows to be of a neighbour', { 'sec-fetch-site': 'same-site' }],
  ])('is refused to a page that %s', async (_, given) => {
    const { raw } = await start();
    const answer = await raw(
      '/development-login',
      { 'content-type': 'application/json', ...given },
      'POST',
      JSON.stringify(JANE),
    );
    expect(answer).toMatchObject({ status: 403, text: 'only the console itself may ask for a development login\n' });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])(
    'takes nothing that a form could send: %s',
    async (type) => {
      const { raw } = await start();
      const answer = await raw('/development-login', { 'content-type': type }, 'POST', JSON.stringify(JANE));
      expect(answer.status).toBe(415);
    },
  );

  it.each([
    ['a group that there is not', { ...JANE, group: 'owner' }],
    ['no facilities', { group: 'admin', name: 'Jane' }],
    ['a name of a facility that is none', { ...JANE, facilities: ['a b'] }],
    ['* beside a name', { ...JANE, facilities: ['*', '7953'] }],
    ['a name over two lines', { ...JANE, name: 'a\nb' }],
    ['something besides', { ...JANE, sub: 'somebody' }],
  ])('is refused with %s: 400', async (_, body) => {
    const { url } = await start();
    expect((await login(url, { body: JSON.stringify(body) })).status).toBe(400);
  });

  it('is not there for GET, and reads no more than a person could be called', async () => {
    const { url } = await start();
    expect((await fetch(`${url}/development-login`)).status).toBe(403);
    expect((await login(url, { body: JSON.stringify({ ...JANE, name: 'x'.repeat(5000) }) })).status).toBe(413);
    expect((await login(url, { body: '{' })).status).toBe(400);
  });
});

describe('a port', () => {
  it('that is taken is named, with the way out', async () => {
    const { site } = await start();
    const { consolePort } = await import('../../local/console-port.ts');
    await expect(consolePort(site.port)).rejects.toThrow(
      `port ${site.port} on 127.0.0.1 is in use: stop the other program, give another --port, or none to have a free one`,
    );
    expect(await consolePort(undefined, site.port)).toBe(0);
  });
});
