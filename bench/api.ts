import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import type { Database } from '#adapters/data-api';
import { textOfHour, textOfMinute } from '#core/time';
import { type ApiEvent, makeHandler } from '../functions/serve-api/handler.ts';
import { storedParts } from '../functions/serve-api/stored-parts.ts';
import { withCloud } from './cloud.ts';
import { figure } from './figure.ts';
import { fillDatabase } from './fill-database.ts';

/** 13 months. */
const HOURS = 9500;
const DAYS = 7;
const ASKED = 60;

/** How long answers of the API take with 13 months of a plant of 20 sources stored: in process, and the whole way. */
export const benchApi = (root: string): Promise<void> =>
  withCloud({ root, facilities: 1, context: {} }, async ({ cloud, database, facilities: [facility = ''] }) => {
    const until = Math.floor(Date.now() / 60_000);
    await fillDatabase(database, { facility, until, hours: HOURS, days: DAYS });
    // Only figures are printed here.
    process.env.POWERTOOLS_METRICS_DISABLED = 'true';
    const handler = makeHandler(partsOn(database));
    const asked = requests(facility, until);
    const inProcess = await measure(asked, async (path, query) => {
      const { statusCode, body = '' } = (await handler(eventOf(path, query), {} as Context)) as {
        statusCode?: number;
        body?: string;
      };
      return { status: statusCode, body };
    });
    tell('API, slowest answer, 95th percentile', inProcess, 'the handler alone, in this process');
    const { console } = cloud.endpoints;
    if (console === undefined) throw new Error('the templates have no console: nothing leads to the API');
    const authorization = `Bearer ${await tokenOf(console)}`;
    const wholeWay = await measure(only(asked, ON_THE_WHOLE_WAY), async (path, query) => {
      const answer = await fetch(`${console}/api/v1${path}?${query}`, { headers: { authorization } });
      return { status: answer.status, body: await answer.text() };
    });
    const way = 'console, gateway with a token, an instance of serve-api, Data API, database';
    tell('API over HTTP, slowest answer, 95th percentile', wholeWay, way);
  });

interface Answer {
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly bytes: number;
}
type Requests = Readonly<Record<string, readonly [path: string, query: string]>>;

/** The gateway passes 50 requests a second: this is waited between two, and not measured. */
const PAUSE_MS = 25;

const measure = async (
  asked: Requests,
  ask: (path: string, query: string) => Promise<{ readonly status: number | undefined; readonly body: string }>,
): Promise<ReadonlyMap<string, Answer>> => {
  const answers = new Map<string, Answer>();
  for (const [name, [path, query]] of Object.entries(asked)) {
    const times: number[] = [];
    let bytes = 0;
    for (let i = 0; i < ASKED; i++) {
      await sleep(PAUSE_MS);
      const began = performance.now();
      const { status, body } = await ask(path, query);
      times.push(performance.now() - began);
      if (status !== 200) throw new Error(`${name} answered ${status}: ${body}`);
      bytes = Buffer.byteLength(body);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => Number(times[Math.floor(share * ASKED)]!.toPrecision(3));
    answers.set(name, { p50: at(0.5), p95: at(0.95), bytes });
  }
  return answers;
};

const tell = (name: string, answers: ReadonlyMap<string, Answer>, way: string): void => {
  const [slowest, { p95 }] = [...answers].reduce((worst, one) => (one[1].p95 > worst[1].p95 ? one : worst));
  const stored = `${HOURS} hours of 20 sources, ${DAYS} days of minutes`;
  figure(name, p95, 'ms', { goal: 50, limit: 200, slowest, way, stored, answers: Object.fromEntries(answers) });
};

/** What a person waits for. */
const ON_THE_WHOLE_WAY = ['facilities', 'facility', 'curve of 30 days', 'hour', 'minutes of an hour'];
const only = (asked: Requests, names: readonly string[]): Requests =>
  Object.fromEntries(Object.entries(asked).filter(([name]) => names.includes(name)));

const tokenOf = async (console: string): Promise<string> => {
  const login = await fetch(`${console}/development-login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ group: 'engineer', facilities: ['*'], name: 'bench' }),
  });
  if (!login.ok) throw new Error(`the development login answered ${login.status}: ${await login.text()}`);
  return ((await login.json()) as { idToken: string }).idToken;
};

const partsOn = (database: Database) => ({
  ...storedParts(database),
  systemAlarms: () => Promise.resolve([]),
  reportMachine: {
    isRunning: async () => false,
    start: () => Promise.reject(new Error('the benchmark starts no report')),
  },
  reportLink: () => Promise.resolve(''),
  now: Date.now,
});

/** What the console asks for, and the longest of each kind. */
const requests = (facility: string, until: number): Requests => {
  const source = `/facilities/${facility}/sources/S07`;
  const range = (minutes: number) => `from=${textOfMinute(until - minutes)}&until=${textOfMinute(until)}`;
  return {
    facilities: ['/facilities', ''],
    facility: [`/facilities/${facility}`, ''],
    plan: [`/facilities/${facility}/plan`, ''],
    latestMinute: [`${source}/latest-minute`, ''],
    'minutes of an hour': [`${source}/minutes`, range(60)],
    'minutes of a day': [`${source}/minutes`, `${range(1440)}&limit=1000`],
    'hours of a day': [`${source}/hours`, range(1440)],
    'curve of a day': [`${source}/series`, range(1440)],
    'curve of 30 days': [`${source}/series`, range(43_200)],
    hour: [`${source}/hours/${textOfHour(Math.floor(until / 60) - 2)}`, ''],
    compliance: [`${source}/compliance`, range(43_200)],
    exceedances: ['/exceedances', ''],
    alarms: ['/alarms', ''],
    quarantine: ['/quarantine', ''],
    pipeline: ['/pipeline', ''],
    continuity: ['/continuity', ''],
    reports: ['/reports', ''],
    audit: ['/audit', ''],
  };
};

const eventOf = (path: string, rawQueryString: string): ApiEvent => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: `/api/v1${path}`,
  rawQueryString,
  headers: {},
  isBase64Encoded: false,
  requestContext: {
    accountId: '',
    apiId: '',
    domainName: '',
    domainPrefix: '',
    http: { method: 'GET', path: `/api/v1${path}`, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'bench' },
    requestId: 'bench',
    routeKey: '$default',
    stage: '$default',
    time: '',
    timeEpoch: 0,
    authorizer: {
      principalId: '',
      integrationLatency: 0,
      jwt: {
        claims: {
          sub: 'bench',
          email: 'bench@example.org',
          token_use: 'id',
          'cognito:groups': '[admin]',
          'custom:facilities': '*',
        },
        scopes: [],
      },
    },
  },
});
