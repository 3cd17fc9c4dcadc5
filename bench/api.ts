import type { Context } from 'aws-lambda';
import type { Database } from '#adapters/data-api';
import { dataApiAlarmList } from '#adapters/data-api-alarm-list';
import { dataApiAudit } from '#adapters/data-api-audit';
import { dataApiExceedanceList } from '#adapters/data-api-exceedance-list';
import { dataApiPipeline } from '#adapters/data-api-pipeline';
import { dataApiPlans } from '#adapters/data-api-plans';
import { dataApiPlantState } from '#adapters/data-api-plant-state';
import { dataApiReports } from '#adapters/data-api-reports';
import { dataApiSeries } from '#adapters/data-api-series';
import { textOfHour, textOfMinute } from '#core/time';
import { type ApiEvent, makeHandler } from '../functions/serve-api/handler.ts';
import { withCloud } from './cloud.ts';
import { figure } from './figure.ts';
import { fillDatabase } from './fill-database.ts';

/** 13 months. */
const HOURS = 9500;
const DAYS = 7;
const ASKED = 60;

/** How long answers of the API take with 13 months of a plant of 20 sources stored. */
export const benchApi = (root: string): Promise<void> =>
  withCloud({ root, facilities: 1, context: {} }, async ({ database, facilities: [facility = ''] }) => {
    const until = Math.floor(Date.now() / 60_000);
    await fillDatabase(database, { facility, until, hours: HOURS, days: DAYS });
    // Only figures are printed here.
    process.env.POWERTOOLS_METRICS_DISABLED = 'true';
    const handler = makeHandler(partsOn(database));
    const worst = { path: '', p95: 0 };
    const answers: Record<string, { p50: number; p95: number; bytes: number }> = {};
    for (const [name, [path, query]] of Object.entries(requests(facility, until))) {
      const times: number[] = [];
      let bytes = 0;
      for (let i = 0; i < ASKED; i++) {
        const began = performance.now();
        const { statusCode, body = '' } = (await handler(eventOf(path, query), {} as Context)) as {
          statusCode?: number;
          body?: string;
        };
        times.push(performance.now() - began);
        if (statusCode !== 200) throw new Error(`${name} answered ${statusCode}: ${body}`);
        bytes = Buffer.byteLength(body);
      }
      times.sort((a, b) => a - b);
      const [p50, p95] = [0.5, 0.95].map((share) => Number(times[Math.floor(share * ASKED)]!.toPrecision(3)));
      answers[name] = { p50: p50!, p95: p95!, bytes };
      if (p95! > worst.p95) Object.assign(worst, { path: name, p95 });
    }
    figure('API, slowest answer, 95th percentile', worst.p95, 'ms', {
      goal: 50,
      limit: 200,
      slowest: worst.path,
      stored: `${HOURS} hours of 20 sources, ${DAYS} days of minutes`,
      answers,
    });
  });

const partsOn = (database: Database) => ({
  database,
  plans: dataApiPlans(database),
  plantState: dataApiPlantState(database),
  series: dataApiSeries(database),
  exceedances: dataApiExceedanceList(database),
  alarms: dataApiAlarmList(database),
  pipeline: dataApiPipeline(database),
  systemAlarms: () => Promise.resolve([]),
  reports: dataApiReports(database),
  reportMachine: {
    isRunning: async () => false,
    start: () => Promise.reject(new Error('the benchmark starts no report')),
  },
  reportLink: () => Promise.resolve(''),
  audit: dataApiAudit(database),
  now: Date.now,
});

/** What the console asks for, and the longest of each kind. */
const requests = (facility: string, until: number): Readonly<Record<string, readonly [string, string]>> => {
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
