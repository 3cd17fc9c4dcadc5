import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, describe, expect, it } from 'vitest';
import { checksumOf } from '../../lib/constructs/database-migrations.ts';
import { list, named, ofType, type Statement, statementsOf, templates, text, unbundled } from './template.ts';

const { storage, processing } = templates();

const FUNCTIONS = [
  'ValidateMeasurements',
  'CalculateEmissions',
  'CheckCompliance',
  'ClosePeriods',
  'MigrateDatabase',
  'VerifyContinuity',
  'RecoverRecords',
  'RaiseAlarms',
] as const;
/** It knows buckets and streams only. */
const WITHOUT_DATABASE = 'RecoverRecords';
const CONSUMERS = [
  ['ValidateMeasurements', 'StreamsMeasurements'],
  ['CalculateEmissions', 'StreamsValidated'],
  ['CheckCompliance', 'StreamsEmissions'],
] as const;

const idOf = (id: string) => named(storage, id)[0];
const fn = (id: string) => named(processing, `${id}Function`)[1].Properties;
const mappings = ofType(processing, 'AWS::Lambda::EventSourceMapping');
const mappingOf = (id: string) => mappings.find(([key]) => key.startsWith(id))![1].Properties;
const may = (id: string) => statementsOf(named(processing, `${id}RoleDefaultPolicy`)[1]);
const resourcesFor = (id: string, ...prefixes: readonly string[]) =>
  may(id)
    .filter(({ Action }) => list(Action).some((action) => prefixes.some((prefix) => action.startsWith(prefix))))
    .flatMap(({ Resource }) => list(Resource).map(text));

describe('consumers leave no record behind', () => {
  it.each(CONSUMERS)('%s reads %s from its oldest record on, through the alias', (id, stream) => {
    const mapping = mappingOf(id);
    const [alias] = named(processing, `${id}Live`);
    expect(mapping.EventSourceArn).toEqual({ 'Fn::GetAtt': [idOf(stream), 'Arn'] });
    expect(mapping.StartingPosition).toBe('TRIM_HORIZON');
    expect(JSON.stringify(mapping.FunctionName)).toContain(`{"Ref":"${alias}"}`);
    expect(JSON.stringify(mapping.FunctionName)).toMatch(/":live"\]\]\}$/);
    expect(processing.Resources[alias]!.Properties.Name).toBe('live');
  });

  it.each(CONSUMERS)('%s gives up on a bad record, not on its neighbours, and keeps it whole', (id) => {
    expect(mappingOf(id)).toMatchObject({
      BatchSize: 100,
      // Nobody waits for the checks of limits; a minute on its way to the database is not held up.
      MaximumBatchingWindowInSeconds: id === 'CheckCompliance' ? 1 : 0,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 10,
      MetricsConfig: { Metrics: ['EventCount'] },
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [idOf('Failed'), 'Arn'] } } },
    });
  });

  it.each(CONSUMERS)('%s has hours to recover, and gives up before the stream forgets the record', (id, stream) => {
    const age = mappingOf(id).MaximumRecordAgeInSeconds as number;
    const retention = (named(storage, stream)[1].Properties.RetentionPeriodHours as number) * 3600;
    expect(age).toBeGreaterThanOrEqual(6 * 3600);
    expect(age).toBeLessThan(retention);
  });

  it.each(CONSUMERS)('%s has an invocation reserved for every lane of its stream', (id, stream) => {
    const shards = named(storage, stream)[1].Properties.ShardCount as number;
    const factor = mappingOf(id).ParallelizationFactor as number;
    expect(fn(id).ReservedConcurrentExecutions).toBeGreaterThanOrEqual(shards * factor);
  });
});

describe('functions', () => {
  it.each(FUNCTIONS)(
    '%s runs on Node 24 on arm64, is traced, logs JSON to its own log and is stopped in a loop',
    (id) => {
      const [log] = named(processing, `${id}Log`);
      expect(fn(id)).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
        RecursiveLoop: 'Terminate',
        LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO', LogGroup: { Ref: log } },
      });
      expect(fn(id).MemorySize).toBeGreaterThanOrEqual(512);
    },
  );

  it.each(FUNCTIONS)('%s outlasts a statement that the Data API cancels after 45 s, and its retry', (id) => {
    expect(fn(id).Timeout).toBeGreaterThanOrEqual(90);
  });

  it.each(FUNCTIONS)('%s stays outside of the network: it reaches the database through the Data API', (id) => {
    expect(fn(id)).not.toHaveProperty('VpcConfig');
  });

  const DATABASE = ['DATABASE_CLUSTER_ARN', 'DATABASE_NAME', 'DATABASE_SECRET_ARN'];
  it.each([
    ['ValidateMeasurements', ['LANDING_BUCKET', 'VALIDATED_STREAM']],
    ['CalculateEmissions', ['EMISSIONS_STREAM']],
    ['CheckCompliance', []],
    ['ClosePeriods', ['EMISSIONS_STREAM']],
    ['VerifyContinuity', ['DEVICES_TABLE', 'EVIDENCE_KEY_ARN', 'SOFTWARE_VERSION']],
    [
      'RecoverRecords',
      ['FAILED_BUCKET', 'LANDING_BUCKET', 'MEASUREMENTS_STREAM', 'VALIDATED_STREAM', 'EMISSIONS_STREAM'],
    ],
    [
      'MigrateDatabase',
      [
        'VALIDATE_MEASUREMENTS_SECRET_ARN',
        'CALCULATE_EMISSIONS_SECRET_ARN',
        'CHECK_COMPLIANCE_SECRET_ARN',
        'VERIFY_CONTINUITY_SECRET_ARN',
        'OPERATOR_SECRET_ARN',
        'RAISE_ALARMS_SECRET_ARN',
        'REPORT_QUARTER_SECRET_ARN',
        'SERVE_API_SECRET_ARN',
      ],
    ],
  ])('%s is told where things are: %s', (id, keys) => {
    const { Variables } = fn(id).Environment as { Variables: Record<string, unknown> };
    const common = ['NODE_OPTIONS', 'POWERTOOLS_METRICS_NAMESPACE', 'POWERTOOLS_SERVICE_NAME'];
    const database = id === WITHOUT_DATABASE ? [] : DATABASE;
    expect(Object.keys(Variables).sort()).toEqual([...database, ...common, ...keys].sort());
    expect(Variables.POWERTOOLS_METRICS_NAMESPACE).toBe('EmissionWatch');
  });

  it('ValidateMeasurements keeps what arrived in the landing bucket and passes on to the validated stream', () => {
    const { Variables } = fn('ValidateMeasurements').Environment as { Variables: Record<string, unknown> };
    expect(Variables.LANDING_BUCKET).toEqual({ Ref: idOf('Landing') });
    expect(Variables.VALIDATED_STREAM).toEqual({ Ref: idOf('StreamsValidated') });
  });
});

describe('permissions', () => {
  it.each([
    ['ValidateMeasurements', 'DatabaseValidateMeasurements'],
    ['CalculateEmissions', 'DatabaseCalculateEmissions'],
    ['ClosePeriods', 'DatabaseCalculateEmissions'],
    ['CheckCompliance', 'DatabaseCheckCompliance'],
    ['VerifyContinuity', 'DatabaseVerifyContinuity'],
    ['RaiseAlarms', 'DatabaseRaiseAlarms'],
  ])('%s speaks to this cluster only, and only as %s', (id, secret) => {
    const cluster = `arn:\${AWS::Partition}:rds:\${AWS::Region}:\${AWS::AccountId}:cluster:\${${idOf('DatabaseCluster')}}`;
    expect(resourcesFor(id, 'rds-data:')).toEqual([cluster]);
    expect(resourcesFor(id, 'secretsmanager:')).toEqual([`\${${idOf(secret)}}`]);
    const { Variables } = fn(id).Environment as { Variables: Record<string, unknown> };
    expect(Variables.DATABASE_SECRET_ARN).toEqual({ Ref: idOf(secret) });
  });

  it('only migrate-database has the owner’s login; it reads the others to set them up', () => {
    const secrets = [
      'Owner',
      'ValidateMeasurements',
      'CalculateEmissions',
      'CheckCompliance',
      'VerifyContinuity',
      'RaiseAlarms',
      'ReportQuarter',
      'ServeApi',
      'Operator',
    ];
    expect(resourcesFor('MigrateDatabase', 'secretsmanager:').sort()).toEqual(
      secrets.map((id) => `\${${idOf(`Database${id}`)}}`).sort(),
    );
  });

  it.each(FUNCTIONS)(
    '%s decrypts with the data key by way of the services that hold the data, never by itself',
    (id) => {
      const decrypt = may(id).filter(({ Action }) => list(Action).includes('kms:Decrypt'));
      expect(decrypt.length).toBeGreaterThan(0);
      for (const { Resource, Condition } of decrypt) {
        const isForTopics = JSON.stringify(Condition).includes('"sns.');
        expect(text(Resource)).toBe(`\${${idOf(isForTopics ? 'TopicsKey' : 'DataKey')}.Arn}`);
        const { StringEquals } = Condition as { StringEquals: Record<string, unknown> };
        expect(text(StringEquals['kms:ViaService'])).toMatch(
          /^(secretsmanager|dynamodb|s3|sns)\.\$\{AWS::Region\}\.amazonaws\.com$/,
        );
      }
    },
  );

  it.each([
    ['ValidateMeasurements', 'StreamsMeasurements', ['StreamsValidated']],
    ['CalculateEmissions', 'StreamsValidated', ['StreamsEmissions']],
    ['ClosePeriods', undefined, ['StreamsEmissions']],
    ['CheckCompliance', 'StreamsEmissions', []],
    ['MigrateDatabase', undefined, []],
    ['RaiseAlarms', undefined, []],
    ['RecoverRecords', undefined, ['StreamsEmissions', 'StreamsMeasurements', 'StreamsValidated']],
  ])('%s reads from %s and writes to %s', (id, from, to) => {
    const arn = (stream: string) => `\${${idOf(stream)}.Arn}`;
    expect(resourcesFor(id, 'kinesis:Get')).toEqual(from ? [arn(from)] : []);
    expect(resourcesFor(id, 'kinesis:Put')).toEqual(to.map(arn));
  });

  it.each([
    ['ValidateMeasurements', ['FailedFailedBatches', 'LandingMessages']],
    ['CalculateEmissions', ['FailedFailedBatches']],
    ['CheckCompliance', ['FailedFailedBatches']],
    ['ClosePeriods', []],
    ['MigrateDatabase', []],
    ['RaiseAlarms', []],
  ])('%s may put objects by %s, and neither read nor delete any', (id, writers) => {
    const [, { Properties }] = named(processing, `${id}Role`);
    const traces = { Ref: named(processing, 'Tracing')[0] };
    expect(Properties.ManagedPolicyArns).toEqual([traces, ...writers.map((writer) => ({ Ref: idOf(writer) }))]);
    const actions = may(id).flatMap(({ Action }) => list(Action).filter((action) => action.startsWith('s3:')));
    expect(actions).toEqual(writers.length > 0 ? ['s3:ListBucket'] : []);
    expect(resourcesFor(id, 's3:')).toEqual(writers.length > 0 ? [`\${${idOf('Failed')}.Arn}`] : []);
  });

  it('RecoverRecords takes away only failed objects, and reads of the evidence only what is in quarantine', () => {
    const under = (action: string) =>
      may('RecoverRecords')
        .filter(({ Action }) => list(Action).includes(action))
        .flatMap(({ Resource }) => list(Resource).map(text))
        .map((arn) => arn.slice(arn.indexOf(':s3:::') + 6));
    const objects = (bucket: string, prefix: string) => `\${${idOf(bucket)}}/${prefix}*`;
    const failed = ['aws/lambda/', 'iot-failed/'].map((prefix) => objects('Failed', prefix));
    expect(under('s3:DeleteObject').sort()).toEqual(failed);
    expect(under('s3:GetObject').sort()).toEqual([...failed, objects('Landing', 'quarantine/')]);
    expect(under('s3:PutObject')).toEqual([objects('Failed', 'redriven/')]);
    expect(resourcesFor('RecoverRecords', 's3:List')).toEqual([`\${${idOf('Failed')}.Arn}`]);
    const keys = may('RecoverRecords').filter(({ Action }) => list(Action).includes('kms:Decrypt'));
    expect(keys.map(({ Action, Condition }) => [list(Action), contextOf(Condition)])).toEqual([
      [['kms:Decrypt', 'kms:GenerateDataKey'], `\${${idOf('Failed')}.Arn}`],
      [['kms:Decrypt'], `\${${idOf('Landing')}.Arn}`],
    ]);
    expect(fn('RecoverRecords').ReservedConcurrentExecutions).toBe(1);
  });
  const contextOf = (condition: unknown) =>
    text((condition as { StringEquals: Record<string, unknown> }).StringEquals['kms:EncryptionContext:aws:s3:arn']);

  it('no role is handed an AWS managed policy', () => {
    for (const [, { Properties }] of ofType(processing, 'AWS::IAM::Role'))
      expect(JSON.stringify(Properties.ManagedPolicyArns ?? [])).not.toContain(':aws:policy');
  });

  it.each(FUNCTIONS)('%s can be run by Lambda only', (id) => {
    const [, { Properties }] = named(processing, `${id}Role`);
    const [trust, ...others] = (Properties.AssumeRolePolicyDocument as { Statement: Statement[] }).Statement;
    expect([trust!.Principal, others]).toEqual([{ Service: 'lambda.amazonaws.com' }, []]);
  });
});

describe('closing hours', () => {
  const [queue, { Properties: missed }] = named(processing, 'ClosePeriodsMissed');
  const queueArn = { 'Fn::GetAtt': [queue, 'Arn'] };
  const [alias] = named(processing, 'ClosePeriodsLive');

  it('is tried every minute, by the alias, one run at a time', () => {
    const [, { Properties }] = named(processing, 'ClosePeriodsEveryMinute');
    expect(Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Target: { Arn: { Ref: alias } },
    });
    expect(fn('ClosePeriods').ReservedConcurrentExecutions).toBe(1);
  });

  it('a missed or failed run is not repeated, for the next minute’s run does its work, but it can be seen', () => {
    const [, { Properties: schedule }] = named(processing, 'ClosePeriodsEveryMinute');
    expect(schedule.Target).toMatchObject({
      DeadLetterConfig: { Arn: queueArn },
      RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
    });
    const [, { Properties: invocation }] = named(processing, 'ClosePeriodsLiveEventInvokeConfig');
    expect(invocation).toMatchObject({
      Qualifier: { 'Fn::Select': [7, { 'Fn::Split': [':', { Ref: alias }] }] },
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: { OnFailure: { Destination: queueArn } },
    });
  });

  it('missed runs wait in an encrypted queue for two weeks, reached by TLS only', () => {
    expect(missed).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 });
    const [, policy] = named(processing, 'ClosePeriodsMissedPolicy');
    expect(statementsOf(policy)[0]).toMatchObject({
      Effect: 'Deny',
      Action: 'sqs:*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
  });
});

describe('migrations', () => {
  const [run, { Properties, DependsOn }] = named(processing, 'MigrateDatabaseRun');
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('run before any function that uses the database gets new code', () => {
    for (const id of FUNCTIONS.filter((name) => name !== 'MigrateDatabase' && name !== WITHOUT_DATABASE))
      expect(named(processing, `${id}Function`)[1].DependsOn).toContain(run);
  });

  it('run only when migrate-database may do all it needs', () => {
    const [target] = named(processing, 'MigrateDatabaseFunction');
    expect(Properties.ServiceToken).toEqual({ 'Fn::GetAtt': [target, 'Arn'] });
    expect(DependsOn).toContain(named(processing, 'MigrateDatabaseRoleDefaultPolicy')[0]);
  });

  it('run again on a word, to set passwords that were changed', () => {
    const { processing: again } = unbundled({ passwords: '2026-11' });
    const [, { Properties: changed }] = named(
      Template.fromStack(again).toJSON() as Parameters<typeof named>[0],
      'MigrateDatabaseRun',
    );
    expect([Properties.passwords, changed.passwords]).toEqual(['first', '2026-11']);
  });

  it('run again when a file is added or changed', () => {
    expect(Properties.migrations).toMatch(/^[0-9a-f]{64}$/);
    const put = (name: string, sql: string) => writeFileSync(join(folder, name), sql);
    put('0001-first.sql', 'select 1;');
    const first = checksumOf(folder);
    expect(checksumOf(folder)).toBe(first);
    put('0002-second.sql', 'select 2;');
    const second = checksumOf(folder);
    put('0002-second.sql', 'select 3;');
    expect(new Set([first, second, checksumOf(folder)]).size).toBe(3);
  });
});
