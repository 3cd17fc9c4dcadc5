import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StartReportsEnv } from '../../functions/start-reports/env.ts';
import type { StorageStack } from '../stacks/storage-stack.ts';
import { allowStatements, loginEnvironment } from './database-login.ts';
import { runOnSchedule } from './on-schedule.ts';
import { PipelineFunction } from './pipeline-function.ts';
import { acknowledgeExecutions, startingReports } from './report-machine.ts';

export interface StartReportsProps {
  readonly storage: StorageStack;
  readonly stateMachineArn: string;
}

/** Once a day, has the reports made that are due and that nobody has asked for. */
export class StartReports extends PipelineFunction {
  constructor(scope: Construct, id: string, { storage, stateMachineArn }: StartReportsProps) {
    const { database, logKey } = storage;
    super(scope, id, {
      folder: 'start-reports',
      memorySize: 256,
      timeout: Duration.minutes(5),
      reservedConcurrency: 1,
      afterFailure: 'the alias, by which alone it is invoked, sends failed invocations to a queue',
      environment: {
        ...loginEnvironment(database.reportQuarter),
        STATE_MACHINE_ARN: stateMachineArn,
      } satisfies Record<StartReportsEnv, string>,
      logKey,
    });
    allowStatements(this.role, database.reportQuarter);
    for (const statement of startingReports(this)) this.role.addToPolicy(statement);
    acknowledgeExecutions(this.role);
    runOnSchedule(this, this.live(), {
      id: 'EveryDay',
      description: 'has the reports of the last quarter made that are due',
      every: Duration.days(1),
    });
  }
}
