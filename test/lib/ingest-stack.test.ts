import { describe, expect, it } from 'vitest';
import { named, ofType, type Statement, statementsOf, templates, text } from './template.ts';

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
    const policies = ofType(ingest, 'AWS::IAM::Policy');
    expect(policies).toHaveLength(1);
    expect(policies[0]![1].Properties.Roles).toEqual([{ Ref: streamWriter }]);
    expect(statementsOf(policies[0]![1]).map(({ Action, Resource }) => [Action, text(Resource)])).toEqual([
      ['kinesis:PutRecord', `\${${stream}.Arn}`],
    ]);
    expect(ingest.Resources[failureWriter]!.Properties.ManagedPolicyArns).toEqual([{ Ref: failedWriter }]);
    expect(ingest.Resources[streamWriter]!.Properties.ManagedPolicyArns).toBeUndefined();
  });

  it('lends its roles to no rule but itself, in no account but this one', () => {
    const roles = ofType(ingest, 'AWS::IAM::Role');
    expect(roles).toHaveLength(2);
    for (const [, { Properties }] of roles) {
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
    Resource: text(Resource).replace(`arn:\${AWS::Partition}:iot:\${AWS::Region}:\${AWS::AccountId}:`, ''),
    ...(Condition ? { Condition } : {}),
  }));
  const thing = `\${iot:Connection.Thing.ThingName}`;

  it('connect as the thing that their certificate belongs to, and as no other', () => {
    expect(may[0]).toEqual({
      Effect: 'Allow',
      Action: 'iot:Connect',
      Resource: `client/${thing}`,
      Condition: { Bool: { 'iot:Connection.Thing.IsAttached': 'true' } },
    });
  });

  it('publish minutes of the facility that their thing was registered for, straight to the rule', () => {
    expect(may[1]).toEqual({
      Effect: 'Allow',
      Action: 'iot:Publish',
      Resource: `topic/$aws/rules/emissionwatch_measurements/emissionwatch/v1/\${iot:Connection.Thing.Attributes[facility]}/${thing}/minutes`,
    });
  });

  it('hear commands meant for them', () => {
    const commands = `emissionwatch/v1/commands/${thing}`;
    expect(may.slice(2)).toEqual([
      { Effect: 'Allow', Action: 'iot:Subscribe', Resource: `topicfilter/${commands}` },
      { Effect: 'Allow', Action: 'iot:Receive', Resource: `topic/${commands}` },
    ]);
  });

  it('may do nothing to everything', () => {
    expect(JSON.stringify(may)).not.toMatch(/\*/);
  });

  it('are things whose facility can be searched for', () => {
    const [, { Properties }] = named(ingest, 'EdgeAgentsThingType');
    expect(Properties.ThingTypeProperties).toMatchObject({ SearchableAttributes: ['facility'] });
  });
});
