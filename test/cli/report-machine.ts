import { S3Client } from '@aws-sdk/client-s3';
import { dataApiPlans } from '#adapters/data-api-plans';
import { dataApiQuarter } from '#adapters/data-api-quarter';
import { dataApiReports } from '#adapters/data-api-reports';
import { s3Archive } from '#adapters/s3-archive';
import { s3Landing } from '#adapters/s3-landing';
import { s3Objects } from '#adapters/s3-objects';
import { makeHandler } from '../../functions/report-quarter/handler.ts';
import { openGuard } from '../../local/services/iam/guard.ts';
import { startStepFunctions } from '../../local/services/step-functions.ts';
import type { testDatabase } from '../functions/database.ts';
import { context } from '../functions/events.ts';

export const REPORT_MACHINE = 'arn:aws:states:us-east-1:000000000000:stateMachine:EmissionWatch-QuarterlyReport';
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:report-quarter';
export const RETENTION_DAYS = 2557;
/** As the storage stack makes them: one locks what is put into it, the other does not. */
export const REPORT_BUCKETS = [
  {
    name: 'reports',
    versioned: true,
    objectLock: { retention: { mode: 'COMPLIANCE', days: RETENTION_DAYS } },
  },
  { name: 'report-work', versioned: true },
] as const;

const step = (name: string, more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: {
    FunctionName: FUNCTION,
    Payload: {
      step: name,
      'order.$': '$$.Execution.Input',
      'execution.$': '$$.Execution.Id',
      'startedAt.$': '$$.Execution.StartTime',
      ...more,
    },
  },
  OutputPath: '$.Payload',
});
const Catch = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'MarkFailed' }];

/** The way of the state machine of the reporting stack, without its retries. */
const DEFINITION = JSON.stringify({
  StartAt: 'Plan',
  States: {
    Plan: { ...step('plan'), Catch, Next: 'IsAnythingStored' },
    IsAnythingStored: {
      Type: 'Choice',
      Choices: [{ Variable: '$.nothing', IsPresent: true, Next: 'NothingToReport' }],
      Default: 'CollectSources',
    },
    NothingToReport: { Type: 'Succeed' },
    CollectSources: {
      Type: 'Map',
      ItemsPath: '$.sources',
      ItemSelector: { 'source.$': '$$.Map.Item.Value' },
      MaxConcurrency: 4,
      ResultPath: '$.collected',
      ItemProcessor: {
        StartAt: 'Collect',
        States: { Collect: { ...step('collect', { 'source.$': '$.source' }), End: true } },
      },
      Catch,
      Next: 'Render',
    },
    Render: { ...step('render', { 'collected.$': '$.collected' }), Catch, Next: 'Archive' },
    Archive: { ...step('archive', { 'rendered.$': '$' }), Catch, End: true },
    MarkFailed: { ...step('fail', { 'error.$': '$.error' }), OutputPath: '$', ResultPath: null, Next: 'Failed' },
    Failed: { Type: 'Fail', ErrorPath: '$.error.Error', CausePath: '$.error.Cause' },
  },
});

/** Step Functions with the function of the reports behind it, on the services of a test. */
export const startReportMachine = async (
  dataDir: string,
  database: Awaited<ReturnType<typeof testDatabase>>,
  s3Endpoint: string,
) => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const s3 = new S3Client({ region: 'us-east-1', endpoint: s3Endpoint, credentials });
  const own = database.as('report_quarter');
  const handler = makeHandler({
    plans: dataApiPlans(own),
    store: dataApiQuarter(own),
    reports: dataApiReports(own),
    work: { ...s3Landing('report-work', s3), ...s3Objects('report-work', s3) },
    archive: s3Archive('reports', RETENTION_DAYS, s3),
    softwareVersion: '1.2.3',
  });
  const machine = await startStepFunctions({
    dataDir,
    machines: [
      {
        name: 'EmissionWatch-QuarterlyReport',
        arn: REPORT_MACHINE,
        roleArn: 'r',
        definition: DEFINITION,
        traced: false,
      },
    ],
    lambda: {
      invoke: async (_, event) => {
        try {
          const answer = await handler(JSON.parse(event), context);
          return { outcome: 'returned', requestId: 'r', text: JSON.stringify(answer) };
        } catch (error) {
          const { name, message } = error as Error;
          return { outcome: 'failed', requestId: 'r', fault: { errorType: name, errorMessage: message } };
        }
      },
    },
    guard: openGuard,
    log: () => {},
  });
  return {
    endpoint: machine.endpoint,
    stop: async () => {
      await machine.stop();
      s3.destroy();
    },
  };
};
