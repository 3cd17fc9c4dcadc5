import { dataApiPlans } from '#adapters/data-api-plans';
import { dataApiQuarantine } from '#adapters/data-api-quarantine';
import { env } from '#adapters/env';
import { kinesisStream } from '#adapters/kinesis-stream';
import { ownDatabase } from '#adapters/own-database';
import { s3Landing } from '#adapters/s3-landing';
import type { ValidateMeasurementsEnv } from './env.ts';
import { makeHandler } from './handler.ts';

const setting = env<ValidateMeasurementsEnv>;
const database = ownDatabase();

export const handler = makeHandler({
  landing: s3Landing(setting('LANDING_BUCKET')),
  plans: dataApiPlans(database),
  quarantine: dataApiQuarantine(database),
  validated: kinesisStream(setting('VALIDATED_STREAM')),
  now: Date.now,
});
