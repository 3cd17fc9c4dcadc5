import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import type { Construct } from 'constructs';
import type { CalculateEmissionsEnv } from '../../functions/calculate-emissions/env.ts';
import type { CheckComplianceEnv } from '../../functions/check-compliance/env.ts';
import type { ClosePeriodsEnv } from '../../functions/close-periods/env.ts';
import type { ValidateMeasurementsEnv } from '../../functions/validate-measurements/env.ts';
import { allowLogin, loginEnvironment } from '../constructs/database-login.ts';
import { DatabaseMigrations } from '../constructs/database-migrations.ts';
import { PeriodCloser } from '../constructs/period-closer.ts';
import { StreamConsumer } from '../constructs/stream-consumer.ts';
import type { Profile } from '../environments.ts';
import type { StorageStack } from './storage-stack.ts';

export interface ProcessingStackProps extends StackProps {
  readonly profile: Profile;
  readonly storage: StorageStack;
}

/** The functions. Nothing in here holds plant data: the stack can be deleted and deployed again. */
export class ProcessingStack extends Stack {
  constructor(scope: Construct, id: string, { profile, storage, ...props }: ProcessingStackProps) {
    super(scope, id, props);
    const { streams, database, landing, failedBatches, logKey } = storage;
    const migrations = new DatabaseMigrations(this, 'MigrateDatabase', { database, logKey });
    const consumer = { profile, failed: failedBatches, logKey, memorySize: 1024 };

    const validate = new StreamConsumer(this, 'ValidateMeasurements', {
      ...consumer,
      folder: 'validate-measurements',
      source: streams.measurements,
      timeout: Duration.minutes(2),
      environment: {
        ...loginEnvironment(database.validateMeasurements),
        LANDING_BUCKET: landing.bucket.bucketName,
        VALIDATED_STREAM: streams.validated.streamName,
      } satisfies Record<ValidateMeasurementsEnv, string>,
    });
    allowLogin(validate.role, database.validateMeasurements);
    allowAppend(validate.role, streams.validated);
    validate.role.addManagedPolicy(landing.writer);

    const emissions = {
      ...loginEnvironment(database.calculateEmissions),
      EMISSIONS_STREAM: streams.emissions.streamName,
    } satisfies Record<CalculateEmissionsEnv, string> & Record<ClosePeriodsEnv, string>;
    const calculate = new StreamConsumer(this, 'CalculateEmissions', {
      ...consumer,
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

    for (const user of [validate, calculate, close, check]) migrations.runBefore(user);
  }
}

const allowAppend = (role: IRole, stream: IStream): void => {
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['kinesis:PutRecords'], resources: [stream.streamArn] }));
};
