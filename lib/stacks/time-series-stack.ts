import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { accessLogBucket, PrivateBucket } from '../constructs/buckets.ts';
import { dataKey } from '../constructs/keys.ts';
import { TimeSeries } from '../constructs/time-series.ts';

/**
 * Timestream, apart from everything else and deployed first: an account that may not use it is refused before anything
 * exists. Hence a key and a bucket of its own. Nothing in here is deleted with the stack.
 */
export class TimeSeriesStack extends Stack {
  readonly timeSeries: TimeSeries;

  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, { ...props, terminationProtection: true });
    const key = dataKey(this, 'DataKey');
    const rejected = new PrivateBucket(this, 'Rejected', { key, accessLogs: accessLogBucket(this, 'AccessLogs') });
    this.timeSeries = new TimeSeries(this, 'Minutes', { key, rejected });

    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });
    output('TimeSeriesDatabaseName', this.timeSeries.databaseName, 'Timestream database of the minutes');
    output('TimeSeriesTableName', this.timeSeries.tableName, 'Timestream table of the minutes');
    output('RejectedBucketName', rejected.bucketName, 'late minutes that Timestream took and could not keep');
  }
}
