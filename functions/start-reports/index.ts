import { listFacilities } from '#adapters/data-api-facilities';
import { dataApiQuarter } from '#adapters/data-api-quarter';
import { dataApiReports } from '#adapters/data-api-reports';
import { env } from '#adapters/env';
import { ownDatabase } from '#adapters/own-database';
import { sfnReports } from '#adapters/sfn-reports';
import type { StartReportsEnv } from './env.ts';
import { makeHandler } from './handler.ts';

const database = ownDatabase();

export const handler = makeHandler({
  facilities: () => listFacilities(database),
  store: dataApiQuarter(database),
  reports: dataApiReports(database),
  machine: sfnReports(env<StartReportsEnv>('STATE_MACHINE_ARN')),
  now: Date.now,
});
