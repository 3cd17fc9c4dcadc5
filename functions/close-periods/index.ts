import { dataApi } from '#adapters/data-api';
import { dataApiHours } from '#adapters/data-api-hours';
import { dataApiPlans } from '#adapters/data-api-plans';
import { env } from '#adapters/env';
import { kinesisStream } from '#adapters/kinesis-stream';
import type { ClosePeriodsEnv } from './env.ts';
import { makeHandler } from './handler.ts';

const setting = env<ClosePeriodsEnv>;
const database = dataApi({
  clusterArn: setting('DATABASE_CLUSTER_ARN'),
  secretArn: setting('DATABASE_SECRET_ARN'),
  database: setting('DATABASE_NAME'),
});

export const handler = makeHandler({
  plans: dataApiPlans(database),
  hours: dataApiHours(database),
  emissions: kinesisStream(setting('EMISSIONS_STREAM')),
});
