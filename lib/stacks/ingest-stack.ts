import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Deposit } from '../constructs/buckets.ts';
import { DeviceProvisioning, TEMPLATE_NAME } from '../constructs/device-provisioning.ts';
import type { DeviceTable } from '../constructs/device-table.ts';
import { EdgeAgentAccess } from '../constructs/edge-agent-access.ts';
import { MeasurementRule } from '../constructs/measurement-rule.ts';

export interface IngestStackProps extends StackProps {
  /** Where messages go. */
  readonly measurements: IStream;
  /** Where messages go that the stream refuses. */
  readonly failed: Deposit;
  /** Who may have a certificate. */
  readonly devices: DeviceTable;
  readonly logKey: IKey;
}

/** How a plant's messages come in: who may send them, how a device becomes one of them, and the rule to the stream. */
export class IngestStack extends Stack {
  constructor(scope: Construct, id: string, { measurements, failed, devices, logKey, ...props }: IngestStackProps) {
    super(scope, id, props);
    const rule = new MeasurementRule(this, 'MeasurementRule', { measurements, failed });
    const { ruleName } = rule;
    const agents = new EdgeAgentAccess(this, 'EdgeAgents', { ruleName, templateName: TEMPLATE_NAME });
    const provisioning = new DeviceProvisioning(this, 'Provisioning', { devices, agents, ruleName, logKey });

    const output = (id: string, value: string, description: string) => new CfnOutput(this, id, { value, description });
    output('RuleName', ruleName, 'topic rule that edge agents publish to');
    output('ThingTypeName', agents.thingTypeName, 'type of an edge agent');
    output('DevicePolicyName', agents.devicePolicyName, 'policy of agent certificates');
    output('ClaimPolicyName', agents.claimPolicyName, 'policy of claim certificates');
    output('ProvisioningTemplateName', provisioning.templateName, 'fleet provisioning template of edge agents');
  }
}
