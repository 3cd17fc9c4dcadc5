import { describe, expect, it } from 'vitest';
import { OPERATOR, policiesOf } from '../../../local/template/iam.ts';
import { loadTemplates } from '../../../local/template/templates.ts';
import { lambdaFunction, ROLE, writeAssembly } from '../assembly.ts';

const MAY = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }] };
const trusting = (service: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
});
const role = (properties: object, service = 'lambda.amazonaws.com') => ({
  Type: 'AWS::IAM::Role',
  Properties: { AssumeRolePolicyDocument: trusting(service), ...properties },
});
const managed = (properties: object = {}) => ({
  Type: 'AWS::IAM::ManagedPolicy',
  Properties: { PolicyDocument: MAY, ...properties },
});
const read = (Resources: Readonly<Record<string, object>>) =>
  policiesOf(loadTemplates(writeAssembly({ App: { Resources } })));
const holders = (Resources: Readonly<Record<string, object>>) =>
  read(Resources).identity.map(({ holder, policy }) => [holder.split(':')[5], policy.name]);

describe('policies of a template', () => {
  it('are those in a role, those attached to it from either side, and those of its own', () => {
    expect(
      holders({
        Role: role({
          ManagedPolicyArns: [{ Ref: 'Attached' }],
          Policies: [{ PolicyName: 'Inline', PolicyDocument: MAY }],
        }),
        Attached: managed(),
        Attaching: managed({ Roles: [{ Ref: 'Role' }] }),
        Own: {
          Type: 'AWS::IAM::Policy',
          Properties: { PolicyName: 'Own', PolicyDocument: MAY, Roles: [{ Ref: 'Role' }] },
        },
        Nobodys: managed(),
      }),
    ).toEqual([
      ['role/App-Role', 'App/Attached'],
      ['role/App-Role', 'App/Role/Inline'],
      ['role/App-Role', 'App/Attaching'],
      ['role/App-Role', 'App/Own'],
    ]);
  });

  it('give people the one that is called OperatorPolicy', () => {
    expect(holders({ OperatorPolicy63C1EB6F: managed() })).toEqual([
      [OPERATOR.split(':')[5], 'App/OperatorPolicy63C1EB6F'],
    ]);
  });

  it('of AWS itself are refused, but for a role that only a service takes on which exists on AWS only', () => {
    const ManagedPolicyArns = ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'];
    expect(() => read({ Role: role({ ManagedPolicyArns }) })).toThrow(
      'App/Role has managed policy arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole, which no template has: ' +
        'give the role the statements it needs, they are checked here',
    );
    expect(holders({ Role: role({ ManagedPolicyArns }, 'backup.amazonaws.com') })).toEqual([]);
  });

  it('with a permissions boundary are refused: it would not be kept', () => {
    expect(() => read({ Role: role({ PermissionsBoundary: 'arn:aws:iam::aws:policy/PowerUserAccess' }) })).toThrow(
      /App\/Role \(AWS::IAM::Role\) cannot run in the local cloud: .*PermissionsBoundary/,
    );
  });

  it('of a function come from its permissions, with source and account as conditions', () => {
    const [permission] = read({
      ...ROLE,
      Hook: lambdaFunction('hook'),
      Permission: {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: { 'Fn::GetAtt': ['Hook', 'Arn'] },
          Principal: 'iot.amazonaws.com',
          SourceArn: 'arn:aws:iot:us-east-1:000000000000:provisioningtemplate/T',
          SourceAccount: { Ref: 'AWS::AccountId' },
        },
      },
    }).resource;
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:App-Hook';
    expect(permission).toEqual({
      holder: arn,
      policy: {
        name: 'App/Permission',
        kind: 'resource',
        document: {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Action: 'lambda:InvokeFunction',
            Resource: arn,
            Principal: { Service: 'iot.amazonaws.com' },
            Condition: {
              ArnLike: { 'aws:SourceArn': 'arn:aws:iot:us-east-1:000000000000:provisioningtemplate/T' },
              StringEquals: { 'aws:SourceAccount': '000000000000' },
            },
          },
        },
      },
    });
  });
});
