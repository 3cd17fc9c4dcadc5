import { RemovalPolicy, Stack } from 'aws-cdk-lib';
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
