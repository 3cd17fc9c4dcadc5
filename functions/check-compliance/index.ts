import { dataApi } from '#adapters/data-api';
import { dataApiCompliance } from '#adapters/data-api-compliance';
import { dataApiPlans } from '#adapters/data-api-plans';
import { env } from '#adapters/env';
import type { CheckComplianceEnv } from './env.ts';
import { makeHandler } from './handler.ts';

const setting = env<CheckComplianceEnv>;
const database = dataApi({
  clusterArn: setting('DATABASE_CLUSTER_ARN'),
  secretArn: setting('DATABASE_SECRET_ARN'),
  database: setting('DATABASE_NAME'),
});

export const handler = makeHandler({ plans: dataApiPlans(database), compliance: dataApiCompliance(database) });
