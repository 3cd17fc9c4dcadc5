import { ArnFormat, Stack, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { StorageStack } from '../stacks/storage-stack.ts';
import { loginStatements } from './database-login.ts';
import { acknowledgeExecutions, startingReports } from './report-machine.ts';
import { acknowledgeObjects, objectsArn, type StoredObjects, useKeyOf } from './stored-objects.ts';

export interface OperatorPolicyProps {
  readonly storage: StorageStack;
  /** To ask the functions that answer people. */
  readonly requests: readonly PolicyStatement[];
}

/**
 * What people may do, by way of the command line: what its commands need, and nothing else. Whoever is to operate the
 * deployment is given this policy. It puts nothing on a stream and nothing into a bucket: who could, could make minutes
 * up. What failed is put back by a function, which is asked to.
 */
export class OperatorPolicy extends ManagedPolicy {
  constructor(scope: Construct, id: string, { storage, requests }: OperatorPolicyProps) {
    super(scope, id, { description: 'Operate EmissionWatch by its command line' });
    const { database, devices, evidenceKey, failedMessages, landing, reports } = storage;
    const quarantined = { bucket: landing.bucket, output: 'LandingBucketName', prefix: 'quarantine/' };
    const archived = { bucket: reports.bucket, output: 'ReportsBucketName', prefix: 'reports/' };
    this.addStatements(
      // To find the deployment.
      allow(['cloudformation:DescribeStacks'], [this.arn('cloudformation', 'stack', 'EmissionWatch-*/*')]),
      ...loginStatements(this, database.operator),
      ...devices.administration(),
      ...this.certificates(),
      // To see what failed, and what is in quarantine.
      allow(['s3:ListBucket'], [failedMessages.bucket.bucketArn]),
      ...this.reading(quarantined),
      // To have quarterly reports made, and to fetch them.
      ...startingReports(this),
      ...this.reading(archived),
      // Certificates of what is stored.
      allow(['kms:GetPublicKey'], [evidenceKey.keyArn]),
      // To have people told.
      allow(['sns:Subscribe'], [storage.noticesTopic.topicArn, storage.escalationsTopic.topicArn]),
      ...requests,
    );
    this.acknowledge();
    acknowledgeObjects(this, quarantined, archived);
    acknowledgeExecutions(this);
  }

  /** Devices: their certificates, and the job that has an agent replace its own. */
  private certificates(): PolicyStatement[] {
    const [certificates, things, jobs] = [
      this.arn('iot', 'cert', '*'),
      this.arn('iot', 'thing', '*'),
      this.arn('iot', 'job', 'rotate-*'),
    ];
    return [
      allow(['iot:CreateKeysAndCertificate', 'iot:ListThingPrincipals', 'iot:DetachThingPrincipal'], ['*']),
      allow(
        ['iot:DescribeCertificate', 'iot:UpdateCertificate', 'iot:AttachPolicy', 'iot:DetachPolicy'],
        [certificates],
      ),
      allow(['iot:ListTargetsForPolicy'], [this.arn('iot', 'policy', '*')]),
      allow(['iot:DescribeThing', 'iot:GetThingShadow'], [things]),
      allow(['iot:CreateJob', 'iot:DescribeJobExecution'], [jobs, things]),
    ];
  }

  private reading(objects: StoredObjects): PolicyStatement[] {
    return [allow(['s3:GetObject'], [objectsArn(this, objects)]), useKeyOf(this, objects.bucket, 'kms:Decrypt')];
  }

  private arn(service: string, resource: string, resourceName: string): string {
    return Stack.of(this).formatArn({ service, resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
  }

  private acknowledge(): void {
    const inAccount = '<AWS::Region>:<AWS::AccountId>';
    const reasons: Readonly<Record<string, string>> = {
      [`arn:<AWS::Partition>:cloudformation:${inAccount}:stack/EmissionWatch-*/*`]:
        'a stack has a generated id behind its name, and the stacks of the deployment are found by their names',
      [`arn:<AWS::Partition>:iot:${inAccount}:cert/*`]:
        'the id of a certificate is its checksum, so that no policy can name it before it exists',
      [`arn:<AWS::Partition>:iot:${inAccount}:policy/*`]:
        'the policy of claim certificates has a generated name, in a stack that this one does not depend on',
      [`arn:<AWS::Partition>:iot:${inAccount}:thing/*`]: 'things come to be when devices are provisioned',
      [`arn:<AWS::Partition>:iot:${inAccount}:job/rotate-*`]: 'the id of a job names the certificate that it replaces',
      '*': 'the certificate-making and principal-listing actions of IoT know no resources: IAM accepts only *',
    };
    for (const [resource, reason] of Object.entries(reasons))
      Validations.of(this).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }
}

const allow = (actions: string[], resources: string[]): PolicyStatement => new PolicyStatement({ actions, resources });
