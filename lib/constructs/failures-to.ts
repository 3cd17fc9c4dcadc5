import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IDestination } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/** Sends failed invocations to a queue. CDK's SqsDestination would also let the function look the queue up. */
export const failuresTo = (queue: IQueue, role: IRole): IDestination => ({
  bind: () => {
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }));
    return { destination: queue.queueArn };
  },
});
