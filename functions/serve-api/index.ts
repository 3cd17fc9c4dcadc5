import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { cloudWatchAlarms } from '#adapters/cloudwatch-alarms';
import { env } from '#adapters/env';
import { ownDatabase } from '#adapters/own-database';
import { s3Download } from '#adapters/s3-download';
import { sfnReports } from '#adapters/sfn-reports';
import type { ServeApiEnv } from './env.ts';
import { makeHandler } from './handler.ts';
import { storedParts } from './stored-parts.ts';

const setting = env<ServeApiEnv>;
const database = ownDatabase();
/** The page of the pipeline is asked for every few seconds: a CloudWatch that does not answer must not hold it up. */
const cloudWatch = new CloudWatchClient({
  maxAttempts: 2,
  requestHandler: new NodeHttpHandler({ connectionTimeout: 1000, requestTimeout: 3000 }),
});

export const handler = makeHandler({
  ...storedParts(database),
  systemAlarms: cloudWatchAlarms(cloudWatch),
  reportMachine: sfnReports(setting('QUARTERLY_REPORT_STATE_MACHINE_ARN')),
  reportLink: s3Download(setting('REPORTS_BUCKET'), new S3Client({})),
  now: Date.now,
});
