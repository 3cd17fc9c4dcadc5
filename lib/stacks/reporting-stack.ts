import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { ReportMachine } from '../constructs/report-machine.ts';
import { REPORT_STEPS_AT_ONCE, ReportQuarter } from '../constructs/report-quarter.ts';
import { StartReports } from '../constructs/start-reports.ts';
import type { StorageStack } from './storage-stack.ts';

export interface ReportingStackProps extends StackProps {
  readonly storage: StorageStack;
}

/** Quarterly reports: made step by step, and put where nobody can change them. */
export class ReportingStack extends Stack {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { storage, ...props }: ReportingStackProps) {
    super(scope, id, props);
    const steps = new ReportQuarter(this, 'ReportQuarter', { storage });
    const { stateMachine } = new ReportMachine(this, 'QuarterlyReport', {
      steps: steps.alias,
      atOnce: REPORT_STEPS_AT_ONCE,
      stepTimeout: Duration.minutes(6),
      logKey: storage.logKey,
    });
    this.stateMachine = stateMachine;
    new StartReports(this, 'StartReports', { storage, stateMachineArn: stateMachine.stateMachineArn });
    new CfnOutput(this, 'QuarterlyReportStateMachineArn', {
      value: stateMachine.stateMachineArn,
      description: 'makes the quarterly report of a facility',
    });
  }
}
