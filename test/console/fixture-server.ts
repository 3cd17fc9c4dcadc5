import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import * as z from 'zod';
import { GROUPS, type Group } from '#core/contracts/api/access';
import type { Operation } from '#core/contracts/api/operation';
import { OPERATIONS, type OperationName } from '#core/contracts/api/operations';
import { buildConsole } from '../../console/build.ts';
import { answersOf, Refusal, worldAt } from './fixture/answers.ts';

/** The policy that the console is served under. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface Options {
  /** A text that stands where names and notes do. */
  readonly hostile?: string;
  /** So many facilities more. */
  readonly more?: number;
  /** Sign in at a user pool, which this server plays too. @default the development login */
  readonly cognito?: boolean;
}

export interface FixtureServer {
  readonly url: string;
  /** While true, the API does not answer: connections are cut. */
  cut: boolean;
  /** What was sent to sign in. */
  readonly signIns: unknown[];
  close(): Promise<void>;
}

/**
 * Serves the built console and an API whose answers are of an invented plant. Every request and every answer passes the
 * contract: what the console is shown here, the real API may answer.
 */
export const startFixture = async ({
  hostile = '',
  more = 0,
  cognito = false,
}: Options = {}): Promise<FixtureServer> => {
  built ??= builtFiles();
  const files = await built;
  const answers = answersOf(worldAt(Date.now(), hostile, more));
  const signIns: unknown[] = [];

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fixture');
    if (pathname === '/config.json')
      return json(response, 200, {
        auth: cognito ? { kind: 'cognito', domain: fixture.url, clientId: 'console' } : { kind: 'development' },
      });
    if (pathname === '/development-login') {
      const choice = JSON.parse(await bodyOf(request)) as Record<string, unknown>;
      signIns.push(choice);
      return json(response, 200, { idToken: tokenOf(choice) });
    }
    if (pathname === '/oauth2/authorize') return sendBack(response, searchParams);
    if (pathname === '/oauth2/token') return json(response, 200, tokensFor(new URLSearchParams(await bodyOf(request))));
    if (!pathname.startsWith('/api/v1/')) return file(response, files, pathname === '/' ? '/index.html' : pathname);
    if (fixture.cut) {
      request.socket.destroy();
      return;
    }
    return ask(request, response, pathname.slice('/api/v1'.length), searchParams);
  };

  // The hosted sign-in of a user pool, but for the person who types a password.
  const challenges = new Map<string, string>();
  const sendBack = (response: ServerResponse, question: URLSearchParams): void => {
    signIns.push(Object.fromEntries(question));
    const code = `code-${signIns.length}`;
    challenges.set(code, question.get('code_challenge') ?? '');
    const back = new URLSearchParams({ code, state: question.get('state') ?? '' });
    response.writeHead(302, { location: `${question.get('redirect_uri')}?${back}` }).end();
  };
  const tokensFor = (grant: URLSearchParams): Record<string, string> => {
    const code = grant.get('code') ?? '';
    const challenge = createHash('sha256')
      .update(grant.get('code_verifier') ?? '')
      .digest('base64url');
    if (challenges.get(code) !== challenge) throw new Refusal(400, 'the verifier is not the one of the challenge');
    challenges.delete(code);
    return {
      id_token: tokenOf({ name: 'ada@example.com', group: 'operator', facilities: ['*'] }),
      refresh_token: 'again',
    };
  };

  const ask = async (request: IncomingMessage, response: ServerResponse, path: string, search: URLSearchParams) => {
    const found = operationOf(request.method ?? '', path);
    if (!found) throw new Refusal(404, `there is nothing at ${request.method} ${path}`);
    const { name, params } = found;
    const operation: Operation = OPERATIONS[name];
    const person = personOf(request);
    if (GROUPS.indexOf(person.group) < GROUPS.indexOf(operation.group))
      throw new Refusal(403, `${operation.group}s may do this; you are in the group ${person.group}`);
    const asked = {
      params: operation.params.parse(params),
      query: operation.query.parse(Object.fromEntries(search)),
      body: (operation.body?.parse(JSON.parse(await bodyOf(request))) ?? {}) as Record<string, unknown>,
      ...person,
    };
    const answer = answers[name]?.(asked);
    if (answer === undefined) throw new Refusal(501, `the fixture has no answer to ${name}`);
    if (!operation.answer) return csv(response, String(answer));
    return tagged(request, response, operation.answer.parse(answer));
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      const status = error instanceof Refusal ? error.status : error instanceof z.ZodError ? 400 : 500;
      const detail = error instanceof Error ? error.message : String(error);
      if (status === 500) process.stderr.write(`${detail}\n`);
      response.writeHead(status, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ type: 'about:blank', title: 'Refused', status, detail, instance: 'fixture' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fixture: FixtureServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: false,
    signIns,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fixture;
};

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
};

const csv = (response: ServerResponse, text: string): void => {
  response.writeHead(200, { 'content-type': 'text/csv; charset=utf-8' });
  response.end(text);
};

const tagged = (request: IncomingMessage, response: ServerResponse, answer: unknown): void => {
  const body = JSON.stringify(answer);
  // As the API does: what only grows older is the same answer.
  const lasting = JSON.stringify(answer, (key, value: unknown) =>
    key === 'ageSeconds' || key === 'minutesBehind' ? undefined : value,
  );
  const etag = `"${createHash('sha256').update(lasting).digest('base64url')}"`;
  const same = request.headers['if-none-match'] === etag;
  response.writeHead(same ? 304 : 200, {
    'content-type': 'application/json',
    etag,
    'cache-control': 'private, no-cache',
  });
  response.end(same ? undefined : body);
};

const file = (response: ServerResponse, files: ReadonlyMap<string, Buffer>, path: string): void => {
  const content = files.get(path);
  if (!content) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
  });
  response.end(content);
};

/** The built console by its paths; built once for all servers of a process. */
let built: Promise<ReadonlyMap<string, Buffer>> | undefined;
const builtFiles = async (): Promise<ReadonlyMap<string, Buffer>> => {
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  try {
    await buildConsole(folder);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => extname(name) !== '');
    return new Map(names.map((name) => [`/${name}`, readFileSync(join(folder, name))]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

const base64Url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const tokenOf = (choice: Record<string, unknown>): string =>
  [base64Url({ alg: 'none' }), base64Url({ ...choice, exp: Math.floor(Date.now() / 1000) + 3600 }), 'fixture'].join(
    '.',
  );

const personOf = (request: IncomingMessage): { who: string; group: Group; facilities: string[] } => {
  const part = request.headers.authorization?.replace('Bearer ', '').split('.')[1];
  if (part === undefined) throw new Refusal(401, 'no token is given');
  const { name, group, facilities } = JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as {
    name: string;
    group: Group;
    facilities: string[];
  };
  return { who: name, group, facilities };
};

const operationOf = (
  method: string,
  path: string,
): { name: OperationName; params: Record<string, string> } | undefined => {
  const parts = path.split('/');
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const names = operation.path.split('/');
    if (operation.method !== method || names.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const fits = names.every((each, index) => {
      const part = decodeURIComponent(parts[index] ?? '');
      if (!each.startsWith('{')) return each === part;
      params[each.slice(1, -1)] = part;
      return true;
    });
    if (fits) return { name: name as OperationName, params };
  }
  return undefined;
};
