import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** For a role whose permissions stand in a policy of its own, as the CDK writes them. */
export const acknowledgeOwnPolicy = (role: IConstruct): void =>
  Validations.of(role).acknowledge({
    id: 'NIST.800.53.R5-IAMNoInlinePolicy',
    reason: 'the policy belongs to this one role: it is made and removed with it, and nobody else can be given it',
  });

/** For a function whose failed invocations are kept elsewhere than in a dead-letter queue of the function. */
export const acknowledgeNoDeadLetters = (fn: IConstruct, reason: string): void =>
  Validations.of(fn).acknowledge({ id: 'NIST.800.53.R5-LambdaDLQ', reason }, { id: 'Serverless-LambdaDLQ', reason });

/** For a queue that nothing reads by itself, so that nothing can fail to read it. */
export const acknowledgeLastQueue = (queue: IConstruct, reason: string): void =>
  Validations.of(queue).acknowledge({ id: 'AwsSolutions-SQS3', reason }, { id: 'Serverless-SQSRedrivePolicy', reason });
