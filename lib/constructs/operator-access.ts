import { ArnFormat, Fn, Stack, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { StorageStack } from '../stacks/storage-stack.ts';
import { loginStatements } from './database-login.ts';

export interface OperatorPolicyProps {
  readonly storage: StorageStack;
  /** To ask the functions that answer people. */
  readonly requests: readonly PolicyStatement[];
}

/** Where failed things lie, and where once they are put back. */
const FAILED = ['iot-failed/', 'aws/lambda/'] as const;
const REDRIVEN = 'redriven/';
const QUARANTINED = 'quarantine/';

/**
 * What people may do, by way of the command line: what its commands need, and nothing else. Whoever is to operate the
 * deployment is given this policy.
 */
export class OperatorPolicy extends ManagedPolicy {
  constructor(scope: Construct, id: string, { storage, requests }: OperatorPolicyProps) {
    super(scope, id, { description: 'Operate EmissionWatch by its command line' });
    const { streams, database, devices, evidenceKey } = storage;
    const { measurements, validated, emissions } = streams;
    this.addStatements(
      // To find the deployment.
      allow(['cloudformation:DescribeStacks'], [this.arn('cloudformation', 'stack', 'EmissionWatch-*/*')]),
      ...loginStatements(this, database.operator),
      ...devices.administration(),
      ...this.certificates(),
      // To put back what failed.
      allow(
        ['kinesis:PutRecords'],
        [measurements, validated, emissions].map(({ streamArn }) => streamArn),
      ),
      ...this.failedObjects(storage.failedMessages.bucket),
      ...this.quarantinedRecords(storage.landing.bucket),
      // Certificates of what is stored.
      allow(['kms:GetPublicKey'], [evidenceKey.keyArn]),
      ...requests,
    );
    this.acknowledge(storage);
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

  private failedObjects(bucket: IBucket): PolicyStatement[] {
    const failed = FAILED.map((prefix) => this.objects(bucket, 'FailedBucketName', prefix));
    return [
      allow(['s3:ListBucket'], [bucket.bucketArn]),
      allow(['s3:GetObject', 's3:DeleteObject'], failed),
      allow(['s3:PutObject'], [this.objects(bucket, 'FailedBucketName', REDRIVEN)]),
      this.useKey(bucket, ['kms:Decrypt', 'kms:GenerateDataKey']),
    ];
  }

  private quarantinedRecords(bucket: IBucket): PolicyStatement[] {
    return [
      allow(['s3:GetObject'], [this.objects(bucket, 'LandingBucketName', QUARANTINED)]),
      this.useKey(bucket, ['kms:Decrypt']),
    ];
  }

  /** By the bucket's output: a reference gets a generated one, by which an acknowledgement could not name the objects. */
  private objects(bucket: IBucket, output: string, prefix: string): string {
    const name = Fn.getStackOutput(Stack.of(bucket).stackName, output);
    return Stack.of(this).formatArn({
      service: 's3',
      region: '',
      account: '',
      resource: name,
      resourceName: `${prefix}*`,
    });
  }

  /** Only through S3, and only for this bucket: with a bucket key the context is the bucket itself. */
  private useKey(bucket: IBucket, actions: string[]): PolicyStatement {
    return new PolicyStatement({
      actions,
      resources: [bucket.encryptionKey!.keyArn],
      conditions: {
        StringEquals: {
          'kms:ViaService': `s3.${Stack.of(this).region}.amazonaws.com`,
          'kms:EncryptionContext:aws:s3:arn': bucket.bucketArn,
        },
      },
    });
  }

  private arn(service: string, resource: string, resourceName: string): string {
    return Stack.of(this).formatArn({ service, resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
  }

  private acknowledge({ stackName }: StorageStack): void {
    const inAccount = '<AWS::Region>:<AWS::AccountId>';
    const objects = (OutputName: string, prefix: string) => {
      const bucket = JSON.stringify({ 'Fn::GetStackOutput': { StackName: stackName, OutputName } });
      return `arn:<AWS::Partition>:s3:::${bucket}/${prefix}*`;
    };
    const prefixes = 'keys of objects are made at run time of time, shard or checksum: only their prefix can be named';
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
      ...Object.fromEntries([...FAILED, REDRIVEN].map((prefix) => [objects('FailedBucketName', prefix), prefixes])),
      [objects('LandingBucketName', QUARANTINED)]: prefixes,
    };
    for (const [resource, reason] of Object.entries(reasons))
      Validations.of(this).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }
}

const allow = (actions: string[], resources: string[]): PolicyStatement => new PolicyStatement({ actions, resources });
