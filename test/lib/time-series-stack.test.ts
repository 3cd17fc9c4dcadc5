import { describe, expect, it } from 'vitest';
import { TIME_SERIES_STORES, timeSeriesStoreOf } from '../../lib/environments.ts';
import { list, named, ofType, statementsOf, templates, text, unbundled } from './template.ts';

const { timeSeries, processing, storage } = templates();
const [tableId, table] = named(timeSeries, 'MinutesTable');
const [databaseId, database] = named(timeSeries, 'MinutesDatabase');
const [keyId] = named(timeSeries, 'DataKey');
const [rejectedId, rejected] = named(timeSeries, 'Rejected');

describe('where minutes go besides the database', () => {
  it('is Timestream unless one asks for the database alone', () => {
    expect(TIME_SERIES_STORES).toEqual(['timestream', 'aurora']);
    expect(timeSeriesStoreOf(undefined)).toBe('timestream');
    expect(unbundled().timeSeries?.stackName).toBe('EmissionWatch-TimeSeries');
    expect(unbundled({ timeSeriesStore: 'aurora' }).timeSeries).toBeUndefined();
  });

  it('is answered with both names when it is neither', () => {
    expect(() => unbundled({ timeSeriesStore: 'influx' })).toThrow(
      'unknown timeSeriesStore "influx": choose one of timestream, aurora (-c timeSeriesStore=aurora)',
    );
  });

  it('is deployed first: an account that AWS refuses Timestream to has nothing else yet', () => {
    const { stacks } = unbundled().app.synth();
    // In the order of deployment.
    expect(stacks[0]!.stackName).toBe('EmissionWatch-TimeSeries');
    const storage = stacks.find(({ stackName }) => stackName === 'EmissionWatch-Storage')!;
    expect(storage.dependencies.map(({ id }) => id)).toContain('EmissionWatch-TimeSeries');
    for (const { stackName, dependencies } of stacks.slice(1))
      expect([stackName, dependencies.some(({ id }) => /Storage|TimeSeries/.test(id))]).toEqual([stackName, true]);
  });

  it('without Timestream nothing of it is in any template', () => {
    const { app } = unbundled({ timeSeriesStore: 'aurora' });
    const { stacks } = app.synth();
    expect(stacks.length).toBeGreaterThan(3);
    for (const { stackName, template } of stacks)
      expect([stackName, /.{30}([Tt]imestream|TimeSeries|TIME_SERIES)/.exec(JSON.stringify(template))]).toEqual([
        stackName,
        null,
      ]);
  });
});

describe('the table of minutes', () => {
  it('takes corrections for 24 hours and late minutes for 13 months, and keeps them as long', () => {
    expect(table.Properties).toMatchObject({
      DatabaseName: { Ref: databaseId },
      RetentionProperties: { MemoryStoreRetentionPeriodInHours: '24', MagneticStoreRetentionPeriodInDays: '396' },
      MagneticStoreWriteProperties: { EnableMagneticStoreWrites: true },
    });
  });

  it('reports late minutes that it could not keep to a bucket, encrypted with our key', () => {
    expect(table.Properties.MagneticStoreWriteProperties).toMatchObject({
      MagneticStoreRejectedDataLocation: {
        S3Configuration: {
          BucketName: { Ref: rejectedId },
          ObjectKeyPrefix: 'rejected/',
          EncryptionOption: 'SSE_KMS',
          KmsKeyId: { 'Fn::GetAtt': [keyId, 'Arn'] },
        },
      },
    });
    expect(JSON.stringify(rejected.Properties.BucketEncryption)).toContain('aws:kms');
  });

  it('is partitioned by facility, which every record must name', () => {
    expect(table.Properties.Schema).toEqual({
      CompositePartitionKey: [{ Type: 'DIMENSION', Name: 'facility', EnforcementInRecord: 'REQUIRED' }],
    });
  });

  it('is encrypted with our key, and outlives the stack, which cannot be deleted by accident', () => {
    expect(database.Properties.KmsKeyId).toEqual({ 'Fn::GetAtt': [keyId, 'Arn'] });
    const stateful = ofType(
      timeSeries,
      'AWS::Timestream::Database',
      'AWS::Timestream::Table',
      'AWS::KMS::Key',
      'AWS::S3::Bucket',
    );
    expect(stateful).toHaveLength(5);
    for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of stateful)
      expect([id, DeletionPolicy, UpdateReplacePolicy]).toEqual([id, 'Retain', 'Retain']);
    expect(unbundled().timeSeries!.terminationProtection).toBe(true);
  });

  it('keeps its logical ids: another id would be another, empty table', () => {
    expect([databaseId, tableId, rejectedId]).toEqual([
      'MinutesDatabase75E9EE8C',
      'MinutesTable7060EA2F',
      'RejectedFE7646AC',
    ]);
  });

  it('is named in the outputs', () => {
    const own = Object.keys(timeSeries.Outputs!).filter((name) => !name.startsWith('PublishOutput'));
    expect(own).toEqual(['TimeSeriesDatabaseName', 'TimeSeriesTableName', 'RejectedBucketName']);
  });
});

describe('record-time-series', () => {
  const [, { Properties: fn }] = named(processing, 'RecordTimeSeriesFunction');
  const [, { Properties: mapping }] = ofType(processing, 'AWS::Lambda::EventSourceMapping').find(([id]) =>
    id.startsWith('RecordTimeSeries'),
  )!;

  it('reads the validated minutes on its own, from the oldest on, and keeps a batch that it cannot write', () => {
    expect(mapping).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [named(storage, 'StreamsValidated')[0], 'Arn'] },
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 10,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [named(storage, 'Failed')[0], 'Arn'] } } },
    });
  });

  it('is told the table and its retention, and nothing of the database of the regulation’s record', () => {
    const { Variables } = fn.Environment as { Variables: Record<string, unknown> };
    expect(Variables).toMatchObject({
      TIME_SERIES_DATABASE: { Ref: databaseId },
      TIME_SERIES_TABLE: { 'Fn::GetAtt': [tableId, 'Name'] },
      TIME_SERIES_RETENTION_DAYS: '396',
    });
    expect(JSON.stringify(Variables)).not.toContain('DATABASE_SECRET_ARN');
  });

  it('may write records to this table and ask for the account’s endpoints, and nothing else of Timestream', () => {
    const [writerId, writer] = named(timeSeries, 'MinutesWriter');
    expect(
      statementsOf(writer).map(({ Effect, Action, Resource }) => [Effect, Action, list(Resource).map(text)]),
    ).toEqual([
      ['Allow', 'timestream:WriteRecords', [`\${${tableId}.Arn}`]],
      ['Allow', 'timestream:DescribeEndpoints', ['*']],
    ]);
    const [, role] = named(processing, 'RecordTimeSeriesRole');
    expect(role.Properties.ManagedPolicyArns).toContainEqual({ Ref: writerId });
    const own = statementsOf(named(processing, 'RecordTimeSeriesRoleDefaultPolicy')[1]);
    const actions = own.flatMap(({ Action }) => list(Action)).map((action) => action.split(':')[0]);
    expect([...new Set(actions)].sort()).toEqual(['kinesis', 'logs', 's3']);
  });
});
