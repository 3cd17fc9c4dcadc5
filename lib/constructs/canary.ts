import { ArnFormat, Duration, Lazy, Stack, Validations } from 'aws-cdk-lib';
import {
  Alarm,
  type CfnAlarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias, CfnVersion, Function as LambdaFunction, Version } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledgeOwnPolicy } from './acknowledgements.ts';

export interface CanaryProps {
  readonly function: LambdaFunction;
  readonly version: Version;
  readonly alias: Alias;
  /** Whether a stream invokes it: then also an iterator age that keeps growing turns new code back. */
  readonly readsStream: boolean;
}

const MINUTE = Duration.minutes(1);

/**
 * New code takes over within ten minutes, a tenth of the invocations more each minute, and is turned back when it fails.
 * Linear, because a plant that sends one message a minute has one invocation a minute: a tenth of five minutes of them
 * would be none at all.
 *
 * Only failures of the new version count: were those of the old one counted, a failing function could not be mended.
 * Throttling does not count either: it follows from shards and reserved concurrency, which no version brings along.
 */
export class Canary extends Construct {
  private readonly version: Version;

  constructor(scope: Construct, id: string, { function: fn, version, alias, readsStream }: CanaryProps) {
    super(scope, id);
    this.version = version;
    const metric = (metricName: string, statistic: string, dimensions: Readonly<Record<string, string>> = {}) =>
      new Metric({
        namespace: 'AWS/Lambda',
        metricName,
        statistic,
        period: MINUTE,
        dimensionsMap: { FunctionName: fn.functionName, Resource: `${fn.functionName}:live`, ...dimensions },
      });
    const ofNewCode = { ExecutedVersion: version.version };

    const alarms = [
      this.alarm('Errors', {
        description: `${fn.node.scope?.node.id}: an invocation of the new version failed`,
        metric: metric('Errors', 'Sum', ofNewCode),
        threshold: 1,
        minutes: 1,
      }),
    ];
    if (readsStream)
      alarms.push(
        this.alarm('FallingBehind', {
          description: `${fn.node.scope?.node.id}: with the new version, records wait longer and longer`,
          metric: new MathExpression({
            // Milliseconds a second: 1000 is a reader that stands still. A backlog that shrinks is no fault of new code.
            expression: 'IF(FILL(runs, 0) > 0, RATE(age), 0)',
            usingMetrics: {
              runs: metric('Invocations', 'Sum', ofNewCode),
              age: metric('IteratorAge', 'Maximum'),
            },
            period: MINUTE,
          }),
          threshold: 500,
          minutes: 3,
        }),
      );

    const atOnce = this.node.tryGetContext('canary') === 'off';
    const group = new LambdaDeploymentGroup(this, 'Shift', {
      alias,
      alarms,
      role: this.shifter(fn).withoutPolicyUpdates(),
      deploymentConfig: atOnce
        ? LambdaDeploymentConfig.ALL_AT_ONCE
        : LambdaDeploymentConfig.LINEAR_10PERCENT_EVERY_1MINUTE,
      ignoreAlarmConfiguration: atOnce,
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: !atOnce },
    });
    group.node.addDependency(this.node.findChild('Role'));
  }

  /**
   * An alarm for each version: one that is only changed would keep the state that the old version left it in, and
   * CodeDeploy starts no deployment while an alarm of it rings.
   */
  private alarm(id: string, { metric, description, threshold, minutes }: Fault): Alarm {
    const alarm = new Alarm(this, id, {
      alarmDescription: description,
      metric,
      threshold,
      evaluationPeriods: minutes,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    Validations.of(alarm).acknowledge({
      id: 'NIST.800.53.R5-CloudWatchAlarmAction',
      reason: 'CodeDeploy reads this alarm while it shifts invocations to new code; there is nothing else to be done',
    });
    const stack = Stack.of(this);
    const resource = alarm.node.defaultChild as CfnAlarm;
    const version = this.version.node.defaultChild as CfnVersion;
    const own = stack.resolve(resource.logicalId);
    const checksum = () => String(stack.resolve(version.logicalId)).slice(-32);
    resource.overrideLogicalId(Lazy.uncachedString({ produce: () => `${own}${checksum()}` }));
    return alarm;
  }

  /** AWS's managed policy would let CodeDeploy shift every alias of the account. */
  private shifter(fn: LambdaFunction): Role {
    const stack = Stack.of(this);
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codedeploy.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:GetAlias', 'lambda:UpdateAlias', 'lambda:GetProvisionedConcurrencyConfig'],
        resources: [fn.functionArn, `${fn.functionArn}:live`],
      }),
    );
    const alarms = { service: 'cloudwatch', resource: 'alarm', resourceName: '*' };
    role.addToPolicy(
      new PolicyStatement({
        actions: ['cloudwatch:DescribeAlarms'],
        resources: [stack.formatArn({ ...alarms, arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
      }),
    );
    acknowledgeOwnPolicy(role);
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*]',
      reason: 'names of alarms are made up when they are created; reading the state of alarms is all this allows',
    });
    return role;
  }
}

interface Fault {
  readonly description: string;
  readonly metric: IMetric;
  readonly threshold: number;
  readonly minutes: number;
}
