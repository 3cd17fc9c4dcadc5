import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledgeOwnPolicy } from './acknowledgements.ts';

/**
 * The role in which RDS writes the measurements of its instances' operating system to the log group RDSOSMetrics. AWS's
 * managed policy says the same of every log group that begins with RDS, in every region.
 */
export const monitoringRole = (scope: Construct, id: string): Role => {
  const stack = Stack.of(scope);
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('monitoring.rds.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  });
  const group = { service: 'logs', resource: 'log-group', arnFormat: ArnFormat.COLON_RESOURCE_NAME };
  const allow = (resourceName: string, ...actions: string[]) =>
    role.addToPolicy(new PolicyStatement({ actions, resources: [stack.formatArn({ ...group, resourceName })] }));
  allow('RDSOSMetrics', 'logs:CreateLogGroup', 'logs:PutRetentionPolicy');
  allow(
    'RDSOSMetrics:log-stream:*',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'logs:DescribeLogStreams',
    'logs:GetLogEvents',
  );
  acknowledgeOwnPolicy(role);
  const arn = 'arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:RDSOSMetrics:log-stream:*';
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${arn}]`,
    reason: 'RDS makes one log stream for each instance and names it itself',
  });
  return role;
};
