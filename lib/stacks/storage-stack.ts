import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { accessLogBucket, type Deposit, PrivateBucket } from '../constructs/buckets.ts';
import { DailyBackups } from '../constructs/daily-backups.ts';
import { DeviceTable } from '../constructs/device-table.ts';
import { EmissionsDatabase } from '../constructs/emissions-database.ts';
import { evidenceKey } from '../constructs/evidence-key.ts';
import { dataKey, logKey } from '../constructs/keys.ts';
import { ReportArchive } from '../constructs/report-archive.ts';
import { Streams } from '../constructs/streams.ts';
import { Topics } from '../constructs/topics.ts';
import type { Profile } from '../environments.ts';

export interface StorageStackProps extends StackProps {
  readonly profile: Profile;
}

/** Everything that outlives the code: keys, buckets, streams, database. Nothing in here is deleted with the stack. */
export class StorageStack extends Stack {
  readonly logKey: IKey;
  /** Signs certificates. */
  readonly evidenceKey: IKey;
  readonly streams: Streams;
  readonly database: EmissionsDatabase;
  /** Which edge agents may have a certificate. */
  readonly devices: DeviceTable;
  /** Every message as it arrived. Evidence: whoever adds to it can neither read nor delete. */
  readonly landing: Deposit;
  /** Messages that the measurements stream refused. */
  readonly failedMessages: Deposit;
  /** Batches that ran out of retries, whole. */
  readonly failedBatches: Deposit;
  /** Reports as they were made, which nobody can change or delete, and the place where they are made. */
  readonly reports: ReportArchive;
  /** What happens at a plant. */
  readonly noticesTopic: ITopic;
  /** Alarms of a plant that nobody answered. */
  readonly escalationsTopic: ITopic;
  /** Alarms of the system itself. */
  readonly operationsTopic: ITopic;

  constructor(scope: Construct, id: string, { profile, ...props }: StorageStackProps) {
    super(scope, id, { ...props, terminationProtection: true });
    const key = dataKey(this, 'DataKey');
    this.logKey = logKey(this, 'LogKey');
    this.evidenceKey = evidenceKey(this, 'EvidenceKey');
    const accessLogs = accessLogBucket(this, 'AccessLogs');
    const landing = new PrivateBucket(this, 'Landing', { key, accessLogs });
    // A bucket of its own: consumers must be allowed to list it, which none may do with the evidence.
    const failed = new PrivateBucket(this, 'Failed', { key, accessLogs });
    this.landing = landing.deposit('Messages', ['measurements/', 'quarantine/']);
    this.failedMessages = failed.deposit('FailedMessages', ['iot-failed/']);
    // Lambda, not the function, makes these keys: aws/lambda/<mapping>/<shard>/<time>.
    this.failedBatches = failed.deposit('FailedBatches', ['aws/lambda/']);
    this.reports = new ReportArchive(this, 'Reports', { key, accessLogs });
    this.streams = new Streams(this, 'Streams', { shards: profile.shards });
    this.database = new EmissionsDatabase(this, 'Database', { profile, key, logKey: this.logKey });
    this.devices = new DeviceTable(this, 'Devices', { key });

    const topics = new Topics(this, 'Topics');
    this.noticesTopic = topics.notices;
    this.escalationsTopic = topics.escalations;
    this.operationsTopic = topics.operations;

    new DailyBackups(this, 'Backups', { key, arns: [this.database.clusterArn, this.devices.tableArn] });

    const { measurements, validated, emissions } = this.streams;
    this.output('MeasurementsStreamName', measurements.streamName, 'messages as the topic rule wraps them');
    this.output('ValidatedStreamName', validated.streamName, 'validated minutes');
    this.output('EmissionsStreamName', emissions.streamName, 'emission hours as stored');
    this.output('LandingBucketName', landing.bucketName, 'every batch of messages as it arrived');
    this.output('FailedBucketName', failed.bucketName, 'what ran out of retries, whole');
    this.output('ReportsBucketName', this.reports.bucket.bucketName, 'reports as they were made, locked');
    this.output('ReportWorkBucketName', this.reports.work.bucketName, 'what steps of a report hand each other');
    this.output('DevicesTableName', this.devices.tableName, 'edge agents that may have a certificate');
    this.output('EvidenceKeyArn', this.evidenceKey.keyArn, 'signs certificates; its public part verifies them');
    this.output('DatabaseClusterArn', this.database.clusterArn, 'resource of the RDS Data API');
    this.output('DatabaseName', this.database.name, 'database of the RDS Data API');
    this.output('DatabaseOwnerSecretArn', this.database.owner.secret.secretArn, 'login that owns the schema');
    this.output('NoticesTopicArn', this.noticesTopic.topicArn, 'what happens at a plant');
    this.output('EscalationsTopicArn', this.escalationsTopic.topicArn, 'alarms of a plant that nobody answered');
    this.output('OperationsTopicArn', this.operationsTopic.topicArn, 'alarms of the system itself');
    this.output('OperatorSecretArn', this.database.operator.secret.secretArn, 'login of the command line');
  }

  private output(id: string, value: string, description: string) {
    new CfnOutput(this, id, { value, description });
  }
}
