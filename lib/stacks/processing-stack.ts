import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import type { Construct } from 'constructs';
import type { CalculateEmissionsEnv } from '../../functions/calculate-emissions/env.ts';
import type { CheckComplianceEnv } from '../../functions/check-compliance/env.ts';
import type { ClosePeriodsEnv } from '../../functions/close-periods/env.ts';
import type { RecordTimeSeriesEnv } from '../../functions/record-time-series/env.ts';
import type { ValidateMeasurementsEnv } from '../../functions/validate-measurements/env.ts';
import type { VerifyContinuityEnv } from '../../functions/verify-continuity/env.ts';
import { AlarmRaiser } from '../constructs/alarm-raiser.ts';
import { ContinuityCheck } from '../constructs/continuity-check.ts';
import { allowLogin, allowStatements, loginEnvironment } from '../constructs/database-login.ts';
import { DatabaseMigrations } from '../constructs/database-migrations.ts';
import { OperatorPolicy } from '../constructs/operator-access.ts';
import { PeriodCloser } from '../constructs/period-closer.ts';
import { RecordRecovery } from '../constructs/record-recovery.ts';
import { StreamConsumer } from '../constructs/stream-consumer.ts';
import type { TimeSeries } from '../constructs/time-series.ts';
import type { Profile } from '../environments.ts';
import { softwareVersion } from '../software-version.ts';
import type { StorageStack } from './storage-stack.ts';

export interface ProcessingStackProps extends StackProps {
  readonly profile: Profile;
  readonly storage: StorageStack;
  /** Where minutes go for time-series queries besides the database, if anywhere. */
  readonly timeSeries?: TimeSeries | undefined;
}

/** The functions. Nothing in here holds plant data: the stack can be deleted and deployed again. */
export class ProcessingStack extends Stack {
  constructor(scope: Construct, id: string, { profile, storage, timeSeries, ...props }: ProcessingStackProps) {
    super(scope, id, props);
    const { streams, database, devices, landing, failedBatches, logKey } = storage;
    const migrations = new DatabaseMigrations(this, 'MigrateDatabase', { database, logKey });
    // From an agent to the database a minute passes two streams, and somebody may be waiting for it.
    const atOnce = { batchingWindow: Duration.seconds(0) };
    const consumer = { profile, failed: failedBatches, logKey, memorySize: 1024 };

    const validate = new StreamConsumer(this, 'ValidateMeasurements', {
      ...consumer,
      ...atOnce,
      folder: 'validate-measurements',
      source: streams.measurements,
      timeout: Duration.minutes(2),
      environment: {
        ...loginEnvironment(database.validateMeasurements),
        LANDING_BUCKET: landing.bucket.bucketName,
        VALIDATED_STREAM: streams.validated.streamName,
      } satisfies Record<ValidateMeasurementsEnv, string>,
    });
    allowStatements(validate.role, database.validateMeasurements);
    allowAppend(validate.role, streams.validated);
    validate.role.addManagedPolicy(landing.writer);

    if (timeSeries) {
      const record = new StreamConsumer(this, 'RecordTimeSeries', {
        ...consumer,
        folder: 'record-time-series',
        source: streams.validated,
        timeout: Duration.minutes(2),
        environment: {
          TIME_SERIES_DATABASE: timeSeries.databaseName,
          TIME_SERIES_TABLE: timeSeries.tableName,
          TIME_SERIES_RETENTION_DAYS: String(timeSeries.retentionDays),
        } satisfies Record<RecordTimeSeriesEnv, string>,
      });
      record.role.addManagedPolicy(timeSeries.writer);
    }

    const emissions = {
      ...loginEnvironment(database.calculateEmissions),
      EMISSIONS_STREAM: streams.emissions.streamName,
    } satisfies Record<CalculateEmissionsEnv, string> & Record<ClosePeriodsEnv, string>;
    const calculate = new StreamConsumer(this, 'CalculateEmissions', {
      ...consumer,
      ...atOnce,
      folder: 'calculate-emissions',
      source: streams.validated,
      timeout: Duration.minutes(5),
      environment: emissions,
    });
    const close = new PeriodCloser(this, 'ClosePeriods', {
      folder: 'close-periods',
      memorySize: 512,
      timeout: Duration.minutes(5),
      environment: emissions,
      logKey,
    });
    for (const { role } of [calculate, close]) {
      allowLogin(role, database.calculateEmissions);
      allowAppend(role, streams.emissions);
    }

    const check = new StreamConsumer(this, 'CheckCompliance', {
      ...consumer,
      folder: 'check-compliance',
      source: streams.emissions,
      timeout: Duration.minutes(2),
      environment: loginEnvironment(database.checkCompliance) satisfies Record<CheckComplianceEnv, string>,
    });
    allowLogin(check.role, database.checkCompliance);

    const verify = new ContinuityCheck(this, 'VerifyContinuity', {
      folder: 'verify-continuity',
      memorySize: 512,
      // A certificate of a quarter of many facilities.
      timeout: Duration.minutes(15),
      environment: {
        ...loginEnvironment(database.verifyContinuity),
        DEVICES_TABLE: devices.tableName,
        EVIDENCE_KEY_ARN: storage.evidenceKey.keyArn,
        SOFTWARE_VERSION: softwareVersion(),
      } satisfies Record<VerifyContinuityEnv, string>,
      evidenceKey: storage.evidenceKey,
      logKey,
    });
    allowStatements(verify.role, database.verifyContinuity);
    devices.allowFindingByFacility(verify.role);
    new CfnOutput(this, 'VerifyContinuityFunctionArn', {
      value: verify.alias.functionArn,
      description: 'finds missing minutes of a range, and certifies that there are none',
    });

    const recover = new RecordRecovery(this, 'RecoverRecords', { storage });
    new CfnOutput(this, 'RecoverRecordsFunctionArn', {
      value: recover.alias.functionArn,
      description: 'puts what failed or was quarantined back on its stream',
    });

    const raise = new AlarmRaiser(this, 'RaiseAlarms', { storage });
    new CfnOutput(this, 'RaiseAlarmsFunctionArn', {
      value: raise.alias.functionArn,
      description: 'raises alarms and tells people, and tests the way to them on request',
    });

    const requests = [verify.requests(), recover.requests(), raise.requests()];
    const operator = new OperatorPolicy(this, 'OperatorPolicy', { storage, requests });
    new CfnOutput(this, 'OperatorPolicyArn', {
      value: operator.managedPolicyArn,
      description: 'managed policy of whoever operates the deployment by the command line',
    });

    for (const user of [validate, calculate, close, check, verify, raise]) migrations.runBefore(user);
  }
}

const allowAppend = (role: IRole, stream: IStream): void => {
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['kinesis:PutRecords'], resources: [stream.streamArn] }));
};
