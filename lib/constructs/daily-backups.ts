import { Aws, Duration, Fn, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

export interface DailyBackupsProps {
  readonly key: IKey;
  readonly arns: readonly string[];
}

/**
 * A second copy, once a day and for 35 days, in a vault from which nobody may delete it: the database's own backups go
 * when the cluster is deleted. Within the 35 days that the cluster keeps of itself, snapshots cost nothing more.
 */
export class DailyBackups extends Construct {
  constructor(scope: Construct, id: string, { key, arns }: DailyBackupsProps) {
    super(scope, id);
    const vault = new BackupVault(this, 'Vault', {
      // Of the stack's own id: a vault outlives its stack, and the next stack needs another name.
      backupVaultName: `emissionwatch-${Fn.select(4, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))))}`,
      encryptionKey: key,
      blockRecoveryPointDeletion: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const plan = new BackupPlan(this, 'Plan', {
      backupVault: vault,
      backupPlanRules: [
        new BackupPlanRule({
          ruleName: 'daily',
          scheduleExpression: Schedule.cron({ hour: '5', minute: '0' }),
          startWindow: Duration.hours(1),
          completionWindow: Duration.hours(8),
          deleteAfter: Duration.days(35),
        }),
      ],
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('backup.amazonaws.com') });
    plan.addSelection('Data', { role, resources: arns.map((arn) => BackupResource.fromArn(arn)) });
    const policy = 'arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup';
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM4[Policy::${policy}]`,
      reason:
        'AWS adds to this policy what AWS Backup newly needs, 30 versions so far; a copy of it would one day miss a permission, and then no backup is made',
    });
  }
}
