import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/** Encrypts the database, its logins and the buckets. */
export const dataKey = (scope: Construct, id: string): Key =>
  new Key(scope, id, {
    description: 'EmissionWatch data',
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });

/** Encrypts log groups. CloudWatch Logs needs to be named in the key's policy, for log groups of this account only. */
export const logKey = (scope: Construct, id: string): Key => {
  const key = new Key(scope, id, {
    description: 'EmissionWatch logs',
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const { region } = Stack.of(scope);
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': Stack.of(scope).formatArn({
            service: 'logs',
            resource: 'log-group:*',
          }),
        },
      },
    }),
  );
  return key;
};

/** Encrypts topics. CloudWatch needs to be named in the key's policy, for alarms of this account only. */
export const topicKey = (scope: Construct, id: string): Key => {
  const key = new Key(scope, id, {
    description: 'EmissionWatch notices',
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
      conditions: forAlarmsOf(Stack.of(scope)),
    }),
  );
  return key;
};

/** Under which CloudWatch may act for us: for alarms of this account. */
export const forAlarmsOf = (stack: Stack) => ({
  StringEquals: { 'aws:SourceAccount': stack.account },
  ArnLike: {
    'aws:SourceArn': stack.formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: '*',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  },
});
