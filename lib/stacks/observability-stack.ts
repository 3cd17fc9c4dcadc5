import { Stack, type StackProps } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { complianceDashboard } from '../constructs/compliance-dashboard.ts';
import { operationsDashboard } from '../constructs/operations-dashboard.ts';
import { SystemAlarms } from '../constructs/system-alarms.ts';
import { watchedIn } from '../constructs/watched.ts';

export interface ObservabilityStackProps extends StackProps {
  /** Whose resources are watched. */
  readonly stacks: readonly Stack[];
  /** Where whoever is on call is told. */
  readonly operations: ITopic;
}

/** Who watches the system: alarms with a runbook each, and two dashboards. It only reads metrics. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, { stacks, operations, ...props }: ObservabilityStackProps) {
    super(scope, id, props);
    const watched = watchedIn(stacks);
    const alarms = new SystemAlarms(this, 'Alarms', { watched, operations });
    operationsDashboard(this, 'Operations', { watched, alarms: alarms.all });
    complianceDashboard(this, 'Compliance');
  }
}
