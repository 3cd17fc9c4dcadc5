import { Stack } from 'aws-cdk-lib';
import { type IManagedPolicy, type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnTopicRule } from 'aws-cdk-lib/aws-iot';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import { acknowledgeOwnPolicy } from './acknowledgements.ts';
import type { Deposit } from './buckets.ts';

export interface MeasurementRuleProps {
  readonly measurements: IStream;
  readonly failed: Deposit;
}

/**
 * Takes each message to the stream, untouched inside an envelope. Facility and thing come from the topic, for which the
 * device policy vouches, and never from the payload.
 */
export class MeasurementRule extends Construct {
  /** Fixed, because it is part of the topic that agents publish to (Basic Ingest). */
  readonly ruleName = 'emissionwatch_measurements';

  constructor(scope: Construct, id: string, { measurements, failed }: MeasurementRuleProps) {
    super(scope, id);
    new CfnTopicRule(this, 'Rule', {
      ruleName: this.ruleName,
      topicRulePayload: {
        description: 'edge agent messages to the measurements stream',
        awsIotSqlVersion: '2016-03-23',
        sql: "SELECT encode(*, 'base64') AS payload, topic(3) AS facility, topic(4) AS thing, timestamp() AS received FROM 'emissionwatch/v1/+/+/minutes'",
        ruleDisabled: false,
        actions: [
          {
            kinesis: {
              streamName: measurements.streamName,
              partitionKey: `\${topic(3)}`,
              roleArn: this.streamWriter(measurements).roleArn,
            },
          },
        ],
        // The agent's message is acknowledged before it is in the stream, so what the stream refuses must be kept here.
        errorAction: {
          s3: {
            bucketName: failed.bucket.bucketName,
            key: `iot-failed/\${topic(3)}/\${timestamp()}-\${newuuid()}`,
            roleArn: this.role('FailureWriter', failed.writer).roleArn,
          },
        },
      },
    });
  }

  private streamWriter(measurements: IStream): IRole {
    const role = this.role('StreamWriter');
    acknowledgeOwnPolicy(role);
    role.addToPolicy(new PolicyStatement({ actions: ['kinesis:PutRecord'], resources: [measurements.streamArn] }));
    return role;
  }

  /** A role for this rule of this account only, so that nobody else's rule can borrow it (confused deputy). */
  private role(id: string, ...managedPolicies: IManagedPolicy[]): Role {
    const stack = Stack.of(this);
    return new Role(this, id, {
      managedPolicies,
      assumedBy: new ServicePrincipal('iot.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnEquals: {
            'aws:SourceArn': stack.formatArn({ service: 'iot', resource: 'rule', resourceName: this.ruleName }),
          },
        },
      }),
    });
  }
}
