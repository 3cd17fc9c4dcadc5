import { describe, expect, it } from 'vitest';
import { list, named, ofType, type Statement, statementsOf, templates, text } from './template.ts';

const { storage, processing } = templates();
const [keyId, key] = named(storage, 'EvidenceKey');
const [roleId] = named(processing, 'VerifyContinuityRole');
const may = statementsOf(named(processing, 'VerifyContinuityRoleDefaultPolicy')[1]);
const keyPolicy = (key.Properties.KeyPolicy as { Statement: readonly (Statement & { NotAction?: unknown })[] })
  .Statement;

describe('the key of evidence', () => {
  it('signs with ECDSA on P-256, has a name, and outlives everything', () => {
    expect(key.Properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    expect([key.DeletionPolicy, key.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    const [, alias] = named(storage, 'EvidenceKeyAlias');
    expect(alias.Properties).toEqual({
      AliasName: 'alias/emissionwatch-evidence',
      TargetKeyId: { 'Fn::GetAtt': [keyId, 'Arn'] },
    });
  });

  it('leaves everything but signing, and granting it, to the permissions of the account', () => {
    expect(keyPolicy).toHaveLength(2);
    const [others, signing] = keyPolicy;
    expect(others).toMatchObject({ Effect: 'Allow', NotAction: ['kms:Sign', 'kms:CreateGrant'] });
    expect(signing).toMatchObject({ Effect: 'Allow', Action: 'kms:Sign' });
  });

  it('lets the role of verify-continuity sign and no other, by the name that CloudFormation gives it', () => {
    const { ArnLike } = keyPolicy[1]!.Condition as { ArnLike: Record<string, unknown> };
    const pattern = text(ArnLike['aws:PrincipalArn']);
    expect(pattern).toBe(
      `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/EmissionWatch-Processing-VerifyContinuity*`,
    );
    // <stack, at most 24 characters>-<logical id, at most 24>-<random>
    expect(`EmissionWatch-Processing-${roleId}`.startsWith(pattern.split('/')[1]!.slice(0, -1))).toBe(true);
    const alike = ofType(processing, 'AWS::IAM::Role').filter(([id]) => id.startsWith('VerifyContinuity'));
    const mayRunCode = alike.filter(([, { Properties }]) =>
      JSON.stringify(Properties.AssumeRolePolicyDocument).includes('lambda.amazonaws.com'),
    );
    expect(mayRunCode.map(([id]) => id)).toEqual([roleId]);
  });

  it('may be used for signing by one policy only', () => {
    const policies = ofType(processing, 'AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy');
    const signers = policies.filter(([, policy]) =>
      statementsOf(policy).some(({ Action }) => list(Action).includes('kms:Sign')),
    );
    expect(signers.map(([id]) => id)).toEqual([named(processing, 'VerifyContinuityRoleDefaultPolicy')[0]]);
    const sign = may.find(({ Action }) => list(Action).includes('kms:Sign'))!;
    expect(text(sign.Resource)).toBe(`\${${keyId}.Arn}`);
  });
});

describe('the continuity check', () => {
  const fn = named(processing, 'VerifyContinuityFunction')[1].Properties;
  const [alias] = named(processing, 'VerifyContinuityLive');
  const [queue] = named(processing, 'VerifyContinuityMissed');

  it('runs every five minutes by the alias; a missed run is not repeated, but it can be seen', () => {
    const [, { Properties }] = named(processing, 'VerifyContinuityEveryFiveMinutes');
    expect(Properties).toMatchObject({
      ScheduleExpression: 'rate(5 minutes)',
      State: 'ENABLED',
      Target: {
        Arn: { Ref: alias },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queue, 'Arn'] } },
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 300 },
      },
    });
  });

  it('leaves room for a request beside a run of the schedule, and time for a certificate of a quarter', () => {
    expect(fn).toMatchObject({ ReservedConcurrentExecutions: 2, Timeout: 900 });
  });

  it('may read what agents report and send them commands, and nothing else of IoT', () => {
    const iot = may
      .filter(({ Action }) => list(Action).some((action) => action.startsWith('iot:')))
      .map(({ Action, Resource }) => [Action, text(Resource)]);
    const arn = (resource: string) => `arn:\${AWS::Partition}:iot:\${AWS::Region}:\${AWS::AccountId}:${resource}`;
    expect(iot).toEqual([
      ['iot:GetThingShadow', arn('thing/*')],
      ['iot:Publish', arn('topic/emissionwatch/v1/commands/*')],
    ]);
  });

  it('names the release in certificates', () => {
    const { Variables } = fn.Environment as { Variables: Record<string, unknown> };
    expect(Variables.SOFTWARE_VERSION).toMatch(/^\d+\.\d+\.\d+/);
    expect(Variables.EVIDENCE_KEY_ARN).toEqual({ 'Fn::GetAtt': [keyId, 'Arn'] });
  });
});
