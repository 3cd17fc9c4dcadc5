import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledgeOwnPolicy } from './acknowledgements.ts';

/** The role in which EventBridge Scheduler starts one target, lent to schedules of this account only. */
export const schedulerRole = (scope: Construct, id: string): Role => {
  const stack = Stack.of(scope);
  const group = { service: 'scheduler', resource: 'schedule-group', resourceName: 'default' };
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': stack.formatArn(group) } },
    }),
  });
  acknowledgeOwnPolicy(role);
  return role;
};
