import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { cloudWatchAlarms } from '#adapters/cloudwatch-alarms';
import { dataApiAlarmList } from '#adapters/data-api-alarm-list';
import { dataApiAudit } from '#adapters/data-api-audit';
import { dataApiExceedanceList } from '#adapters/data-api-exceedance-list';
import { dataApiPipeline } from '#adapters/data-api-pipeline';
import { dataApiPlans } from '#adapters/data-api-plans';
import { dataApiPlantState } from '#adapters/data-api-plant-state';
import { dataApiQuarter } from '#adapters/data-api-quarter';
import { dataApiReports } from '#adapters/data-api-reports';
import { dataApiSeries } from '#adapters/data-api-series';
import { env } from '#adapters/env';
import { ownDatabase } from '#adapters/own-database';
import { s3Download } from '#adapters/s3-download';
import { sfnReports } from '#adapters/sfn-reports';
import type { ServeApiEnv } from './env.ts';
import { makeHandler } from './handler.ts';

const setting = env<ServeApiEnv>;
const database = ownDatabase();
/** The page of the pipeline is asked for every few seconds: a CloudWatch that does not answer must not hold it up. */
const cloudWatch = new CloudWatchClient({
  maxAttempts: 2,
  requestHandler: new NodeHttpHandler({ connectionTimeout: 1000, requestTimeout: 3000 }),
});

export const handler = makeHandler({
  database,
  plans: dataApiPlans(database),
  plantState: dataApiPlantState(database),
  series: dataApiSeries(database),
  exceedances: dataApiExceedanceList(database),
  alarms: dataApiAlarmList(database),
  pipeline: dataApiPipeline(database),
  systemAlarms: cloudWatchAlarms(cloudWatch),
  reports: dataApiReports(database),
  quarters: dataApiQuarter(database),
  reportMachine: sfnReports(setting('QUARTERLY_REPORT_STATE_MACHINE_ARN')),
  reportLink: s3Download(setting('REPORTS_BUCKET'), new S3Client({})),
  audit: dataApiAudit(database),
  now: Date.now,
});
