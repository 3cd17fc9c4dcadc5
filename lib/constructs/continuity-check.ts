import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { runOnSchedule } from './on-schedule.ts';
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function.ts';

export interface ContinuityCheckProps extends Omit<PipelineFunctionProps, 'reservedConcurrency' | 'afterFailure'> {
  readonly evidenceKey: IKey;
}

/** Every five minutes, and on request, finds the minutes that are expected and not there, and asks the edge for them. */
export class ContinuityCheck extends PipelineFunction {
  /** For requests. */
  readonly alias: Alias;

  constructor(scope: Construct, id: string, { evidenceKey, ...props }: ContinuityCheckProps) {
    // One run of the schedule and one request at a time.
    super(scope, id, {
      ...props,
      reservedConcurrency: 2,
      afterFailure: 'the alias, by which alone it is invoked, sends failed invocations to a queue',
    });
    this.allowAskingAgents();
    this.role.addToPolicy(
      new PolicyStatement({ actions: ['kms:Sign', 'kms:GetPublicKey'], resources: [evidenceKey.keyArn] }),
    );

    this.alias = this.live();
    runOnSchedule(this, this.alias, {
      id: 'EveryFiveMinutes',
      description: 'finds minutes that are missing and asks the edge agents for them',
      every: Duration.minutes(5),
    });
  }

  requests(): PolicyStatement {
    return new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.alias.functionArn] });
  }

  private allowAskingAgents(): void {
    const arn = (resource: string, resourceName: string) =>
      Stack.of(this).formatArn({ service: 'iot', resource, resourceName });
    this.role.addToPolicy(new PolicyStatement({ actions: ['iot:GetThingShadow'], resources: [arn('thing', '*')] }));
    this.role.addToPolicy(
      new PolicyStatement({ actions: ['iot:Publish'], resources: [arn('topic', 'emissionwatch/v1/commands/*')] }),
    );
    const iot = 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:iot:<AWS::Region>:<AWS::AccountId>';
    Validations.of(this.role).acknowledge(
      {
        id: `${iot}:thing/*]`,
        reason:
          'things are registered one by one long after this is deployed; all this allows is to read what they report',
      },
      {
        id: `${iot}:topic/emissionwatch/v1/commands/*]`,
        reason: 'the last part is the thing that is asked; nothing but commands of this product goes to these topics',
      },
    );
  }
}
