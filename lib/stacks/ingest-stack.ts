import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import type { Construct } from 'constructs';
import type { Deposit } from '../constructs/buckets.ts';
import { EdgeAgentAccess } from '../constructs/edge-agent-access.ts';
import { MeasurementRule } from '../constructs/measurement-rule.ts';

export interface IngestStackProps extends StackProps {
  /** Where messages go. */
  readonly measurements: IStream;
  /** Where messages go that the stream refuses. */
  readonly failed: Deposit;
}

/** How a plant's messages come in: who may send them, and the rule that takes them to the stream. */
export class IngestStack extends Stack {
  constructor(scope: Construct, id: string, { measurements, failed, ...props }: IngestStackProps) {
    super(scope, id, props);
    const rule = new MeasurementRule(this, 'MeasurementRule', { measurements, failed });
    const agents = new EdgeAgentAccess(this, 'EdgeAgents', { ruleName: rule.ruleName });

    new CfnOutput(this, 'RuleName', { value: rule.ruleName, description: 'topic rule that edge agents publish to' });
    new CfnOutput(this, 'ThingTypeName', { value: agents.thingTypeName, description: 'type of an edge agent' });
    new CfnOutput(this, 'DevicePolicyName', { value: agents.policyName, description: 'policy of agent certificates' });
  }
}
