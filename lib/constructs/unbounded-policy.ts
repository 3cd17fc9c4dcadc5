import { Stack, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/**
 * Lets a role do what knows no resources, so that IAM accepts only `*` for it. A policy apart, so that the exception
 * covers nothing else: a wildcard that gets into a role's own policy is found.
 */
export const unboundedPolicy = (scope: Construct, id: string, ...actions: readonly string[]): ManagedPolicy => {
  const policy = new ManagedPolicy(scope, id, {
    description: `${actions.join(' and ')}, which know no resources`,
    statements: [new PolicyStatement({ actions: [...actions], resources: ['*'] })],
  });
  Validations.of(policy).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: `IAM accepts only * for ${actions.join(' and ')}, and the policy allows nothing else`,
  });
  return policy;
};

/** For the functions of a stack: to send their traces. */
export const tracingPolicy = (scope: Construct): ManagedPolicy => {
  const stack = Stack.of(scope);
  const known = stack.node.tryFindChild('Tracing');
  if (known instanceof ManagedPolicy) return known;
  return unboundedPolicy(stack, 'Tracing', 'xray:PutTraceSegments', 'xray:PutTelemetryRecords');
};
