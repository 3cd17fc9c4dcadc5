import type { UserPool } from 'aws-cdk-lib/aws-cognito';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

export interface AdministratorPolicyProps {
  readonly pool: UserPool;
}

/**
 * Decide who may use console and API. Given beside the operator's policy to the few who may; it cannot be had by a group
 * of the pool, so that nobody makes themselves more than they are by way of the API.
 */
export class AdministratorPolicy extends ManagedPolicy {
  constructor(scope: Construct, id: string, { pool }: AdministratorPolicyProps) {
    super(scope, id, {
      description: 'Add people to EmissionWatch and disable them, by its command line',
      statements: [
        new PolicyStatement({
          actions: [
            'cognito-idp:AdminAddUserToGroup',
            'cognito-idp:AdminCreateUser',
            'cognito-idp:AdminDisableUser',
            'cognito-idp:AdminEnableUser',
            'cognito-idp:AdminGetUser',
            'cognito-idp:AdminListGroupsForUser',
            'cognito-idp:AdminRemoveUserFromGroup',
            'cognito-idp:AdminUpdateUserAttributes',
            'cognito-idp:AdminUserGlobalSignOut',
            'cognito-idp:ListUsers',
          ],
          resources: [pool.userPoolArn],
        }),
      ],
    });
  }
}
