import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { THING_NAME } from '#core/contracts/device';
import { FACILITY_NAME } from '#core/contracts/measurement-message';
import { authorise, compilePolicy } from '../../local/services/iot/policy.ts';
import { list, named, type Statement, statementsOf, templates, text } from './template.ts';

const { storage, ingest } = templates();
const [stream] = named(storage, 'StreamsMeasurements');
const [failed] = named(storage, 'Failed');
const [failedWriter] = named(storage, 'FailedFailedMessages');

interface TopicRule {
  readonly RuleName: string;
  readonly TopicRulePayload: {
    readonly AwsIotSqlVersion: string;
    readonly Sql: string;
    readonly RuleDisabled: boolean;
    readonly Actions: readonly unknown[];
    readonly ErrorAction: unknown;
  };
}

describe('topic rule', () => {
  const rule = named(ingest, 'MeasurementRule')[1].Properties as unknown as TopicRule;
  const [streamWriter] = named(ingest, 'MeasurementRuleStreamWriter');
  const [failureWriter] = named(ingest, 'MeasurementRuleFailureWriter');

  it('wraps the message as received; facility and thing come from the topic, never from the payload', () => {
    expect(rule.RuleName).toBe('emissionwatch_measurements');
    expect(rule.TopicRulePayload).toMatchObject({
      AwsIotSqlVersion: '2016-03-23',
      RuleDisabled: false,
      Sql: "SELECT encode(*, 'base64') AS payload, topic(3) AS facility, topic(4) AS thing, timestamp() AS received FROM 'emissionwatch/v1/+/+/minutes'",
    });
  });

  it('puts the messages of one facility under one partition key', () => {
    expect(rule.TopicRulePayload.Actions).toEqual([
      {
        Kinesis: {
          StreamName: { Ref: stream },
          PartitionKey: `\${topic(3)}`,
          RoleArn: { 'Fn::GetAtt': [streamWriter, 'Arn'] },
        },
      },
    ]);
  });

  it('keeps a message that the stream refuses', () => {
    expect(rule.TopicRulePayload.ErrorAction).toEqual({
      S3: {
        BucketName: { Ref: failed },
        Key: `iot-failed/\${topic(3)}/\${timestamp()}-\${newuuid()}`,
        RoleArn: { 'Fn::GetAtt': [failureWriter, 'Arn'] },
      },
    });
  });

  it('may put records into that stream and objects under that prefix, and nothing else', () => {
    const [, own] = named(ingest, 'MeasurementRuleStreamWriterDefaultPolicy');
    expect(own.Properties.Roles).toEqual([{ Ref: streamWriter }]);
    expect(statementsOf(own).map(({ Action, Resource }) => [Action, text(Resource)])).toEqual([
      ['kinesis:PutRecord', `\${${stream}.Arn}`],
    ]);
    expect(ingest.Resources[failureWriter]!.Properties.ManagedPolicyArns).toEqual([{ Ref: failedWriter }]);
    expect(ingest.Resources[streamWriter]!.Properties.ManagedPolicyArns).toBeUndefined();
  });

  it('lends its roles to no rule but itself, in no account but this one', () => {
    for (const id of [streamWriter, failureWriter]) {
      const { Properties } = ingest.Resources[id]!;
      const [trust] = (Properties.AssumeRolePolicyDocument as { Statement: Statement[] }).Statement;
      expect(trust!.Principal).toEqual({ Service: 'iot.amazonaws.com' });
      const { StringEquals, ArnEquals } = trust!.Condition as Record<string, Record<string, unknown>>;
      expect(StringEquals).toEqual({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
      expect(text(ArnEquals!['aws:SourceArn'])).toBe(
        `arn:\${AWS::Partition}:iot:\${AWS::Region}:\${AWS::AccountId}:rule/emissionwatch_measurements`,
      );
    }
  });
});

describe('edge agents', () => {
  const [, policy] = named(ingest, 'EdgeAgentsDevicePolicy');
  const may = statementsOf(policy).map(({ Effect, Action, Resource, Condition }) => ({
    Effect,
    Action,
    Resource: list(Resource).map((arn) =>
      text(arn).replace(`arn:\${AWS::Partition}:iot:\${AWS::Region}:\${AWS::AccountId}:`, ''),
    ),
    ...(Condition ? { Condition } : {}),
  }));
  const thing = `\${iot:Connection.Thing.ThingName}`;
  const allowed = (action: string) => may.find(({ Action }) => Action === action)!;

  it('connect as the thing that their certificate belongs to, and as no other', () => {
    expect(allowed('iot:Connect')).toEqual({
      Effect: 'Allow',
      Action: 'iot:Connect',
      Resource: [`client/${thing}`],
      Condition: { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } },
    });
  });

  it('publish minutes of the facility that their thing was registered for, straight to the rule', () => {
    expect(allowed('iot:Publish').Resource.filter((arn) => arn.includes('/rules/'))).toEqual([
      `topic/$aws/rules/emissionwatch_measurements/emissionwatch/v1/\${iot:Connection.Thing.Attributes[facility]}/${thing}/minutes`,
    ]);
  });

  it('hear commands meant for them, and what concerns their own thing', () => {
    expect(allowed('iot:Receive').Resource.slice(0, 2)).toEqual([
      `topic/emissionwatch/v1/commands/${thing}`,
      `topic/$aws/things/${thing}/*`,
    ]);
    const filters = allowed('iot:Receive').Resource.map((arn) => arn.replace(/^topic/, 'topicfilter'));
    expect(allowed('iot:Subscribe').Resource).toEqual(filters);
  });

  it('may do nothing to everything: an asterisk stands behind their own thing or a request of their own', () => {
    for (const arn of may.flatMap(({ Resource }) => Resource).filter((resource) => resource.includes('*')))
      expect(arn).toMatch(
        /^topic(filter)?\/\$aws\/(things\/\$\{iot:Connection\.Thing\.ThingName\}|certificates\/create-from-csr|provisioning-templates\/EmissionWatchEdgeAgent)\/[a-z/]*\*$/,
      );
  });

  it('are things whose facility can be searched for', () => {
    const [, { Properties }] = named(ingest, 'EdgeAgentsThingType');
    expect(Properties.ThingTypeProperties).toMatchObject({ SearchableAttributes: ['facility'] });
  });
});

describe('what certificates may do', () => {
  /** A policy as it is in an account of a region with a long name. */
  const documentOf = (id: string) => {
    const values: Readonly<Record<string, string>> = {
      'AWS::Partition': 'aws',
      'AWS::Region': 'ap-northeast-1',
      'AWS::AccountId': '123456789012',
    };
    const resolved = JSON.stringify(named(ingest, id)[1].Properties.PolicyDocument, (_, value: unknown) =>
      typeof value === 'object' && value !== null && 'Fn::Join' in value
        ? text(value).replaceAll(/\$\{(AWS::\w+)\}/g, (_whole, name: string) => values[name]!)
        : value,
    );
    return JSON.parse(resolved) as unknown;
  };
  const compiled = (id: string) => compilePolicy({ policyName: id, document: documentOf(id) });
  const device = compiled('EdgeAgentsDevicePolicy');
  const claim = compiled('EdgeAgentsClaimPolicy');
  const prefix = 'arn:aws:iot:ap-northeast-1:123456789012:';
  const asDevice = (thing: string, facility: string, clientId = thing) =>
    authorise([device], { clientId, thing: { thingName: thing, attributes: { facility } } }, prefix);
  const asClaim = (clientId: string) => authorise([claim], { clientId, thing: undefined }, prefix);
  const minutes = (facility: string, thing: string) =>
    `topic/$aws/rules/emissionwatch_measurements/emissionwatch/v1/${facility}/${thing}/minutes`;
  const provisioning = '$aws/provisioning-templates/EmissionWatchEdgeAgent/provision/json';

  it('fits into what AWS IoT takes for a policy, in every region', () => {
    for (const id of ['EdgeAgentsDevicePolicy', 'EdgeAgentsClaimPolicy'])
      expect(JSON.stringify(documentOf(id)).length).toBeLessThanOrEqual(2048);
  });

  const thingName = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9:_-]{0,20}$/).filter((name) => THING_NAME.test(name));
  const facilityName = fc.stringMatching(FACILITY_NAME);

  it('a device: everything that is its own', () => {
    fc.assert(
      fc.property(thingName, facilityName, (thing, facility) => {
        const may = asDevice(thing, facility);
        expect(may('iot:Connect', `client/${thing}`)).toBe(true);
        expect(may('iot:Publish', minutes(facility, thing))).toBe(true);
        for (const topic of ['jobs/start-next', 'jobs/job-1/update', 'shadow/update'])
          expect(may('iot:Publish', `topic/$aws/things/${thing}/${topic}`)).toBe(true);
        for (const topic of [
          `emissionwatch/v1/commands/${thing}`,
          `$aws/things/${thing}/jobs/notify-next`,
          `$aws/things/${thing}/shadow/update/accepted`,
          `${provisioning}/accepted`,
        ]) {
          expect(may('iot:Subscribe', `topicfilter/${topic}`)).toBe(true);
          expect(may('iot:Receive', `topic/${topic}`)).toBe(true);
        }
      }),
    );
  });

  it('a device: nothing that is another thing’s, whatever the two are called', () => {
    fc.assert(
      fc.property(thingName, thingName, facilityName, facilityName, (thing, other, facility, elsewhere) => {
        fc.pre(thing !== other && facility !== elsewhere);
        const may = asDevice(thing, facility);
        expect(may('iot:Connect', `client/${other}`)).toBe(false);
        expect(asDevice(thing, facility, other)('iot:Connect', `client/${other}`)).toBe(false);
        for (const [f, t] of [
          [facility, other],
          [elsewhere, thing],
          [elsewhere, other],
        ] as const)
          expect(may('iot:Publish', minutes(f, t))).toBe(false);
        for (const topic of [
          `emissionwatch/v1/commands/${other}`,
          'emissionwatch/v1/commands/+',
          `$aws/things/${other}/jobs/notify-next`,
          `$aws/things/${other}/shadow/update/accepted`,
          '$aws/things/+/jobs/notify-next',
          '$aws/things/#',
          '#',
        ]) {
          expect(may('iot:Subscribe', `topicfilter/${topic}`)).toBe(false);
          expect(may('iot:Receive', `topic/${topic}`)).toBe(false);
          expect(may('iot:Publish', `topic/${topic}`)).toBe(false);
        }
      }),
    );
  });

  it('a device whose thing has no facility: publish no minutes at all', () => {
    const may = authorise([device], { clientId: 'a', thing: { thingName: 'a', attributes: {} } }, prefix);
    expect(may('iot:Publish', minutes('', 'a'))).toBe(false);
    expect(may('iot:Publish', minutes(`\${iot:Connection.Thing.Attributes[facility]}`, 'a'))).toBe(false);
  });

  it('a claim certificate: ask for a certificate, as nothing that could be a thing', () => {
    const may = asClaim('claim-SN-1');
    expect(may('iot:Connect', 'client/claim-SN-1')).toBe(true);
    for (const topic of ['$aws/certificates/create-from-csr/json', provisioning]) {
      expect(may('iot:Publish', `topic/${topic}`)).toBe(true);
      expect(may('iot:Subscribe', `topicfilter/${topic}/accepted`)).toBe(true);
      expect(may('iot:Receive', `topic/${topic}/rejected`)).toBe(true);
    }
    fc.assert(
      fc.property(thingName, facilityName, (thing, facility) => {
        expect(asClaim(thing)('iot:Connect', `client/${thing}`)).toBe(false);
        expect(may('iot:Publish', minutes(facility, thing))).toBe(false);
        for (const topic of [`emissionwatch/v1/commands/${thing}`, `$aws/things/${thing}/jobs/notify-next`]) {
          expect(may('iot:Subscribe', `topicfilter/${topic}`)).toBe(false);
          expect(may('iot:Receive', `topic/${topic}`)).toBe(false);
          expect(may('iot:Publish', `topic/${topic}`)).toBe(false);
        }
      }),
    );
  });
});

describe('provisioning', () => {
  const [, { Properties: template }] = named(ingest, 'ProvisioningTemplate');
  const [provisioner, { Properties: role }] = named(ingest, 'ProvisioningProvisioner');
  const [alias] = named(ingest, 'ProvisioningAdmitDeviceLive');
  const [table] = named(storage, 'DevicesTable');
  const iotArn = (resource: string) => `arn:\${AWS::Partition}:iot:\${AWS::Region}:\${AWS::AccountId}:${resource}`;

  it('asks the hook first, and gives a device nothing but what the hook says', () => {
    expect(template).toMatchObject({
      TemplateName: 'EmissionWatchEdgeAgent',
      TemplateType: 'FLEET_PROVISIONING',
      Enabled: true,
      ProvisioningRoleArn: { 'Fn::GetAtt': [provisioner, 'Arn'] },
      PreProvisioningHook: { PayloadVersion: '2020-04-01', TargetArn: { Ref: alias } },
    });
    const body = JSON.parse(text(template.TemplateBody)) as { Resources: Record<string, { Properties: object }> };
    expect(body.Resources.thing!.Properties).toMatchObject({
      ThingName: { Ref: 'ThingName' },
      AttributePayload: { facility: { Ref: 'Facility' }, serialNumber: { Ref: 'SerialNumber' } },
    });
    expect(body.Resources.certificate!.Properties).toEqual({
      CertificateId: { Ref: 'AWS::IoT::Certificate::Id' },
      Status: 'ACTIVE',
    });
    // Without a default there is no thing and no facility but those of the hook.
    expect(JSON.stringify(body)).not.toMatch(/Default|PolicyDocument/);
  });

  it('answers within the five seconds that AWS IoT waits', () => {
    const [, { Properties: hook }] = named(ingest, 'ProvisioningAdmitDeviceFunction');
    expect(hook).toMatchObject({ Timeout: 5, ReservedConcurrentExecutions: 2 });
  });

  it('lets AWS IoT run the hook for this template of this account alone', () => {
    const [, { Properties: permission }] = named(ingest, 'ProvisioningAdmitDeviceLiveProvisioningTemplate');
    expect({ ...permission, SourceArn: text(permission.SourceArn) }).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: { Ref: alias },
      Principal: 'iot.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
      SourceArn: iotArn('provisioningtemplate/EmissionWatchEdgeAgent'),
    });
  });

  it('lends its role to this template alone, for what the template does and no more', () => {
    const [trust] = (role.AssumeRolePolicyDocument as { Statement: Statement[] }).Statement;
    const { StringEquals, ArnEquals } = trust!.Condition as Record<string, Record<string, unknown>>;
    expect(StringEquals).toEqual({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
    expect(text(ArnEquals!['aws:SourceArn'])).toBe(iotArn('provisioningtemplate/EmissionWatchEdgeAgent'));
    const [unbounded, { Properties: principals }] = named(ingest, 'ProvisioningThingPrincipals');
    expect(role.ManagedPolicyArns).toEqual([{ Ref: unbounded }]);
    expect(principals.PolicyDocument).toMatchObject({ Statement: [{ Action: 'iot:AttachThingPrincipal' }] });
    const [type] = named(ingest, 'EdgeAgentsThingType');
    const [policy] = named(ingest, 'EdgeAgentsDevicePolicy');
    const may = statementsOf(named(ingest, 'ProvisioningProvisionerDefaultPolicy')[1]);
    expect(may.map(({ Action, Resource }) => [Action, text(Resource)])).toEqual([
      [['iot:CreateThing', 'iot:DescribeThing', 'iot:UpdateThing'], iotArn('thing/*')],
      ['iot:DescribeThingType', iotArn(`thingtype/\${${type}}`)],
      [['iot:AttachPolicy', 'iot:DescribeCertificate', 'iot:UpdateCertificate'], iotArn('cert/*')],
      ['iot:GetPolicy', `\${${policy}.Arn}`],
    ]);
  });

  it('lets the hook read and write single devices of the allow-list, and log', () => {
    const may = statementsOf(named(ingest, 'ProvisioningAdmitDeviceRoleDefaultPolicy')[1]);
    const [key] = named(storage, 'DataKey');
    expect(may.map(({ Action, Resource }) => [Action, text(Resource)])).toEqual([
      [['logs:CreateLogStream', 'logs:PutLogEvents'], `\${${named(ingest, 'ProvisioningAdmitDeviceLog')[0]}.Arn}`],
      [['dynamodb:GetItem', 'dynamodb:PutItem'], `\${${table}.Arn}`],
      ['kms:Decrypt', `\${${key}.Arn}`],
    ]);
    expect(JSON.stringify(may[2]!.Condition)).toContain('kms:ViaService');
  });
});

describe('the allow-list', () => {
  const [, table] = named(storage, 'DevicesTable');

  it('outlives its stack, can be set back to any second of 35 days, and costs what is used', () => {
    expect([table.DeletionPolicy, table.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    expect(table.Properties).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      BillingMode: 'PAY_PER_REQUEST',
    });
  });

  it('is encrypted with the key of the plant’s data', () => {
    const [key] = named(storage, 'DataKey');
    expect(table.Properties.SSESpecification).toEqual({
      SSEEnabled: true,
      SSEType: 'KMS',
      KMSMasterKeyId: { 'Fn::GetAtt': [key, 'Arn'] },
    });
  });

  it('is found by serial number, and by facility', () => {
    expect(table.Properties.KeySchema).toEqual([{ AttributeName: 'serialNumber', KeyType: 'HASH' }]);
    expect(table.Properties.GlobalSecondaryIndexes).toMatchObject([
      { IndexName: 'byFacility', KeySchema: [{ AttributeName: 'facility' }, { AttributeName: 'serialNumber' }] },
    ]);
  });
});
