import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { list, named, ofType, type Statement, statementsOf, templates, text, unbundled } from './template.ts';

const { storage, ingest, processing } = templates('medium');

const STATEFUL = [
  'AWS::KMS::Key',
  'AWS::S3::Bucket',
  'AWS::Kinesis::Stream',
  'AWS::RDS::DBCluster',
  'AWS::RDS::DBInstance',
  'AWS::SecretsManager::Secret',
];

describe('what holds data outlives the code', () => {
  it('the stack that holds data cannot be deleted by accident', () => {
    expect(unbundled().storage.terminationProtection).toBe(true);
  });

  it.each(STATEFUL)('no %s goes with the stack or with a replacement', (type) => {
    const found = ofType(storage, type);
    expect(found.length).toBeGreaterThan(0);
    for (const [id, resource] of found)
      expect([id, resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual([id, 'Retain', 'Retain']);
  });

  it('the other stacks hold nothing of the kind, so they can be deleted and deployed again', () => {
    expect([...ofType(ingest, ...STATEFUL), ...ofType(processing, ...STATEFUL)]).toEqual([]);
  });

  it('keeps its logical ids: another id would be another, empty resource', () => {
    expect(ofType(storage, ...STATEFUL).map(([id]) => id)).toEqual([
      'DataKey17AFBB84',
      'LogKeyE83D0C1B',
      'EvidenceKey167D8F4D',
      'AccessLogs8B620ECA',
      'LandingF95672E9',
      'Failed178E83A2',
      'ReportsBucket95FE29A2',
      'ReportsWork86AACEEC',
      'StreamsMeasurements51216ADF',
      'StreamsValidatedF8D68016',
      'StreamsEmissions6EDC9B92',
      'DatabaseOwnerD07B5662',
      'DatabaseCluster5B53A178',
      'DatabaseClusterWriterD43085C6',
      'DatabaseClusterStandby1D52630D',
      'DatabaseValidateMeasurements75456490',
      'DatabaseCalculateEmissions0AAE2931',
      'DatabaseCheckCompliance739B8B4E',
      'DatabaseVerifyContinuityED16B965',
      'DatabaseRaiseAlarms2F0E3DF4',
      'DatabaseReportQuarterE48C547E',
      'DatabaseServeApi75BB4216',
      'DatabaseOperator10F9CB46',
      'TopicsKey64CE8550',
    ]);
  });
});

describe('streams', () => {
  it.each(['StreamsMeasurements', 'StreamsValidated', 'StreamsEmissions'])(
    '%s keeps encrypted records for seven days, by the partition key the producer gives',
    (id) => {
      const [, { Properties }] = named(storage, id);
      expect(Properties).toMatchObject({
        RetentionPeriodHours: 168,
        StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
      });
      // AUTO would ignore partition keys, and with them the order of a facility's records.
      expect([undefined, 'USER_PARTITION_KEY']).toContain(Properties.RecordDistributionStrategy);
    },
  );
});

describe('database', () => {
  const [, { Properties: cluster }] = named(storage, 'DatabaseCluster');
  const [dataKey] = named(storage, 'DataKey');

  it('is an encrypted Aurora PostgreSQL that the Data API reaches with IAM permissions', () => {
    expect(cluster).toMatchObject({
      Engine: 'aurora-postgresql',
      EnableHttpEndpoint: true,
      EnableIAMDatabaseAuthentication: true,
      StorageEncrypted: true,
      KmsKeyId: { 'Fn::GetAtt': [dataKey, 'Arn'] },
      DatabaseName: 'emissionwatch',
    });
    // 17.4 and later have the Data API; the local PostgreSQL is 17 too.
    expect(cluster.EngineVersion).toMatch(/^17\.([4-9]|\d\d)$/);
  });

  it('is backed up for 35 days, cannot be deleted, and exports its log', () => {
    expect(cluster).toMatchObject({
      BackupRetentionPeriod: 35,
      CopyTagsToSnapshot: true,
      DeletionProtection: true,
      EnableCloudwatchLogsExports: ['postgresql'],
    });
  });

  it('has no network path to it', () => {
    for (const [, { Properties }] of ofType(storage, 'AWS::RDS::DBInstance'))
      expect(Properties.PubliclyAccessible).toBe(false);
    for (const [, { Properties }] of ofType(storage, 'AWS::EC2::SecurityGroup'))
      expect(Properties.SecurityGroupIngress).toBeUndefined();
    const ways = [
      'InternetGateway',
      'NatGateway',
      'SecurityGroupIngress',
      'Route',
      'VPCPeeringConnection',
      'VPCEndpoint',
    ];
    expect(ofType(storage, ...ways.map((way) => `AWS::EC2::${way}`))).toEqual([]);
  });

  it('logs every connection that its network sees', () => {
    const [[, { Properties }]] = ofType(storage, 'AWS::EC2::FlowLog') as [ReturnType<typeof named>];
    expect(Properties).toMatchObject({ TrafficType: 'ALL', ResourceType: 'VPC' });
  });

  it('has a standby that takes over first', () => {
    const [, { Properties }] = named(storage, 'DatabaseClusterStandby');
    expect(Properties.PromotionTier).toBe(1);
  });

  it.each([
    ['DatabaseOwner', 'emissionwatch_owner'],
    ['DatabaseValidateMeasurements', 'validate_measurements'],
    ['DatabaseCalculateEmissions', 'calculate_emissions'],
    ['DatabaseCheckCompliance', 'check_compliance'],
  ])('%s is a login of its own with a generated password', (id, username) => {
    const [, { Properties }] = named(storage, id);
    expect(Properties).toMatchObject({
      KmsKeyId: { 'Fn::GetAtt': [dataKey, 'Arn'] },
      GenerateSecretString: {
        SecretStringTemplate: JSON.stringify({ username }),
        GenerateStringKey: 'password',
        PasswordLength: 40,
      },
    });
  });

  it('takes the password of its owner from the owner’s secret, and no template shows it', () => {
    const [owner] = named(storage, 'DatabaseOwner');
    expect(text(cluster.MasterUserPassword)).toBe(`{{resolve:secretsmanager:\${${owner}}:SecretString:password::}}`);
    expect(cluster.MasterUsername).toBe('emissionwatch_owner');
  });
});

describe('buckets', () => {
  const [dataKey] = named(storage, 'DataKey');
  const [accessLogs] = named(storage, 'AccessLogs');

  it.each(['AccessLogs', 'Landing', 'Failed', 'ReportsBucket', 'ReportsWork'])(
    '%s is versioned, closed to the public and speaks TLS 1.2 only',
    (id) => {
      const [bucket, { Properties }] = named(storage, id);
      expect(Properties).toMatchObject({
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      });
      const [, policy] = named(storage, `${id}Policy`);
      const denied = statementsOf(policy).filter(({ Effect }) => Effect === 'Deny');
      expect(denied.map(({ Condition }) => Condition)).toEqual([
        { Bool: { 'aws:SecureTransport': 'false' } },
        { NumericLessThan: { 's3:TlsVersion': 1.2 } },
      ]);
      for (const { Action, Principal, Resource } of denied)
        expect([Action, Principal, list(Resource).map(text)]).toEqual([
          's3:*',
          { AWS: '*' },
          [`\${${bucket}.Arn}`, `\${${bucket}.Arn}/*`],
        ]);
    },
  );

  it.each(['Landing', 'Failed'])('%s is encrypted with our key, logs who touched it and never expires', (id) => {
    const [, { Properties }] = named(storage, id);
    expect(Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            ServerSideEncryptionByDefault: {
              SSEAlgorithm: 'aws:kms',
              KMSMasterKeyID: { 'Fn::GetAtt': [dataKey, 'Arn'] },
            },
          },
        ],
      },
      LoggingConfiguration: { DestinationBucketName: { Ref: accessLogs } },
    });
    expect(JSON.stringify(Properties.LifecycleConfiguration)).toMatch(/GLACIER_IR.*DEEP_ARCHIVE/);
    expect(JSON.stringify(Properties.LifecycleConfiguration)).not.toMatch(/Expiration/);
  });

  it('access logs go to a bucket that S3 can deliver to: its own encryption and no object lock', () => {
    const [, { Properties }] = named(storage, 'AccessLogs');
    expect(JSON.stringify(Properties.BucketEncryption)).toContain('AES256');
    expect(Properties.ObjectLockEnabled).toBeUndefined();
  });

  it.each([
    ['LandingMessages', 'Landing', ['measurements/*', 'quarantine/*']],
    ['FailedFailedMessages', 'Failed', ['iot-failed/*']],
    ['FailedFailedBatches', 'Failed', ['aws/lambda/*']],
  ])('%s lets its holder add to %s under %s, not read and not delete', (id, bucketId, keys) => {
    const [bucket] = named(storage, bucketId);
    const [, policy] = named(storage, id);
    const may = statementsOf(policy).map(({ Action, Resource }) => [Action, list(Resource).map(text)]);
    expect(may).toEqual([
      ['s3:PutObject', keys.map((key) => `\${${bucket}.Arn}/${key}`)],
      ['kms:GenerateDataKey', [`\${${dataKey}.Arn}`]],
    ]);
    const [, ofKey] = statementsOf(policy);
    const { StringEquals } = ofKey!.Condition as { StringEquals: Record<string, unknown> };
    expect(text(StringEquals['kms:ViaService'])).toBe(`s3.\${AWS::Region}.amazonaws.com`);
    expect(text(StringEquals['kms:EncryptionContext:aws:s3:arn'])).toBe(`\${${bucket}.Arn}`);
  });
});

describe('the archive of reports', () => {
  const [dataKey] = named(storage, 'DataKey');
  const [accessLogs] = named(storage, 'AccessLogs');
  const [, { Properties: archive }] = named(storage, 'ReportsBucket');
  const [, { Properties: work }] = named(storage, 'ReportsWork');

  it('holds each report for seven years, and nobody can make that shorter', () => {
    expect(archive).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 2557 } },
      },
    });
  });

  it('keeps reports where the console can read them at once, for good', () => {
    const json = JSON.stringify(archive.LifecycleConfiguration);
    expect(json).toContain('AbortIncompleteMultipartUpload');
    expect(json).not.toMatch(/Transition|Expiration/);
  });

  it('forgets after 30 days, in a bucket beside it, what reports were made of', () => {
    expect(work.ObjectLockEnabled).toBeUndefined();
    expect(work.LifecycleConfiguration).toMatchObject({
      Rules: [{ ExpirationInDays: 30, NoncurrentVersionExpiration: { NoncurrentDays: 1 }, Status: 'Enabled' }],
    });
  });

  it('is encrypted with our key and logs who touched it, as is the bucket beside it', () => {
    for (const bucket of [archive, work]) {
      expect(JSON.stringify(bucket.BucketEncryption)).toContain(`{"Fn::GetAtt":["${dataKey}","Arn"]}`);
      expect(bucket.LoggingConfiguration).toMatchObject({ DestinationBucketName: { Ref: accessLogs } });
    }
  });

  it('can be tried out with a lock of one day that an administrator can pass by', () => {
    const { storage: sandbox } = unbundled({ objectLock: 'governance-1d' });
    const [bucket] = Object.values(Template.fromStack(sandbox).findResources('AWS::S3::Bucket')).filter(
      ({ Properties }) => Properties.ObjectLockEnabled,
    );
    expect(bucket!.Properties.ObjectLockConfiguration.Rule.DefaultRetention).toEqual({ Mode: 'GOVERNANCE', Days: 1 });
  });

  it('knows no other lock', () => {
    expect(() => unbundled({ objectLock: 'none' })).toThrow(
      'unknown objectLock "none": choose one of compliance, governance-1d (-c objectLock=governance-1d)',
    );
  });
});

describe('topics', () => {
  const [key, { Properties: ofKey }] = named(storage, 'TopicsKey');

  it.each(['Notices', 'Escalations', 'Operations'])('%s is encrypted, takes TLS only and outlives the stack', (id) => {
    const [topic, resource] = named(storage, `Topics${id}`);
    expect(resource.Properties.KmsMasterKeyId).toEqual({ 'Fn::GetAtt': [key, 'Arn'] });
    expect([resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    const [, policy] = named(storage, `Topics${id}Policy`);
    const denied = statementsOf(policy).filter(({ Effect }) => Effect === 'Deny');
    expect(denied).toMatchObject([
      { Action: 'sns:Publish', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    ]);
    expect(policy.Properties.Topics).toEqual([{ Ref: topic }]);
  });

  it('CloudWatch may publish to one of them, and use their key, for alarms of this account only', () => {
    const allowed = ['Notices', 'Escalations', 'Operations'].flatMap((id) =>
      statementsOf(named(storage, `Topics${id}Policy`)[1])
        .filter(({ Effect }) => Effect === 'Allow')
        .map((statement) => ({ id, statement })),
    );
    expect(allowed.map(({ id }) => id)).toEqual(['Operations']);
    const keyPolicy = (ofKey.KeyPolicy as { Statement: Statement[] }).Statement;
    const services = keyPolicy.filter(({ Principal }) => 'Service' in (Principal as object));
    expect(services).toHaveLength(1);
    for (const { Principal, Condition } of [allowed[0]!.statement, services[0]!]) {
      expect(Principal).toEqual({ Service: 'cloudwatch.amazonaws.com' });
      const { StringEquals, ArnLike } = Condition as Record<string, Record<string, unknown>>;
      expect(StringEquals).toEqual({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
      expect(text(ArnLike!['aws:SourceArn'])).toBe(
        `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:*`,
      );
    }
  });

  it('have no subscriptions unless the deployment names addresses, and then each with a place for what is undelivered', () => {
    expect(ofType(storage, 'AWS::SNS::Subscription')).toEqual([]);
    const told = Template.fromStack(unbundled({ notify: 'shift@plant.example, air@plant.example' }).storage);
    const subscriptions = Object.values(told.findResources('AWS::SNS::Subscription')).map(
      ({ Properties }) => Properties,
    );
    expect(subscriptions).toHaveLength(6);
    for (const { Protocol, Endpoint, RedrivePolicy } of subscriptions) {
      expect([Protocol, RedrivePolicy]).toEqual(['email', { deadLetterTargetArn: expect.anything() }]);
      expect(['shift@plant.example', 'air@plant.example']).toContain(Endpoint);
    }
  });

  it('an address that is none is refused', () => {
    expect(() => unbundled({ notify: 'shift' })).toThrow(/notify has "shift", which is no e-mail address/);
  });
});

describe('keys and logs', () => {
  it('CloudWatch Logs may use the log key for log groups of this account only', () => {
    const [, { Properties }] = named(storage, 'LogKey');
    const [, logs] = (Properties.KeyPolicy as { Statement: Statement[] }).Statement;
    expect(text((logs!.Principal as { Service: unknown }).Service)).toBe(`logs.\${AWS::Region}.amazonaws.com`);
    const condition = logs!.Condition as { ArnLike: Record<string, unknown> };
    expect(text(condition.ArnLike['kms:EncryptionContext:aws:logs:arn'])).toBe(
      `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:*`,
    );
  });

  it('every log group is encrypted and kept for a year', () => {
    const [logKey] = named(storage, 'LogKey');
    const groups = [storage, ingest, processing].flatMap((template) => ofType(template, 'AWS::Logs::LogGroup'));
    expect(groups.length).toBeGreaterThan(6);
    for (const [, { Properties }] of groups)
      expect(Properties).toMatchObject({ RetentionInDays: 365, KmsKeyId: { 'Fn::GetAtt': [logKey, 'Arn'] } });
  });
});

describe('what an operator needs to know', () => {
  it('is in the outputs', () => {
    const own = ({ Outputs }: typeof storage) =>
      Object.keys(Outputs!).filter((name) => !name.startsWith('PublishOutput'));
    expect(own(storage)).toEqual([
      'MeasurementsStreamName',
      'ValidatedStreamName',
      'EmissionsStreamName',
      'LandingBucketName',
      'FailedBucketName',
      'ReportsBucketName',
      'ReportWorkBucketName',
      'DevicesTableName',
      'EvidenceKeyArn',
      'DatabaseClusterArn',
      'DatabaseName',
      'DatabaseOwnerSecretArn',
      'NoticesTopicArn',
      'EscalationsTopicArn',
      'OperationsTopicArn',
      'OperatorSecretArn',
    ]);
    expect(own(ingest)).toEqual([
      'RuleName',
      'ThingTypeName',
      'DevicePolicyName',
      'ClaimPolicyName',
      'ProvisioningTemplateName',
    ]);
  });

  it('the bill can be read by component and profile', () => {
    const tags = (id: string) => named(storage, id)[1].Properties.Tags;
    for (const id of ['DatabaseCluster', 'StreamsMeasurements', 'Landing'])
      expect(tags(id)).toEqual([
        { Key: 'component', Value: 'storage' },
        { Key: 'profile', Value: 'medium' },
        { Key: 'project', Value: 'emissionwatch' },
      ]);
  });
});
