import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/** Stack and construct of the one function that signs: CloudFormation makes the name of its role out of them. */
const SIGNER = 'EmissionWatch-Processing-VerifyContinuity';

/**
 * The key that signs evidence. What else is done with it is left to everybody's own permissions, as with other keys;
 * signing is not: only the role of verify-continuity may, and not even an administrator who does not first change this
 * policy. KMS does not rotate asymmetric keys, and certificates are to be verified for years: a new key is a decision.
 */
export const evidenceKey = (scope: Construct, id: string): Key => {
  const account = new AccountRootPrincipal();
  const signer = Stack.of(scope).formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    resourceName: `${SIGNER}*`,
  });
  return new Key(scope, id, {
    alias: 'emissionwatch-evidence',
    description: 'EmissionWatch evidence: signs certificates of what is stored',
    keySpec: KeySpec.ECC_NIST_P256,
    keyUsage: KeyUsage.SIGN_VERIFY,
    removalPolicy: RemovalPolicy.RETAIN,
    policy: new PolicyDocument({
      statements: [
        // Whoever may make grants could grant signing.
        new PolicyStatement({ principals: [account], notActions: ['kms:Sign', 'kms:CreateGrant'], resources: ['*'] }),
        new PolicyStatement({
          principals: [account],
          actions: ['kms:Sign'],
          resources: ['*'],
          conditions: { ArnLike: { 'aws:PrincipalArn': signer } },
        }),
      ],
    }),
  });
};
