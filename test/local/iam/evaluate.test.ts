import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGuard, LOCAL_RUNNER, type Policies } from '../../../local/services/iam/create-guard.ts';
import type { RequestContext } from '../../../local/services/iam/guard.ts';

const ACCOUNT = '000000000000';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/calculate`;
const OTHER = `arn:aws:iam::${ACCOUNT}:role/other`;
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const STREAM = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/minutes`;
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/11111111-2222-3333-4444-555555555555`;
const BUCKET = 'arn:aws:s3:::landing';
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:missed`;

type Statement = Readonly<Record<string, unknown>>;
const policy = (kind: 'identity' | 'resource' | 'trust', ...statements: Statement[]) => ({
  name: `App/${kind}`,
  kind,
  document: { Version: '2012-10-17', Statement: statements },
});
const allow = (Action: unknown, Resource: unknown, more: Statement = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
const TRUST = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } };

interface Held {
  readonly identity?: readonly Statement[];
  readonly other?: readonly Statement[];
  readonly key?: readonly Statement[];
  readonly bucket?: readonly Statement[];
  readonly queue?: readonly Statement[];
  readonly trust?: Statement;
}

/** One role with its policies, and the policies of a key, a bucket and a queue. */
const guardWith = ({ identity = [], other = [], key, bucket, queue, trust = TRUST }: Held) => {
  const policies: Policies = {
    roles: [
      { arn: ROLE, trust: policy('trust', trust) },
      { arn: OTHER, trust: policy('trust', TRUST) },
    ],
    identity: [
      { holder: ROLE, policy: policy('identity', ...identity) },
      { holder: OTHER, policy: policy('identity', ...other) },
    ],
    resource: [
      ...(key ? [{ holder: KEY, policy: policy('resource', ...key) }] : []),
      ...(bucket ? [{ holder: BUCKET, policy: policy('resource', ...bucket) }] : []),
      ...(queue ? [{ holder: QUEUE, policy: policy('resource', ...queue) }] : []),
    ],
  };
  return createGuard({ account: ACCOUNT, policies });
};

/** Refused, with this reason; undefined when it is allowed. */
const refusal = (held: Held, action: string, resource: string, context: RequestContext = {}, caller = ROLE) => {
  const guard = guardWith(held);
  try {
    guard.check(caller.startsWith('arn:') ? guard.role(caller) : { arn: caller }, action, resource, context);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};
const allowed = (...request: Parameters<typeof refusal>) => refusal(...request) === undefined;

describe('a request within the account', () => {
  it('is refused unless a policy allows it, in the words of AWS', () => {
    expect(refusal({}, 'kinesis:PutRecords', STREAM)).toBe(
      `User: ${ROLE} is not authorized to perform: kinesis:PutRecords on resource: ${STREAM} ` +
        'because no identity-based policy allows the kinesis:PutRecords action',
    );
  });

  it('shows a role that a function runs as by its session', () => {
    const guard = guardWith({});
    const caller = guard.role(ROLE, { service: 'lambda.amazonaws.com', session: 'calculate-emissions' });
    expect(() => guard.check(caller, 'kinesis:PutRecords', STREAM)).toThrow(
      `User: arn:aws:sts::${ACCOUNT}:assumed-role/calculate/calculate-emissions is not authorized`,
    );
  });

  it('names an object of S3 in quotes, and answers 403 as S3 does', () => {
    const guard = guardWith({});
    const put = () => guard.check(guard.role(ROLE), 's3:PutObject', `${BUCKET}/a`);
    expect(put).toThrow(`on resource: "${BUCKET}/a" because`);
    expect(put).toThrow(expect.objectContaining({ code: 'AccessDenied', status: 403 }));
  });

  it.each([
    ['kinesis:PutRecords', true],
    ['KINESIS:putrecords', true],
    ['kinesis:Put*', true],
    ['kinesis:PutRecord?', true],
    ['kinesis:PutRecord', false],
    ['kinesis:Get*', false],
    ['*', true],
  ])('statement action %s covers PutRecords: %s', (action, expected) => {
    expect(allowed({ identity: [allow(action, STREAM)] }, 'kinesis:PutRecords', STREAM)).toBe(expected);
  });

  it.each([
    [STREAM, true],
    [`${STREAM}2`, false],
    [`arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/*`, true],
    [`arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/minute?`, true],
    [`arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/Minutes`, false],
    ['*', true],
  ])('statement resource %s covers the stream: %s', (resource, expected) => {
    expect(allowed({ identity: [allow('kinesis:PutRecords', resource)] }, 'kinesis:PutRecords', STREAM)).toBe(expected);
  });

  it('a dot of an ARN stands for itself', () => {
    expect(
      allowed({ identity: [allow('s3:GetObject', 'arn:aws:s3:::a.b/*')] }, 's3:GetObject', 'arn:aws:s3:::aXb/k'),
    ).toBe(false);
  });

  it('NotAction and NotResource cover everything but what they name', () => {
    const identity = [{ Effect: 'Allow', NotAction: 'kinesis:Delete*', NotResource: `${BUCKET}/*` }];
    expect(allowed({ identity }, 'kinesis:PutRecords', STREAM)).toBe(true);
    expect(allowed({ identity }, 'kinesis:DeleteStream', STREAM)).toBe(false);
    expect(allowed({ identity }, 's3:GetObject', `${BUCKET}/a`)).toBe(false);
  });

  it('a Deny wins over any Allow, wherever either stands', () => {
    const deny = { Effect: 'Deny', Action: 's3:*', Resource: `${BUCKET}/*`, Principal: '*' };
    const { Principal: _, ...ownDeny } = deny;
    const may = [allow('s3:*', '*')];
    expect(refusal({ identity: may, bucket: [deny] }, 's3:PutObject', `${BUCKET}/a`)).toMatch(
      /with an explicit deny in a resource-based policy$/,
    );
    expect(refusal({ identity: [...may, ownDeny] }, 's3:PutObject', `${BUCKET}/a`)).toMatch(
      /with an explicit deny in an identity-based policy$/,
    );
  });

  it('statements in any order decide the same', () => {
    const statements = [
      allow('kinesis:Put*', STREAM),
      allow('kinesis:Get*', '*'),
      { Effect: 'Deny', Action: 'kinesis:PutRecords', Resource: `${STREAM}-old` },
      allow('kinesis:PutRecords', `${STREAM}-old`),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(statements, { minLength: 4 }), (identity) => {
        expect(allowed({ identity }, 'kinesis:PutRecords', STREAM)).toBe(true);
        expect(allowed({ identity }, 'kinesis:PutRecords', `${STREAM}-old`)).toBe(false);
      }),
      { numRuns: 24 },
    );
  });

  it('a role has its own policies and not those of another', () => {
    const held = { other: [allow('kinesis:PutRecords', STREAM)] };
    expect(allowed(held, 'kinesis:PutRecords', STREAM)).toBe(false);
    expect(allowed(held, 'kinesis:PutRecords', STREAM, {}, OTHER)).toBe(true);
  });
});

describe('resource policies', () => {
  it('of a bucket allow a role that they name, also without a policy of the role', () => {
    const bucket = [allow('s3:PutObject', `${BUCKET}/*`, { Principal: { AWS: ROLE } })];
    expect(allowed({ bucket }, 's3:PutObject', `${BUCKET}/a`)).toBe(true);
    expect(allowed({ bucket }, 's3:PutObject', `${BUCKET}/a`, {}, OTHER)).toBe(false);
  });

  it('that name the whole account leave it to the policies of the role', () => {
    const bucket = [allow('s3:PutObject', `${BUCKET}/*`, { Principal: { AWS: ROOT } })];
    expect(allowed({ bucket }, 's3:PutObject', `${BUCKET}/a`)).toBe(false);
  });

  it('are all that counts for a service that acts for itself', () => {
    const Principal = { Service: 'logging.s3.amazonaws.com' };
    const bucket = [allow('s3:PutObject', `${BUCKET}/logs/*`, { Principal })];
    expect(allowed({ bucket }, 's3:PutObject', `${BUCKET}/logs/1`, {}, 'logging.s3.amazonaws.com')).toBe(true);
    expect(refusal({ bucket }, 's3:PutObject', `${BUCKET}/logs/1`, {}, 'iot.amazonaws.com')).toMatch(
      /because no resource-based policy allows the s3:PutObject action$/,
    );
  });
});

describe('a key', () => {
  const identity = [allow('kms:Decrypt', KEY)];
  const delegating = allow('kms:*', '*', { Principal: { AWS: ROOT } });

  it('whose policy leaves it to the account is used by roles that may', () => {
    expect(allowed({ identity, key: [delegating] }, 'kms:Decrypt', KEY)).toBe(true);
    expect(refusal({ key: [delegating] }, 'kms:Decrypt', KEY)).toMatch(/because no identity-based policy allows/);
  });

  it('whose policy does not is closed to every role, whatever the role may', () => {
    const nobody = allow('kms:*', '*', { Principal: { Service: 'logs.us-east-1.amazonaws.com' } });
    expect(refusal({ identity, key: [nobody] }, 'kms:Decrypt', KEY)).toMatch(
      /because no resource-based policy allows the kms:Decrypt action$/,
    );
  });
});

describe('conditions', () => {
  const when = (Condition: object, context: RequestContext) =>
    allowed({ identity: [allow('kinesis:PutRecords', STREAM, { Condition })] }, 'kinesis:PutRecords', STREAM, context);
  const VIA = 'kms:ViaService';

  it.each([
    ['StringEquals holds for the same text', { StringEquals: { [VIA]: 's3' } }, { [VIA]: 's3' }, true],
    ['StringEquals fails for another', { StringEquals: { [VIA]: 's3' } }, { [VIA]: 'S3' }, false],
    ['StringEquals fails without the key', { StringEquals: { [VIA]: 's3' } }, {}, false],
    ['StringEquals holds for one of several', { StringEquals: { [VIA]: ['s3', 'sqs'] } }, { [VIA]: 'sqs' }, true],
    ['all keys must hold', { StringEquals: { [VIA]: 's3', 'aws:SourceArn': 'a' } }, { [VIA]: 's3' }, false],
    ['all operators must hold', { StringEquals: { [VIA]: 's3' }, Null: { [VIA]: 'true' } }, { [VIA]: 's3' }, false],
    ['a key in other letters is the same', { StringEquals: { 'KMS:viaservice': 's3' } }, { [VIA]: 's3' }, true],
    ['StringLike knows wildcards', { StringLike: { [VIA]: 's3.*' } }, { [VIA]: 's3.us-east-1' }, true],
    [
      'ArnLike knows wildcards',
      { ArnLike: { 'aws:SourceArn': 'arn:aws:iot:*:1:rule/*' } },
      { 'aws:SourceArn': 'arn:aws:iot:x:1:rule/r' },
      true,
    ],
    [
      'a wildcard of ArnLike ends at a colon',
      { ArnLike: { 'aws:SourceArn': 'arn:aws:iot:*:rule/*' } },
      { 'aws:SourceArn': 'arn:aws:iot:x:1:rule/r' },
      false,
    ],
    [
      'ArnEquals compares whole ARNs',
      { ArnEquals: { 'aws:SourceArn': 'arn:aws:iot:x:1:rule/r' } },
      { 'aws:SourceArn': 'arn:aws:iot:x:1:rule/r2' },
      false,
    ],
    ['Bool: every request is by TLS', { Bool: { 'aws:SecureTransport': 'true' } }, {}, true],
    [
      'Bool: a request without is seen',
      { Bool: { 'aws:SecureTransport': true } },
      { 'aws:SecureTransport': 'false' },
      false,
    ],
    [
      'NumericLessThan compares numbers',
      { NumericLessThan: { 's3:TlsVersion': 1.2 } },
      { 's3:TlsVersion': '1.10' },
      true,
    ],
    [
      'NumericLessThan at the border fails',
      { NumericLessThan: { 's3:TlsVersion': 1.2 } },
      { 's3:TlsVersion': '1.2' },
      false,
    ],
    ['Null true holds without the key', { Null: { [VIA]: true } }, {}, true],
    ['Null false holds with it', { Null: { [VIA]: 'false' } }, { [VIA]: 's3' }, true],
    [
      'any encryption context can be asked for',
      { StringEquals: { 'kms:EncryptionContext:SecretARN': 'a' } },
      { 'kms:EncryptionContext:SecretARN': 'a' },
      true,
    ],
  ])('%s', (_, condition, context, expected) => {
    expect(when(condition, context as RequestContext)).toBe(expected);
  });
});

describe('taking on a role', () => {
  const rule = 'arn:aws:iot:us-east-1:000000000000:rule/ingest';
  const trust = {
    ...TRUST,
    Principal: { Service: 'iot.amazonaws.com' },
    Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT }, ArnEquals: { 'aws:SourceArn': rule } },
  };

  it('is for the service and the resource that the trust policy names', () => {
    expect(guardWith({ trust }).role(ROLE, { service: 'iot.amazonaws.com', sourceArn: rule })).toMatchObject({
      arn: ROLE,
    });
  });

  it.each([
    ['another service', { service: 'lambda.amazonaws.com', sourceArn: rule }],
    ['another rule (a confused deputy)', { service: 'iot.amazonaws.com', sourceArn: `${rule}2` }],
    ['no rule at all', { service: 'iot.amazonaws.com' }],
  ])('is refused to %s', (_, by) => {
    expect(() => guardWith({ trust }).role(ROLE, by)).toThrow(
      `is not authorized to perform: sts:AssumeRole on resource: ${ROLE} because no role trust policy allows the sts:AssumeRole action`,
    );
  });

  it('that no template has is an error', () => {
    expect(() => guardWith({}).role(`${ROLE}2`)).toThrow(/no template has arn:aws:iam::000000000000:role\/calculate2/);
  });
});

describe('a policy that is not understood stops the start', () => {
  it.each([
    [
      'an operator',
      allow('s3:*', '*', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
      /operator IpAddress is not known/,
    ],
    [
      'a set operator',
      allow('s3:*', '*', { Condition: { 'ForAnyValue:StringEquals': { 'aws:SourceArn': 'a' } } }),
      /ForAnyValue:StringEquals is not known/,
    ],
    [
      'a condition key that no request has',
      allow('s3:*', '*', { Condition: { StringEquals: { 'aws:SourceAcount': 'a' } } }),
      /aws:SourceAcount is not known/,
    ],
    ['a policy variable', allow('s3:*', `arn:aws:s3:::home/\${aws:username}/*`), /policy variable/],
    ['a resource that is no ARN', allow('s3:*', 'landing'), /neither "\*" nor an ARN/],
    ['an action without a service', allow('GetObject', '*'), /action "GetObject" is not SERVICE:ACTION/],
    ['a principal in a policy of a role', allow('s3:*', '*', { Principal: '*' }), /has no Principal/],
    ['both Action and NotAction', allow('s3:*', '*', { NotAction: 's3:Get*' }), /either Action or NotAction/],
    ['neither Resource nor NotResource', { Effect: 'Allow', Action: 's3:*' }, /either Resource or NotResource/],
    ['an element IAM does not have', allow('s3:*', '*', { Resources: 'x' }), /Resources/],
  ])('%s', (_, statement, message) => {
    expect(() => guardWith({ identity: [statement] })).toThrow(message);
    expect(() => guardWith({ identity: [statement] })).toThrow(/^policy App\/identity cannot be enforced here: /);
  });

  it.each([
    ['NotPrincipal', { Effect: 'Deny', Action: 's3:*', Resource: '*', NotPrincipal: { AWS: ROLE } }],
    ['a federated principal', allow('s3:*', '*', { Principal: { Federated: 'accounts.google.com' } })],
    ['a principal with a wildcard', allow('s3:*', '*', { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/*` } })],
    ['no principal', allow('s3:*', '*')],
  ])('%s in the policy of a resource', (_, statement) => {
    expect(() => guardWith({ bucket: [statement] })).toThrow(/cannot be enforced here/);
  });
});

describe('credentials', () => {
  const headers = (accessKeyId: string, sessionToken?: string) => ({
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=0`,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  });

  it('tell whose they are', () => {
    const guard = guardWith({});
    const own = guard.credentialsOf(ROLE, 'calculate-emissions');
    expect(guard.callerOf(headers(own.accessKeyId, own.sessionToken))).toEqual({
      arn: ROLE,
      session: 'calculate-emissions',
    });
    const runner = guard.credentialsOf(LOCAL_RUNNER);
    expect(guard.callerOf(headers(runner.accessKeyId, runner.sessionToken)).arn).toBe(LOCAL_RUNNER);
  });

  it('that nobody has, with the token of another, without a token, or of another run are refused', () => {
    const guard = guardWith({});
    const [own, other] = [guard.credentialsOf(ROLE), guard.credentialsOf(OTHER)];
    const before = guardWith({}).credentialsOf(ROLE);
    for (const given of [
      headers('ASIA0000000000000000', own.sessionToken),
      headers(own.accessKeyId, other.sessionToken),
      headers(own.accessKeyId),
      headers(before.accessKeyId, before.sessionToken),
      { authorization: 'Basic YTpi' },
    ]) {
      expect(() => guard.callerOf(given)).toThrow('The security token included in the request is invalid.');
    }
    expect(() => guard.callerOf({})).toThrow('Missing Authentication Token');
  });

  it('differ between sessions and are the same for the same one', () => {
    const guard = guardWith({});
    expect(guard.credentialsOf(ROLE, 'a')).toEqual(guard.credentialsOf(ROLE, 'a'));
    expect(guard.credentialsOf(ROLE, 'a')).not.toEqual(guard.credentialsOf(ROLE, 'b'));
    expect(() => guard.credentialsOf(`${ROLE}2`)).toThrow(/no template has/);
  });
});

describe('the queue of missed runs', () => {
  it('takes nothing that comes without TLS, as its policy says', () => {
    const identity = [allow('sqs:SendMessage', QUEUE)];
    const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
    const queue = [{ Effect: 'Deny', Action: 'sqs:*', Resource: QUEUE, Principal: { AWS: '*' }, Condition }];
    expect(allowed({ identity, queue }, 'sqs:SendMessage', QUEUE)).toBe(true);
    expect(allowed({ identity, queue }, 'sqs:SendMessage', QUEUE, { 'aws:SecureTransport': 'false' })).toBe(false);
  });
});
