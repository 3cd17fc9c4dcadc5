import { describe, expect, it } from 'vitest';
import { list, named, statementsOf, templates, text } from './template.ts';

const { processing } = templates();
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

  it('puts records on the three streams, and reads none', () => {
    expect(resourcesOf('kinesis:PutRecords')).toHaveLength(3);
    expect(actions.filter((action) => action.startsWith('kinesis:'))).toEqual(['kinesis:PutRecords']);
  });

  it('takes away only failed objects, and reads of the evidence only what is in quarantine', () => {
    const prefixes = (action: string) => resourcesOf(action).map((arn) => arn.slice(arn.indexOf('/')));
    expect(prefixes('s3:DeleteObject')).toEqual(['/aws/lambda/*', '/iot-failed/*']);
    expect(prefixes('s3:PutObject')).toEqual(['/redriven/*']);
    expect(prefixes('s3:GetObject')).toEqual(['/aws/lambda/*', '/iot-failed/*', '/quarantine/*']);
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
