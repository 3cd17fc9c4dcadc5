import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CustomResource, Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { MigrateDatabaseEnv } from '../../functions/migrate-database/env.ts';
import { allowLogin, allowSecret, loginEnvironment } from './database-login.ts';
import type { EmissionsDatabase } from './emissions-database.ts';
import { PipelineFunction } from './pipeline-function.ts';

export interface DatabaseMigrationsProps {
  readonly database: EmissionsDatabase;
  readonly logKey: IKey;
}

const MIGRATIONS = fileURLToPath(new URL('../../functions/migrate-database/migrations', import.meta.url));

/**
 * Brings the schema and the database roles up to date on every deployment that changes a migration.
 */
export class DatabaseMigrations extends PipelineFunction {
  private readonly run: CustomResource;

  constructor(scope: Construct, id: string, { database, logKey }: DatabaseMigrationsProps) {
    const { owner, validateMeasurements, calculateEmissions, checkCompliance, operator, verifyContinuity } = database;
    const { raiseAlarms, reportQuarter, serveApi } = database;
    super(scope, id, {
      folder: 'migrate-database',
      environment: {
        ...loginEnvironment(owner),
        VALIDATE_MEASUREMENTS_SECRET_ARN: validateMeasurements.secret.secretArn,
        CALCULATE_EMISSIONS_SECRET_ARN: calculateEmissions.secret.secretArn,
        CHECK_COMPLIANCE_SECRET_ARN: checkCompliance.secret.secretArn,
        OPERATOR_SECRET_ARN: operator.secret.secretArn,
        VERIFY_CONTINUITY_SECRET_ARN: verifyContinuity.secret.secretArn,
        RAISE_ALARMS_SECRET_ARN: raiseAlarms.secret.secretArn,
        REPORT_QUARTER_SECRET_ARN: reportQuarter.secret.secretArn,
        SERVE_API_SECRET_ARN: serveApi.secret.secretArn,
      } satisfies Record<MigrateDatabaseEnv, string>,
      memorySize: 512,
      timeout: Duration.minutes(10),
      // CloudFormation asks for one thing at a time.
      reservedConcurrency: 1,
      afterFailure: 'CloudFormation waits for its answer and undoes the deployment without one',
      logKey,
      commandHooks: {
        beforeBundling: () => [],
        beforeInstall: () => [],
        afterBundling: (_, output) => [`cp -r "${MIGRATIONS}" "${output}"`],
      },
    });
    allowLogin(this.role, owner);
    const people = [operator, raiseAlarms, reportQuarter, serveApi];
    for (const login of [validateMeasurements, calculateEmissions, checkCompliance, verifyContinuity, ...people])
      allowSecret(this.role, login);

    this.run = new CustomResource(this, 'Run', {
      resourceType: 'Custom::DatabaseMigrations',
      serviceToken: this.function.functionArn,
      // Lambda tries an invocation that failed twice more.
      serviceTimeout: Duration.minutes(40),
      properties: {
        migrations: checksumOf(MIGRATIONS),
        // Another word has it set the passwords of the roles to those of their secrets again.
        passwords: this.node.tryGetContext('passwords') ?? 'first',
      },
    });
    // CloudFormation must not ask before the function may do all it needs.
    this.run.node.addDependency(this.role);
  }

  /** New code of `user` goes live only when the schema is what it expects. */
  runBefore(user: PipelineFunction): void {
    user.function.node.addDependency(this.run);
  }
}

/** Changes when a migration is added (or, which the function refuses, an old one is edited). */
export const checksumOf = (folder: string): string => {
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) hash.update(`${file}\n`).update(readFileSync(join(folder, file)));
  return hash.digest('hex');
};
