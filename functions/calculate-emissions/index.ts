import { dataApiHours } from '#adapters/data-api-hours';
import { dataApiMinutes } from '#adapters/data-api-minutes';
import { dataApiPlans } from '#adapters/data-api-plans';
import { env } from '#adapters/env';
import { kinesisStream } from '#adapters/kinesis-stream';
import { ownDatabase } from '#adapters/own-database';
import type { CalculateEmissionsEnv } from './env.ts';
import { makeHandler } from './handler.ts';

const setting = env<CalculateEmissionsEnv>;
const database = ownDatabase();

export const handler = makeHandler({
  plans: dataApiPlans(database),
  minutes: dataApiMinutes(database),
  hours: dataApiHours(database),
  emissions: kinesisStream(setting('EMISSIONS_STREAM')),
});
