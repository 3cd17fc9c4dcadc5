import { describe, expect, it } from 'vitest';
import { list, named, statementsOf, templates, text } from './template.ts';

const { storage, processing } = templates();
const [id, policy] = named(processing, 'OperatorPolicy');
const statements = statementsOf(policy);
const actions = statements.flatMap(({ Action }) => list(Action));
const resourcesOf = (action: string) =>
  statements.filter(({ Action }) => list(Action).includes(action)).flatMap(({ Resource }) => list(Resource).map(text));

describe('the policy of whoever operates the deployment', () => {
  it('fits into a managed policy of IAM: 6,144 characters without white space, whatever its references stand for', () => {
    const pseudo: Readonly<Record<string, string>> = {
      'AWS::Partition': 'aws-us-gov',
      'AWS::Region': 'ap-southeast-1',
      'AWS::AccountId': '123456789012',
    };
    // The ARN of a stream, the longest of them: stack, construct and twelve generated characters.
    const arn = 'x'.repeat(130);
    const written = JSON.stringify(policy.Properties.PolicyDocument, (_, value: unknown) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      const { Ref, 'Fn::Join': join, ...fn } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
      if (Ref !== undefined) return pseudo[Ref] ?? arn;
      if (join)
        return join[1]
          .map((part) => (typeof part === 'string' ? part : (pseudo[(part as { Ref?: string }).Ref ?? ''] ?? arn)))
          .join(join[0]);
      return Object.keys(fn).some((key) => key.startsWith('Fn::')) ? arn : value;
    });
    expect(written).not.toContain('Fn::');
    expect(written.length).toBeLessThan(6144);
  });

  it('is given out by name', () => {
    expect(processing.Outputs?.OperatorPolicyArn?.Value).toEqual({ Ref: id });
  });

  it('names every action: no service is open as a whole', () => {
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('opens every resource only where IAM knows none', () => {
    const open = statements.filter(({ Resource }) => list(Resource).includes('*'));
    expect(open.flatMap(({ Action }) => list(Action))).toEqual([
      'iot:CreateKeysAndCertificate',
      'iot:DetachThingPrincipal',
      'iot:ListThingPrincipals',
    ]);
  });

  it('puts nothing on a stream and reads none: what failed is put back by a function, which is asked to', () => {
    expect(actions.filter((action) => action.startsWith('kinesis:'))).toEqual([]);
    const aliases = ['RaiseAlarmsLive', 'RecoverRecordsLive', 'VerifyContinuityLive'].map(
      (alias) => `\${${named(processing, alias)[0]}}`,
    );
    expect(resourcesOf('lambda:InvokeFunction').sort()).toEqual(aliases);
    expect(actions.filter((action) => action.startsWith('lambda:'))).toEqual(['lambda:InvokeFunction']);
  });

  it('subscribes people to what happens at plants, and tells them nothing by itself', () => {
    const topics = ['TopicsNotices', 'TopicsEscalations'].map((topic) => `\${${named(storage, topic)[0]}}`);
    expect(resourcesOf('sns:Subscribe').sort()).toEqual(topics.sort());
    expect(actions.filter((action) => action.startsWith('sns:'))).toEqual(['sns:Subscribe']);
  });

  it('puts nothing into a bucket and takes nothing away: it lists what failed and reads what is in quarantine, and reports', () => {
    const [[failed], [landing]] = [named(storage, 'Failed'), named(storage, 'Landing')];
    expect(actions.filter((action) => action.startsWith('s3:')).sort()).toEqual(['s3:GetObject', 's3:ListBucket']);
    expect(resourcesOf('s3:ListBucket')).toEqual([`\${${failed}.Arn}`]);
    expect(resourcesOf('s3:GetObject')).toEqual([
      expect.stringContaining(`\${${landing}}/quarantine/*`),
      expect.stringContaining('/reports/*'),
    ]);
    expect(actions).not.toContain('kms:GenerateDataKey');
  });

  it('logs in to the database as the operator and as nobody else', () => {
    const [secret, ...others] = resourcesOf('secretsmanager:GetSecretValue');
    expect(others).toEqual([]);
    expect(secret).toContain('DatabaseOperator');
  });

  it('signs nothing: the evidence key only shows its public part', () => {
    expect(actions).toContain('kms:GetPublicKey');
    expect(actions).not.toContain('kms:Sign');
  });
});
