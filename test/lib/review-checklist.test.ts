import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { CHOICES, type Found, type Synthesised, synthesised } from './stacks.ts';
import { list, type Properties, type Statement, text } from './template.ts';

// What a reviewer of a deployment asks, one test a question, of every resource of its kind and not of those known by name.

// Each test makes the whole app, some of them several times: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const FUNCTION = 'AWS::Lambda::Function';
const MAPPING = 'AWS::Lambda::EventSourceMapping';
const STREAM = 'AWS::Kinesis::Stream';
const STATEFUL = [
  'AWS::Backup::BackupVault',
  'AWS::Cognito::UserPool',
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::KMS::Key',
  'AWS::Kinesis::Stream',
  'AWS::RDS::DBCluster',
  'AWS::RDS::DBInstance',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
  'AWS::Timestream::Database',
  'AWS::Timestream::Table',
];

let app: Synthesised;
beforeAll(() => {
  app = synthesised({ profile: 'large', timeSeriesStore: 'timestream' });
});

const refersTo = (value: unknown): string => text(value).match(/\$\{(\w+)/)?.[1] ?? text(value);
const streamOf = ({ resources }: Synthesised, mapping: Found): Found =>
  resources.find(({ id, Type }) => Type === STREAM && id === refersTo(mapping.Properties.EventSourceArn))!;
/** The alias that a mapping, schedule or hook names. */
const aliasOf = ({ resources }: Synthesised, target: unknown): Found | undefined => {
  const json = JSON.stringify(target);
  return resources.find(({ Type, id }) => Type === 'AWS::Lambda::Alias' && json.includes(`"${id}"`));
};
const policies = ({ ofType }: Synthesised): readonly Found[] => ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy');
const statements = ({ Properties }: Found): readonly Statement[] =>
  (Properties.PolicyDocument as { Statement: readonly Statement[] }).Statement;

describe('no record is left behind', () => {
  it('1. a batch that fails is cut until the bad record stands alone, and that one is kept', () => {
    const mappings = app.ofType(MAPPING);
    expect(mappings.length).toBeGreaterThanOrEqual(4);
    for (const { Properties } of mappings) {
      expect(Properties).toMatchObject({
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        DestinationConfig: { OnFailure: { Destination: expect.anything() } },
      });
      expect(Properties.MaximumRetryAttempts).toBeGreaterThanOrEqual(0);
    }
  });

  it('2. a consumer has six hours to recover, and gives a record up before the stream forgets it', () => {
    for (const mapping of app.ofType(MAPPING)) {
      const age = mapping.Properties.MaximumRecordAgeInSeconds as number;
      const retention = (streamOf(app, mapping).Properties.RetentionPeriodHours as number) * 3600;
      expect(age).toBeGreaterThanOrEqual(6 * 3600);
      expect(age).toBeLessThan(retention);
    }
  });

  it.each(CHOICES)(
    '3. in $profile with $timeSeriesStore every lane has an invocation, and 100 of 1000 stay',
    (choice) => {
      const chosen = synthesised(choice);
      const reserved = (fn: Found) => fn.Properties.ReservedConcurrentExecutions as number | undefined;
      for (const fn of chosen.ofType(FUNCTION)) expect([fn.id, reserved(fn)]).toEqual([fn.id, expect.any(Number)]);
      for (const fn of chosen.ofType(FUNCTION)) {
        const lanes = chosen
          .ofType(MAPPING)
          .filter(
            (mapping) => refersTo(aliasOf(chosen, mapping.Properties.FunctionName)!.Properties.FunctionName) === fn.id,
          )
          .map((mapping) => {
            const shards = streamOf(chosen, mapping).Properties.ShardCount as number;
            return shards * (mapping.Properties.ParallelizationFactor as number);
          });
        expect(reserved(fn)).toBeGreaterThanOrEqual(lanes.reduce((sum, each) => sum + each, 0));
      }
      const total = chosen.ofType(FUNCTION).reduce((sum, fn) => sum + reserved(fn)!, 0);
      expect(total).toBeLessThanOrEqual(1000 - 100);
    },
  );

  it('4. reading starts at the oldest record, and the mappings keep their ids: another id would start again', () => {
    const mappings = app.ofType(MAPPING);
    expect(mappings.map(({ Properties }) => Properties.StartingPosition)).toEqual(mappings.map(() => 'TRIM_HORIZON'));
    expect(mappings.map(({ id }) => id).sort()).toEqual([
      'CalculateEmissionsLiveKinesisEventSourceEmissionWatchStorageStreamsValidatedE6F16A28F5A8DA78',
      'CheckComplianceLiveKinesisEventSourceEmissionWatchStorageStreamsEmissions93A462F94498739F',
      'RecordTimeSeriesLiveKinesisEventSourceEmissionWatchStorageStreamsValidatedE6F16A285E42A288',
      'ValidateMeasurementsLiveKinesisEventSourceEmissionWatchStorageStreamsMeasurementsED5D14BD2F07A5D7',
    ]);
  });

  it('5. no mapping asks for what Kinesis does not have, which only a deployment would find', () => {
    for (const { Properties } of app.ofType(MAPPING))
      expect(Object.keys(Properties)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(ProvisionedPollerConfig|ScalingConfig|FilterCriteria)$/)]),
      );
  });

  it('6. streams are split by the partition key that producers give, so a facility’s records keep their order', () => {
    for (const { Properties } of app.ofType(STREAM))
      expect([undefined, 'USER_PARTITION_KEY']).toContain(Properties.RecordDistributionStrategy);
  });

  it('7. streams keep encrypted records for a week', () => {
    expect(app.ofType(STREAM)).toHaveLength(3);
    for (const { Properties } of app.ofType(STREAM)) {
      expect(Properties.StreamEncryption).toEqual({ EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' });
      expect(Properties.RetentionPeriodHours).toBeGreaterThanOrEqual(168);
    }
  });

  it('8. somebody is told when a topic rule is gone, throttled, or does not get rid of a message', () => {
    const rules = app.ofType('AWS::IoT::TopicRule').map(({ id }) => id);
    const alarmed = (metric: string) =>
      app
        .ofType('AWS::CloudWatch::Alarm')
        .filter(({ Properties }) => Properties.Namespace === 'AWS/IoT' && Properties.MetricName === metric)
        .map(({ Properties }) =>
          (Properties.Dimensions as { Name: string; Value: unknown }[]).find(({ Name }) => Name === 'RuleName'),
        )
        .map((dimension) => refersTo(dimension?.Value));
    for (const metric of ['RuleNotFound', 'RuleMessageThrottled', 'Failure', 'ErrorActionFailure'])
      expect([metric, alarmed(metric)]).toEqual([metric, rules]);
  });

  it('8. a topic rule keeps what its stream refuses, and gives every record a partition key', () => {
    expect(app.ofType('AWS::IoT::TopicRule').length).toBeGreaterThan(0);
    for (const { Properties } of app.ofType('AWS::IoT::TopicRule')) {
      const rule = Properties.TopicRulePayload as Properties & { Actions: { Kinesis?: Properties }[] };
      expect(rule).toMatchObject({ AwsIotSqlVersion: '2016-03-23', ErrorAction: { S3: expect.anything() } });
      for (const { Kinesis } of rule.Actions) if (Kinesis) expect(Kinesis.PartitionKey).toMatch(/^\$\{topic\(\d\)\}$/);
    }
  });
});

describe('nobody is let in', () => {
  it('9. no device policy allows everything, and an agent connects only as the thing of its certificate', () => {
    const device = app.ofType('AWS::IoT::Policy');
    expect(device.length).toBeGreaterThan(0);
    const connects = device.flatMap(statements).filter(({ Action }) => list(Action).includes('iot:Connect'));
    for (const { Effect, Action, Resource } of device.flatMap(statements)) {
      expect(Effect).toBe('Allow');
      for (const action of list(Action)) expect(action).toMatch(/^iot:[A-Za-z]+$/);
      for (const resource of list(Resource).map(text)) expect(resource).toMatch(/:(client|topic|topicfilter)\/[^*]/);
    }
    const asThing = connects.filter(({ Resource }) => text(list(Resource)[0]).includes('Connection.Thing.ThingName'));
    expect(asThing.map(({ Condition }) => Condition)).toEqual([
      { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } },
    ]);
    const publishes = device.flatMap(statements).filter(({ Action }) => list(Action).includes('iot:Publish'));
    const minutes = publishes
      .flatMap(({ Resource }) => list(Resource).map(text))
      .filter((arn) => arn.endsWith('/minutes'));
    expect(minutes.length).toBeGreaterThan(0);
    for (const arn of minutes) expect(arn).toContain(`\${iot:Connection.Thing.Attributes[facility]}/`);
  });

  it('10. a device gets a certificate only by way of the hook, which IoT alone may invoke for this account', () => {
    const templates = app.ofType('AWS::IoT::ProvisioningTemplate');
    expect(templates).toHaveLength(1);
    for (const { Properties } of templates) {
      const { TargetArn } = Properties.PreProvisioningHook as { TargetArn: unknown };
      expect(aliasOf(app, TargetArn)).toBeDefined();
    }
    const permissions = app.ofType('AWS::Lambda::Permission');
    expect(permissions.length).toBeGreaterThan(0);
    for (const { id, Properties } of permissions)
      expect([id, Properties.SourceArn ?? Properties.SourceAccount]).not.toEqual([id, undefined]);
  });

  it('11. roles that AWS services use for us can be used for this account only', () => {
    const LENT_BY_ARN = ['iot', 'scheduler', 'codedeploy', 'monitoring.rds', 'states'];
    for (const { id, Properties } of app.ofType('AWS::IAM::Role')) {
      const [trust] = (Properties.AssumeRolePolicyDocument as { Statement: Statement[] }).Statement;
      const service = String((trust!.Principal as { Service: string }).Service).replace('.amazonaws.com', '');
      if (!LENT_BY_ARN.includes(service)) continue;
      expect([id, JSON.stringify(trust!.Condition)]).toEqual([
        id,
        expect.stringContaining('"aws:SourceAccount":{"Ref":"AWS::AccountId"}'),
      ]);
    }
  });

  it('12. these are all wildcards of all policies, and each has a reason why nothing narrower can be named', () => {
    const wild = policies(app)
      .flatMap(statements)
      .flatMap(({ Action, Resource }) =>
        list(Action).flatMap((action) =>
          [action, ...list(Resource).map(text)]
            .filter((part) => part.includes('*'))
            .map((part) => `${part.replace(/^.*\$\{[\w:.]+\}[:/]+/, '')} for ${action}`),
        ),
      );
    const known = WILDCARDS.flatMap(({ of }) =>
      Object.entries(of).flatMap(([pattern, actions]) => actions.map((action) => `${pattern} for ${action}`)),
    );
    expect([...new Set(wild)].sort()).toEqual(known.sort());
  });

  it('17. no function is in a network, and the network of the database has no way out', () => {
    for (const { Properties } of app.ofType(FUNCTION)) expect(Properties).not.toHaveProperty('VpcConfig');
    const ways = ['InternetGateway', 'NatGateway', 'Route', 'VPCPeeringConnection', 'VPCEndpoint'];
    expect(app.ofType(...ways.map((way) => `AWS::EC2::${way}`))).toEqual([]);
    const [cluster] = app.ofType('AWS::RDS::DBCluster');
    const own = (cluster!.Properties.VpcSecurityGroupIds as unknown[]).map(refersTo);
    expect(app.ofType('AWS::EC2::SecurityGroup').map(({ id }) => id)).toEqual(own);
  });

  it('18. no function but migrate-database knows the login that owns the schema', () => {
    const owner = app.ofType('AWS::SecretsManager::Secret').find(({ id }) => id.startsWith('DatabaseOwner'))!.id;
    const knowing = app.ofType(FUNCTION).filter(({ Properties }) => JSON.stringify(Properties).includes(`"${owner}"`));
    expect(knowing.map(({ Properties }) => Properties.Description)).toEqual(['EmissionWatch migrate-database']);
    for (const statement of policies(app).flatMap(statements)) {
      if (!list(statement.Action).some((action) => action.startsWith('rds-data:'))) continue;
      for (const arn of list(statement.Resource).map(text)) expect(arn).toMatch(/:cluster:\$\{DatabaseCluster\w+\}$/);
    }
  });
});

interface State {
  readonly Type: string;
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[] }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[] }[];
  readonly Parameters?: { readonly FunctionName: string };
  readonly ItemProcessor?: Definition;
  readonly MaxConcurrency?: number;
  readonly ToleratedFailurePercentage?: number;
}
interface Definition {
  readonly States: Readonly<Record<string, State>>;
  readonly TimeoutSeconds?: number;
}
const definitionOf = ({ DefinitionString }: Properties): Definition => JSON.parse(text(DefinitionString));
interface NamedState {
  readonly name: string;
  readonly state: State;
  /** By itself or by the Map that it is in. */
  readonly caught: boolean;
}
const statesOf = ({ States }: Definition, outside = false): NamedState[] =>
  Object.entries(States).flatMap(([name, state]) => {
    const caught = outside || state.Catch?.some(({ ErrorEquals }) => ErrorEquals.includes('States.ALL')) === true;
    return [{ name, state, caught }, ...(state.ItemProcessor ? statesOf(state.ItemProcessor, caught) : [])];
  });
const tasksOf = (definition: Definition): NamedState[] =>
  statesOf(definition).filter(({ state }) => state.Type === 'Task');

interface Wildcards {
  /** Why nothing narrower can be named. */
  readonly because: string;
  /** The end of an ARN, or `*` alone, with the actions that it is for. */
  readonly of: Readonly<Record<string, readonly string[]>>;
}

const WILDCARDS: readonly Wildcards[] = [
  {
    because: 'IAM knows no resources for these actions',
    of: {
      '*': [
        'iot:AttachThingPrincipal',
        'iot:CreateKeysAndCertificate',
        'iot:DetachThingPrincipal',
        'iot:ListThingPrincipals',
        'logs:CreateLogDelivery',
        'logs:DeleteLogDelivery',
        'logs:DescribeLogGroups',
        'logs:DescribeResourcePolicies',
        'logs:GetLogDelivery',
        'logs:ListLogDeliveries',
        'logs:PutResourcePolicy',
        'logs:UpdateLogDelivery',
        'timestream:DescribeEndpoints',
        'xray:GetSamplingRules',
        'xray:GetSamplingTargets',
        'xray:PutTelemetryRecords',
        'xray:PutTraceSegments',
      ],
    },
  },
  {
    because: 'composite alarms are told only to whoever may describe every alarm',
    of: { '*': ['cloudwatch:DescribeAlarms'] },
  },
  {
    because: 'the alarms of a version get a new name with each version',
    of: { 'alarm:*': ['cloudwatch:DescribeAlarms'] },
  },
  {
    because: 'keys of objects are made of time, shard, checksum or quarter',
    of: {
      'aws/lambda/*': ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      'console/*': ['s3:DeleteObject', 's3:PutObject'],
      'iot-failed/*': ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      'measurements/*': ['s3:PutObject'],
      'quarantine/*': ['s3:GetObject', 's3:PutObject'],
      'redriven/*': ['s3:PutObject'],
      // Nobody deletes there, nor changes for how long it is held.
      'reports/*': ['s3:GetObject', 's3:GetObjectRetention', 's3:PutObject'],
      'work/*': ['s3:GetObject', 's3:PutObject'],
    },
  },
  {
    because: 'an execution is named by facility, quarter and revision',
    of: { 'execution:EmissionWatch-QuarterlyReport:*': ['states:DescribeExecution'] },
  },
  {
    because: 'things, certificates and jobs come to be when devices are provisioned and rotated',
    of: {
      'cert/*': ['iot:AttachPolicy', 'iot:DescribeCertificate', 'iot:DetachPolicy', 'iot:UpdateCertificate'],
      'job/rotate-*': ['iot:CreateJob', 'iot:DescribeJobExecution'],
      'thing/*': [
        'iot:CreateJob',
        'iot:CreateThing',
        'iot:DescribeJobExecution',
        'iot:DescribeThing',
        'iot:GetThingShadow',
        'iot:UpdateThing',
      ],
      'topic/emissionwatch/v1/commands/*': ['iot:Publish'],
    },
  },
  {
    because: 'CloudFormation makes up the end of the name, in a stack that this one does not depend on',
    of: { 'policy/*': ['iot:ListTargetsForPolicy'], 'stack/EmissionWatch-*/*': ['cloudformation:DescribeStacks'] },
  },
  {
    because: 'RDS names the log stream of an instance by itself',
    of: {
      'log-group:RDSOSMetrics:log-stream:*': [
        'logs:CreateLogStream',
        'logs:DescribeLogStreams',
        'logs:GetLogEvents',
        'logs:PutLogEvents',
      ],
    },
  },
];

describe('functions and database are set up to last', () => {
  it('13. every function runs on Node 24 on arm64 and logs, encrypted, to a group that ends after a year', () => {
    const groups = new Map(app.ofType('AWS::Logs::LogGroup').map((group) => [group.id, group.Properties]));
    expect(app.ofType(FUNCTION).length).toBeGreaterThanOrEqual(6);
    for (const { Properties } of app.ofType(FUNCTION)) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      const { LogGroup } = Properties.LoggingConfig as { LogGroup: unknown };
      expect(groups.get(refersTo(LogGroup))).toMatchObject({ RetentionInDays: 365, KmsKeyId: expect.anything() });
    }
  });

  it('14. a function outlasts a statement that the Data API cancels after 45 s, is traced and is stopped in a loop', () => {
    for (const { id, Properties } of app.ofType(FUNCTION)) {
      expect(Properties).toMatchObject({ TracingConfig: { Mode: 'Active' }, RecursiveLoop: 'Terminate' });
      expect(Properties.MemorySize).toBeGreaterThanOrEqual(256);
      const usesDatabase = JSON.stringify(Properties.Environment).includes('DATABASE_CLUSTER_ARN');
      // The gateway waits 30 s for the API; after that nobody gets the answer, and whoever asked asks again.
      const answersPeople = Properties.Description === 'EmissionWatch serve-api';
      const least = answersPeople ? 30 : usesDatabase ? 90 : 5;
      expect([id, (Properties.Timeout as number) >= least]).toEqual([id, true]);
    }
  });

  it('15. the database is encrypted, cannot be deleted, and can be had back as of any second of 35 days', () => {
    expect(app.ofType('AWS::RDS::DBCluster').map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({
        EnableHttpEndpoint: true,
        StorageEncrypted: true,
        DeletionProtection: true,
        EnableIAMDatabaseAuthentication: true,
        BackupRetentionPeriod: 35,
        CopyTagsToSnapshot: true,
        EnableCloudwatchLogsExports: ['postgresql'],
      }),
    ]);
    for (const { Properties } of app.ofType('AWS::RDS::DBInstance')) {
      expect(Properties).toMatchObject({ MonitoringInterval: 60, PubliclyAccessible: false });
      expect(Properties.MonitoringRoleArn).toBeDefined();
    }
  });

  it('15. the database and every table are also in a daily backup that nobody may delete', () => {
    const [selection] = app.ofType('AWS::Backup::BackupSelection');
    const { Resources } = selection!.Properties.BackupSelection as { Resources: unknown[] };
    const data = app.ofType('AWS::RDS::DBCluster', 'AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable');
    const json = JSON.stringify(Resources);
    for (const { id } of data) expect([id, json.includes(`"${id}"`)]).toEqual([id, true]);
    const [vault] = app.ofType('AWS::Backup::BackupVault');
    expect(vault!.Properties.AccessPolicy).toMatchObject({
      Statement: [
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: ['backup:DeleteRecoveryPoint', 'backup:UpdateRecoveryPointLifecycle'],
        },
      ],
    });
    const [plan] = app.ofType('AWS::Backup::BackupPlan');
    expect(plan!.Properties.BackupPlan).toMatchObject({
      BackupPlanRule: [{ Lifecycle: { DeleteAfterDays: 35 }, ScheduleExpression: 'cron(0 5 * * ? *)' }],
    });
  });

  it('16. a writer that is lost is replaced within a minute in every profile that is meant for more than ten plants', () => {
    for (const { profile } of CHOICES.filter(({ timeSeriesStore }) => timeSeriesStore === 'aurora')) {
      const instances = synthesised({ profile, timeSeriesStore: 'aurora' }).ofType('AWS::RDS::DBInstance');
      const tiers = instances.map(({ Properties }) => Properties.PromotionTier);
      expect([profile, tiers]).toEqual([profile, profile === 'small' ? [0] : [0, 1]]);
    }
  });

  it('19. a bucket is versioned, closed to the public, speaks TLS only, and nothing empties it', () => {
    const policed = app.ofType('AWS::S3::BucketPolicy').map(({ Properties }) => refersTo(Properties.Bucket));
    for (const { id, Properties } of app.ofType('AWS::S3::Bucket')) {
      expect(Properties).toMatchObject({
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      });
      expect(policed).toContain(id);
    }
    for (const policy of app.ofType('AWS::S3::BucketPolicy')) {
      const denied = statements(policy).filter(({ Effect }) => Effect === 'Deny');
      expect(JSON.stringify(denied)).toContain('"aws:SecureTransport":"false"');
    }
    expect(app.resources.filter(({ Type }) => Type.includes('AutoDelete'))).toEqual([]);
  });

  it('19. what is archived is held for seven years by a lock that nobody can take off', () => {
    const locked = app.ofType('AWS::S3::Bucket').filter(({ Properties }) => Properties.ObjectLockEnabled);
    expect(locked).toHaveLength(1);
    for (const { Properties } of locked)
      expect(Properties.ObjectLockConfiguration).toEqual({
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 2557 } },
      });
    const taken = policies(app)
      .flatMap(statements)
      .flatMap(({ Action }) => list(Action))
      .filter((action) => /^s3:(Bypass|PutObjectRetention|PutObjectLegalHold|PutBucketObjectLock)/.test(action));
    expect(taken).toEqual([]);
  });

  it('20. access logs go to buckets that S3 can deliver to: without object lock', () => {
    const targets = app.ofType('AWS::S3::Bucket').flatMap(({ Properties }) => {
      const logging = Properties.LoggingConfiguration as { DestinationBucketName: unknown } | undefined;
      return logging ? [refersTo(logging.DestinationBucketName)] : [];
    });
    expect(targets.length).toBeGreaterThan(0);
    for (const { id, Properties } of app.ofType('AWS::S3::Bucket'))
      if (targets.includes(id)) expect(Properties.ObjectLockEnabled).toBeUndefined();
  });

  it('21. a state machine is logged whole and traced, and each of its tasks is tried again and its failure caught', () => {
    const machines = app.ofType('AWS::StepFunctions::StateMachine');
    expect(machines.length).toBeGreaterThan(0);
    for (const { Properties } of machines) {
      expect(Properties).toMatchObject({
        LoggingConfiguration: { Level: 'ALL', Destinations: [expect.anything()] },
        TracingConfiguration: { Enabled: true },
      });
      const definition = definitionOf(Properties);
      expect(definition.TimeoutSeconds).toBeGreaterThan(0);
      // Fields of JSONata and a reader or writer of items would be another language, and another kind of Map.
      expect(JSON.stringify(definition)).not.toMatch(/JSONata|"(Arguments|Output|Assign|ItemReader|ResultWriter)"/);
      for (const { name, state, caught } of tasksOf(definition)) {
        expect([name, state.Retry?.at(-1)]).toEqual([
          name,
          expect.objectContaining({
            ErrorEquals: ['States.ALL'],
            MaxAttempts: 3,
            BackoffRate: 2,
            JitterStrategy: 'FULL',
          }),
        ]);
        expect([name, state.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals)]).toEqual([
          name,
          expect.arrayContaining(['Lambda.TooManyRequestsException']),
        ]);
        expect([name, caught]).toEqual([name, true]);
      }
    }
  });

  it('22. a Map works on no more items at a time than its function has invocations, and tolerates no failure', () => {
    for (const { Properties } of app.ofType('AWS::StepFunctions::StateMachine'))
      for (const { name, state } of statesOf(definitionOf(Properties))) {
        if (state.Type !== 'Map') continue;
        const called = Object.values(state.ItemProcessor!.States).map(({ Parameters }) => Parameters!.FunctionName);
        const reserved = called.map((arn) => {
          const alias = app.resources.find(({ id }) => `\${${id}}` === arn)!;
          const fn = app.resources.find(({ id }) => id === refersTo(alias.Properties.FunctionName))!;
          return fn.Properties.ReservedConcurrentExecutions as number;
        });
        expect([name, state.MaxConcurrency]).toEqual([name, expect.any(Number)]);
        expect(state.MaxConcurrency).toBeLessThanOrEqual(Math.min(...reserved));
        expect([name, state.ToleratedFailurePercentage ?? 0]).toEqual([name, 0]);
      }
  });

  it('23. topics are encrypted and take TLS only, and what a subscription does not get is kept', () => {
    expect(app.ofType('AWS::SNS::Topic')).toHaveLength(3);
    const denying = app
      .ofType('AWS::SNS::TopicPolicy')
      .filter(({ Properties }) => JSON.stringify(Properties.PolicyDocument).includes('"aws:SecureTransport":"false"'));
    const policed = denying.flatMap(({ Properties }) => (Properties.Topics as unknown[]).map(refersTo));
    for (const { id, Properties } of app.ofType('AWS::SNS::Topic')) {
      expect([id, Properties.KmsMasterKeyId]).toEqual([id, expect.anything()]);
      expect(policed).toContain(id);
    }
    const told = synthesised({ notify: 'shift@plant.example' });
    expect(told.warnings).toEqual([]);
    expect(told.ofType('AWS::SNS::Subscription')).toHaveLength(3);
    for (const { Properties } of told.ofType('AWS::SNS::Subscription'))
      expect(Properties.RedrivePolicy).toEqual({ deadLetterTargetArn: expect.anything() });
  });

  it('23. whatever is started without waiting for its end has a place for what failed', () => {
    for (const { Properties } of app.ofType('AWS::Scheduler::Schedule'))
      expect(Properties.Target).toMatchObject({ DeadLetterConfig: { Arn: expect.anything() } });
    for (const { Properties } of app.ofType('AWS::Lambda::EventInvokeConfig'))
      expect(Properties.DestinationConfig).toMatchObject({ OnFailure: { Destination: expect.anything() } });
    const policed = app
      .ofType('AWS::SQS::QueuePolicy')
      .flatMap(({ Properties }) => (Properties.Queues as unknown[]).map(refersTo));
    for (const { id, Properties } of app.ofType('AWS::SQS::Queue')) {
      expect(Properties.SqsManagedSseEnabled ?? Properties.KmsMasterKeyId).toBeTruthy();
      expect(policed).toContain(id);
    }
  });

  it('25. an alarm tells somebody, but for those that CodeDeploy reads while new code takes over', () => {
    const groups = JSON.stringify(app.ofType('AWS::CodeDeploy::DeploymentGroup').map(({ Properties }) => Properties));
    for (const { id, Properties } of app.ofType('AWS::CloudWatch::Alarm')) {
      if (groups.includes(`"${id}"`)) continue;
      expect([id, Properties.AlarmActions]).toEqual([id, [expect.anything()]]);
      expect([id, Properties.OKActions]).toEqual([id, [expect.anything()]]);
    }
  });

  it('25. an alarm says what silence means, and counts no facility or source by itself', () => {
    expect(app.ofType('AWS::CloudWatch::Alarm').length).toBeGreaterThan(0);
    for (const { Properties } of app.ofType('AWS::CloudWatch::Alarm')) {
      expect(['notBreaching', 'breaching', 'ignore']).toContain(Properties.TreatMissingData);
      expect(JSON.stringify(Properties)).not.toMatch(/"Name":"(facility|source|thing)/i);
    }
  });
});

describe('what holds data outlives the code', () => {
  it('27. stacks that hold data cannot be deleted, and what they hold stays when they are', () => {
    const holding = new Set(app.ofType(...STATEFUL).map(({ stack }) => stack));
    // The people who may use the system are in the stack of the API.
    expect([...holding].sort()).toEqual(['EmissionWatch-Api', 'EmissionWatch-Storage', 'EmissionWatch-TimeSeries']);
    for (const { name, terminationProtection } of app.stacks)
      expect([name, terminationProtection]).toEqual([name, holding.has(name)]);
    for (const { id, DeletionPolicy, UpdateReplacePolicy } of app.ofType(...STATEFUL))
      expect([id, DeletionPolicy, UpdateReplacePolicy]).toEqual([id, 'Retain', 'Retain']);
  });

  it('27. the other stacks hold nothing of the kind', () => {
    const stateless = app.resources.filter(({ stack }) => /-(Ingest|Processing|Reporting)$/.test(stack));
    expect(stateless.length).toBeGreaterThan(20);
    expect(stateless.filter(({ Type }) => STATEFUL.includes(Type))).toEqual([]);
  });

  it('28. keys that encrypt are renewed every year', () => {
    const keys = app.ofType('AWS::KMS::Key').filter(({ Properties }) => Properties.KeyUsage !== 'SIGN_VERIFY');
    expect(keys.length).toBeGreaterThanOrEqual(2);
    for (const { Properties } of keys) expect(Properties.EnableKeyRotation).toBe(true);
  });
});

describe('new code takes over by and by', () => {
  const alarmsOf = (group: Found): Found[] => {
    const { Alarms } = group.Properties.AlarmConfiguration as { Alarms: { Name: unknown }[] };
    return Alarms.map(({ Name }) => app.resources.find(({ id }) => id === refersTo(Name))!);
  };
  const groupOf = (alias: Found): Found => {
    const { DeploymentGroupName } = alias.UpdatePolicy!.CodeDeployLambdaAliasUpdate as { DeploymentGroupName: unknown };
    return app.resources.find(({ id }) => id === refersTo(DeploymentGroupName))!;
  };

  it('29. streams, schedules, hooks and routes invoke an alias and never the newest code', () => {
    const invoked = [
      ...app.ofType(MAPPING).map(({ id, Properties }) => [id, Properties.FunctionName]),
      ...app
        .ofType('AWS::Scheduler::Schedule')
        .map(({ id, Properties }) => [id, (Properties.Target as Properties).Arn]),
      ...app
        .ofType('AWS::IoT::ProvisioningTemplate')
        .map(({ id, Properties }) => [id, (Properties.PreProvisioningHook as Properties | undefined)?.TargetArn]),
      ...app.ofType('AWS::ApiGatewayV2::Integration').map(({ id, Properties }) => [id, Properties.IntegrationUri]),
    ];
    for (const [id, target] of invoked) expect([id, aliasOf(app, target)?.Properties.Name]).toEqual([id, 'live']);
  });

  it('29. every alias is shifted a tenth a minute and turned back by an alarm', () => {
    const aliases = app.ofType('AWS::Lambda::Alias');
    expect(aliases.length).toBeGreaterThanOrEqual(5);
    for (const alias of aliases)
      expect(groupOf(alias).Properties).toMatchObject({
        DeploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute',
        AlarmConfiguration: { Enabled: true },
        AutoRollbackConfiguration: {
          Enabled: true,
          Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
        },
      });
  });

  it('29. failures turn it back of the new version only, so a failing function can be mended', () => {
    for (const alias of app.ofType('AWS::Lambda::Alias')) {
      const [errors] = alarmsOf(groupOf(alias));
      expect(errors!.Properties).toMatchObject({ MetricName: 'Errors', Threshold: 1, Statistic: 'Sum', Period: 60 });
      const { Dimensions } = errors!.Properties as { Dimensions: { Name: string; Value: unknown }[] };
      const executed = Dimensions.find(({ Name }) => Name === 'ExecutedVersion')!.Value;
      expect(executed).toEqual(alias.Properties.FunctionVersion);
      const version = refersTo(executed);
      // The alarm of one version is not that of another: it would still ring for the old one when the shift begins.
      expect(errors!.id.slice(-32)).toBe(version.slice(-32));
    }
  });

  it('29. a consumer is also turned back when records wait longer and longer with the new version', () => {
    for (const mapping of app.ofType(MAPPING)) {
      const [, age] = alarmsOf(groupOf(aliasOf(app, mapping.Properties.FunctionName)!));
      expect(age!.Properties).toMatchObject({ Threshold: 500, EvaluationPeriods: 3 });
      const { Metrics } = age!.Properties as { Metrics: { Id: string; Expression?: string }[] };
      expect(Metrics.flatMap(({ Expression }) => Expression ?? [])).toEqual(['IF(FILL(runs, 0) > 0, RATE(age), 0)']);
      expect(Metrics.map(({ Id }) => Id)).toEqual(expect.arrayContaining(['runs', 'age']));
    }
  });

  it('29. CodeDeploy may shift the one function it is for, and no other', () => {
    const roles = app
      .ofType('AWS::CodeDeploy::DeploymentGroup')
      .map(({ Properties }) => refersTo(Properties.ServiceRoleArn));
    expect(new Set(roles).size).toBe(app.ofType('AWS::Lambda::Alias').length);
    for (const policy of policies(app).filter(({ Properties }) =>
      JSON.stringify(Properties).includes('lambda:UpdateAlias'),
    )) {
      const shift = statements(policy).find(({ Action }) => list(Action).includes('lambda:UpdateAlias'))!;
      const [fn, live] = list(shift.Resource).map(text);
      expect(live).toBe(`${fn}:live`);
      expect(fn).toMatch(/^\$\{\w+Function\w+\.Arn\}$/);
    }
    for (const id of roles)
      expect(app.resources.find((resource) => resource.id === id)!.Properties.ManagedPolicyArns).toBeUndefined();
  });

  it('29. it can be told to take over at once, when what runs now is worse than anything new', () => {
    for (const { Properties } of synthesised({ canary: 'off' }).ofType('AWS::CodeDeploy::DeploymentGroup'))
      expect(Properties).toMatchObject({
        DeploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce',
        AlarmConfiguration: { Enabled: false },
      });
  });
});

describe('nothing old and nothing closed', () => {
  it('30. Timestream is there only when it is asked for, and then deployed before everything else', () => {
    const types = (context: Properties) => new Set(synthesised(context).resources.map(({ Type }) => Type));
    expect([...types({ timeSeriesStore: 'aurora' })].filter((type) => type.includes('Timestream'))).toEqual([]);
    expect([...types({})].filter((type) => type.includes('Timestream')).sort()).toEqual([
      'AWS::Timestream::Database',
      'AWS::Timestream::Table',
    ]);
    expect(app.stacks[0]!.name).toBe('EmissionWatch-TimeSeries');
  });

  it('30. no service is used that AWS has ended', () => {
    for (const { Type } of app.resources) expect(Type).not.toMatch(/IoTEvents|IoTAnalytics|QLDB|LookoutMetrics/);
  });

  it('30. the CDK’s flags are set and its command line is pinned', () => {
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Properties };
    expect(context).toMatchObject({
      '@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2': true,
      '@aws-cdk/core:defaultCrossStackReferences': 'weak',
      '@aws-cdk/core:validateAgainstDefaultRules': true,
    });
    const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: Properties };
    expect(devDependencies['aws-cdk']).toBe('2.1148.1');
  });
});
