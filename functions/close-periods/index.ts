import { dataApiHours } from '#adapters/data-api-hours';
import { dataApiPlans } from '#adapters/data-api-plans';
import { env } from '#adapters/env';
import { kinesisStream } from '#adapters/kinesis-stream';
import { ownDatabase } from '#adapters/own-database';
import type { ClosePeriodsEnv } from './env.ts';
import { makeHandler } from './handler.ts';

const setting = env<ClosePeriodsEnv>;
const database = ownDatabase();

export const handler = makeHandler({
  plans: dataApiPlans(database),
  hours: dataApiHours(database),
  emissions: kinesisStream(setting('EMISSIONS_STREAM')),
});
