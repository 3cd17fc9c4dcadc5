import { expect } from 'vitest';
import type { Operation } from '#core/contracts/api/operation';
import { OPERATIONS, type OperationName } from '#core/contracts/api/operations';
import { problem } from '#core/contracts/api/problem';
import { executionName } from '#core/report/names';
import { type ApiEvent, makeHandler, type ServeApi } from '../../../functions/serve-api/handler.ts';
import { storedParts } from '../../../functions/serve-api/stored-parts.ts';
import type { testDatabase } from '../database.ts';
import { context } from '../events.ts';

export type Token = Readonly<Record<string, unknown>>;

export const token = (group: string, facilities = '*', over: Token = {}): Token => ({
  sub: `sub of ${group}`,
  email: `${group}@example.org`,
  token_use: 'id',
  'cognito:groups': `[${group}]`,
  'custom:facilities': facilities,
  ...over,
});

export interface Call {
  readonly method?: string;
  readonly query?: string;
  readonly token?: Token | undefined;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly json: Readonly<Record<string, unknown>>;
}

const REQUEST = 'request-of-the-test';

export const eventOf = (
  path: string,
  { method = 'GET', query = '', token: claims, body, headers = {} }: Call,
): ApiEvent => ({
  version: '2.0',
  routeKey: 'ANY /api/v1/{proxy+}',
  rawPath: path,
  rawQueryString: query,
  headers,
  isBase64Encoded: false,
  ...(body === undefined ? {} : { body }),
  requestContext: {
    accountId: '000000000000',
    apiId: 'test',
    domainName: 'test',
    domainPrefix: 'test',
    http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
    requestId: REQUEST,
    routeKey: 'ANY /api/v1/{proxy+}',
    stage: '$default',
    time: '',
    timeEpoch: 0,
    ...(claims === undefined
      ? {}
      : { authorizer: { principalId: '', integrationLatency: 0, jwt: { claims: claims as never, scopes: [] } } }),
  },
});

export const NOW = Date.parse('2026-03-01T12:00:30Z');

/** The API on a database, with a state machine, an archive and a CloudWatch that only remember what they are asked. */
export const apiOn = (db: Awaited<ReturnType<typeof testDatabase>>, over: Partial<ServeApi> = {}) => {
  const database = db.as('serve_api');
  const started: string[] = [];
  const handler = makeHandler({
    ...storedParts(database),
    systemAlarms: () => Promise.resolve([]),
    reportMachine: {
      isRunning: async (report) => started.some((execution) => execution.endsWith(`:${executionName(report)}`)),
      start: async (reports, { facility, year, quarter }, startedBy) => {
        const newest = await reports.newest(facility, year, quarter);
        const order = { facility, year, quarter, revision: (newest?.revision ?? 0) + 1, startedBy };
        const execution = `arn:aws:states:us-east-1:000000000000:execution:QuarterlyReport:${executionName(order)}`;
        started.push(execution);
        return { order, execution, startedAt: new Date(NOW).toISOString(), started: true };
      },
    },
    reportLink: (key, fileName, seconds) =>
      Promise.resolve(`https://archive.test/${key}?as=${fileName}&for=${seconds}`),
    now: () => NOW,
    ...over,
  });

  const call = async (path: string, given: Call = {}): Promise<Answer> => {
    const result = await handler(eventOf(path, given), context);
    const {
      statusCode: status = 0,
      headers = {},
      body = '',
    } = result as {
      statusCode?: number;
      headers?: Record<string, string>;
      body?: string;
    };
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['strict-transport-security']).toContain('max-age=');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const isJson = headers['content-type']?.includes('json') ?? false;
    return { status, headers, body, json: isJson ? JSON.parse(body) : {} };
  };

  /** Calls an operation and holds its answer to its contract: its own one, or a problem. */
  const ask = async (name: OperationName, params: Readonly<Record<string, string | number>> = {}, given: Call = {}) => {
    const { method, path }: Operation = OPERATIONS[name];
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, word: string) => encodeURIComponent(params[word] ?? ''));
    const answer = await call(`/api/v1${filled}`, { method, token: token('admin'), ...given });
    expectContract(name, answer);
    return answer;
  };

  const send = (
    name: OperationName,
    params: Readonly<Record<string, string | number>>,
    body: unknown,
    who = token('engineer'),
  ) => ask(name, params, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' }, token: who });

  return { call, ask, send, started };
};

export const expectContract = (name: OperationName, { status, headers, body, json }: Answer): void => {
  const { answer }: Operation = OPERATIONS[name];
  if (status === 200 && answer) expect(answer.safeParse(json).error).toBeUndefined();
  else if (status === 200) expect(headers['content-type']).toMatch(/^text\/csv/);
  else if (status === 304) expect(body).toBe('');
  else {
    expect(headers['content-type']).toBe('application/problem+json');
    expect(problem.safeParse(json).error).toBeUndefined();
    expect(json.instance).toBe(REQUEST);
    expect(json.status).toBe(status);
  }
};
