import { S3Client } from '@aws-sdk/client-s3';
import { dataApiPlans } from '#adapters/data-api-plans';
import { dataApiQuarter } from '#adapters/data-api-quarter';
import { dataApiReports } from '#adapters/data-api-reports';
import { env } from '#adapters/env';
import { ownDatabase } from '#adapters/own-database';
import { s3Archive } from '#adapters/s3-archive';
import { s3Landing } from '#adapters/s3-landing';
import { s3Objects } from '#adapters/s3-objects';
import type { ReportQuarterEnv } from './env.ts';
import { makeHandler } from './handler.ts';

const setting = env<ReportQuarterEnv>;
const database = ownDatabase();
const s3 = new S3Client({});
const workBucket = setting('WORK_BUCKET');

export const handler = makeHandler({
  plans: dataApiPlans(database),
  store: dataApiQuarter(database),
  reports: dataApiReports(database),
  work: { ...s3Landing(workBucket, s3), ...s3Objects(workBucket, s3) },
  archive: s3Archive(setting('REPORTS_BUCKET'), Number(setting('RETENTION_DAYS')), s3),
  softwareVersion: setting('SOFTWARE_VERSION'),
});
