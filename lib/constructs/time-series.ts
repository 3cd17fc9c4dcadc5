import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { type IManagedPolicy, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-timestream';
import { Construct } from 'constructs';

export interface TimeSeriesProps {
  readonly key: IKey;
  /** Receives Timestream's reports on late minutes that it took and could not keep. */
  readonly rejected: IBucket;
}

/** Hours in which a minute can be corrected and the answer says whether it was. An agent's buffer reaches back as far. */
const MEMORY_HOURS = 24;
/** 13 months, as long as minutes stay in the database. */
const MAGNETIC_DAYS = 396;

/** A Timestream table with one record a source-minute. */
export class TimeSeries extends Construct {
  readonly databaseName: string;
  readonly tableName: string;
  readonly retentionDays = MAGNETIC_DAYS;
  /** Lets a role write records, and neither read nor delete any. */
  readonly writer: IManagedPolicy;

  constructor(scope: Construct, id: string, { key, rejected }: TimeSeriesProps) {
    super(scope, id);
    const database = new CfnDatabase(this, 'Database', { kmsKeyId: key.keyArn });
    const table = new CfnTable(this, 'Table', {
      databaseName: database.ref,
      // CloudFormation takes these as free JSON with its own spelling, numbers as text.
      retentionProperties: {
        MemoryStoreRetentionPeriodInHours: String(MEMORY_HOURS),
        MagneticStoreRetentionPeriodInDays: String(MAGNETIC_DAYS),
      },
      // Without it a minute older than the memory store, such as one that waited out an outage, is refused.
      magneticStoreWriteProperties: {
        EnableMagneticStoreWrites: true,
        MagneticStoreRejectedDataLocation: {
          S3Configuration: {
            BucketName: rejected.bucketName,
            ObjectKeyPrefix: 'rejected/',
            EncryptionOption: 'SSE_KMS',
            KmsKeyId: key.keyArn,
          },
        },
      },
      // Every query names a facility; by default a table is partitioned by measure name, and here all have the same.
      schema: {
        compositePartitionKey: [{ type: 'DIMENSION', name: 'facility', enforcementInRecord: 'REQUIRED' }],
      },
    });
    for (const resource of [database, table]) {
      resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
      Validations.of(resource).acknowledge({
        id: 'CloudFormation-Validate::W3697',
        reason:
          'AWS takes no new customers; the preflight asks whether this account is one, and the app does without it',
      });
    }
    this.databaseName = database.ref;
    this.tableName = table.attrName;

    const writer = new ManagedPolicy(this, 'Writer', {
      description: 'Write records to the table of minutes and nothing else',
      statements: [
        new PolicyStatement({ actions: ['timestream:WriteRecords'], resources: [table.attrArn] }),
        new PolicyStatement({ actions: ['timestream:DescribeEndpoints'], resources: ['*'] }),
      ],
    });
    Validations.of(writer).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'timestream:DescribeEndpoints, which every client must call first, knows no resources: IAM accepts only * for it',
    });
    this.writer = writer;
  }
}
