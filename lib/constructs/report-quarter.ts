import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { ReportQuarterEnv } from '../../functions/report-quarter/env.ts';
import { objectLockOf } from '../environments.ts';
import { softwareVersion } from '../software-version.ts';
import type { StorageStack } from '../stacks/storage-stack.ts';
import { allowStatements, loginEnvironment } from './database-login.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { acknowledgeObjects, objectsArn, useKeyOf } from './stored-objects.ts';

/** Steps at a time, of all reports. */
export const REPORT_STEPS_AT_ONCE = 4;

/** The steps of a quarterly report. It adds to the archive, and can neither delete there nor change how long it holds. */
export class ReportQuarter extends PipelineFunction {
  /** For the state machine. */
  readonly alias: Alias;

  constructor(scope: Construct, id: string, { storage }: { readonly storage: StorageStack }) {
    const { database, logKey, reports } = storage;
    super(scope, id, {
      folder: 'report-quarter',
      // The hours of one source of a quarter, or the summaries of all sources of a facility.
      memorySize: 1024,
      timeout: Duration.minutes(5),
      reservedConcurrency: REPORT_STEPS_AT_ONCE,
      afterFailure: 'the state machine tries the step again, and in the end marks the report failed with the reason',
      environment: {
        ...loginEnvironment(database.reportQuarter),
        REPORTS_BUCKET: reports.bucket.bucketName,
        WORK_BUCKET: reports.work.bucketName,
        RETENTION_DAYS: String(objectLockOf(scope.node.tryGetContext('objectLock')).days),
        SOFTWARE_VERSION: softwareVersion(),
      } satisfies Record<ReportQuarterEnv, string>,
      logKey,
    });
    allowStatements(this.role, database.reportQuarter);
    this.allowObjects(storage);
    this.alias = this.live();
  }

  private allowObjects({ reports }: StorageStack): void {
    const archived = { bucket: reports.bucket, output: 'ReportsBucketName', prefix: 'reports/' };
    const working = { bucket: reports.work, output: 'ReportWorkBucketName', prefix: 'work/' };
    // What it has archived it looks at: it must be held, and for how long.
    const archive = ['s3:PutObject', 's3:GetObject', 's3:GetObjectRetention'];
    for (const [objects, actions] of [
      [archived, archive],
      [working, ['s3:PutObject', 's3:GetObject']],
    ] as const) {
      this.role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: [objectsArn(this, objects)] }));
      this.role.addToPolicy(useKeyOf(this, objects.bucket, 'kms:GenerateDataKey', 'kms:Decrypt'));
    }
    acknowledgeObjects(this.role, archived, working);
  }
}
