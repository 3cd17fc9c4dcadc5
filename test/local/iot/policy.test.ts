import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorise, compilePolicy, type DeviceAction, type Principal } from '../../../local/services/iot/policy.ts';
import { DEVICE_POLICY } from './local-iot.ts';

const ARN = 'arn:aws:iot:us-east-1:123456789012:';

const principal: Principal = {
  clientId: 'agent-3',
  thing: { thingName: 'agent-3', thingTypeName: 'edge-agent', attributes: { facility: '3' } },
};

const statement = (change: object = {}) => ({ Effect: 'Allow', Action: 'iot:Publish', Resource: '*', ...change });
const compiled = (...statements: object[]) =>
  compilePolicy({ policyName: 'test', document: { Version: '2012-10-17', Statement: statements } });
const allowedBy = (...statements: object[]) => authorise([compiled(...statements)], principal, ARN);

describe('the policy of a device', () => {
  const policy = compilePolicy(DEVICE_POLICY);
  const allows = authorise([policy], principal, ARN);

  it('lets it connect as its thing, and as nothing else', () => {
    expect(allows('iot:Connect', 'client/agent-3')).toBe(true);
    expect(allows('iot:Connect', 'client/agent-33')).toBe(false);
    expect(allows('iot:Connect', 'client/agent-4')).toBe(false);
  });

  it('lets it publish for its own facility and thing, and for no other', () => {
    expect(allows('iot:Publish', 'topic/$aws/rules/ingest/emissionwatch/v1/3/agent-3/minutes')).toBe(true);
    expect(allows('iot:Publish', 'topic/$aws/rules/ingest/emissionwatch/v1/4/agent-3/minutes')).toBe(false);
    expect(allows('iot:Publish', 'topic/$aws/rules/ingest/emissionwatch/v1/3/agent-4/minutes')).toBe(false);
    expect(allows('iot:Publish', 'topic/$aws/rules/ingest/emissionwatch/v1/3/agent-3/minutes/x')).toBe(false);
  });

  it('takes + and # of a subscription as they are: a filter wider than the policy is not allowed', () => {
    expect(allows('iot:Subscribe', 'topicfilter/emissionwatch/v1/3/agent-3/commands')).toBe(true);
    expect(allows('iot:Subscribe', 'topicfilter/emissionwatch/v1/+/agent-3/commands')).toBe(false);
    expect(allows('iot:Subscribe', 'topicfilter/#')).toBe(false);
  });

  it('allows nothing to a thing without the facility attribute, and no connection to a certificate without thing', () => {
    const bare = authorise([policy], { clientId: 'x', thing: { thingName: 'x', attributes: {} } }, ARN);
    expect(bare('iot:Connect', 'client/x')).toBe(true);
    expect(bare('iot:Publish', 'topic/$aws/rules/ingest/emissionwatch/v1//x/minutes')).toBe(false);
    const unattached = authorise([policy], { clientId: 'x', thing: undefined }, ARN);
    expect(unattached('iot:Connect', 'client/x')).toBe(false);
  });

  it('of another account or region allows nothing', () => {
    const elsewhere = authorise([policy], principal, 'arn:aws:iot:us-east-1:999999999999:');
    expect(elsewhere('iot:Connect', 'client/agent-3')).toBe(false);
  });
});

describe('policy evaluation', () => {
  it('allows nothing by default', () => {
    expect(authorise([], principal, ARN)('iot:Connect', 'client/agent-3')).toBe(false);
    expect(allowedBy(statement())('iot:Receive', 'topic/a')).toBe(false);
  });

  it('denies what one statement allows and another denies, in whichever order and policy', () => {
    const allow = statement();
    const deny = statement({ Effect: 'Deny', Resource: `${ARN}topic/secret/*` });
    for (const allows of [
      allowedBy(allow, deny),
      allowedBy(deny, allow),
      authorise([compiled(allow), compiled(deny)], principal, ARN),
    ]) {
      expect(allows('iot:Publish', 'topic/open')).toBe(true);
      expect(allows('iot:Publish', 'topic/secret/x')).toBe(false);
    }
  });

  it('matches * across levels and ? as one character', () => {
    const allows = allowedBy(statement({ Resource: [`${ARN}topic/a/*/z`, `${ARN}topic/b?`] }));
    expect(allows('iot:Publish', 'topic/a/1/2/z')).toBe(true);
    expect(allows('iot:Publish', 'topic/b1')).toBe(true);
    expect(allows('iot:Publish', 'topic/b')).toBe(false);
    expect(allows('iot:Publish', 'topic/b12')).toBe(false);
  });

  it('takes a dot and other characters of patterns literally', () => {
    expect(allowedBy(statement({ Resource: `${ARN}topic/a.b` }))('iot:Publish', 'topic/axb')).toBe(false);
  });

  it('never reads a wildcard in the value of a variable', () => {
    const wild: Principal = { clientId: '*', thing: { thingName: 't', attributes: { facility: '*' } } };
    const resource = `${ARN}topic/\${iot:ClientId}/\${iot:Connection.Thing.Attributes[facility]}`;
    const allows = authorise([compiled(statement({ Resource: resource }))], wild, ARN);
    expect(allows('iot:Publish', 'topic/*/*')).toBe(true);
    expect(allows('iot:Publish', 'topic/1/3')).toBe(false);
  });

  it('holds IsAttached against true and false', () => {
    const when = (value: unknown) =>
      allowedBy(statement({ Condition: { Bool: { 'iot:Connection.Thing.IsAttached': value } } }));
    expect(when('true')('iot:Publish', 'topic/a')).toBe(true);
    expect(when(['true'])('iot:Publish', 'topic/a')).toBe(true);
    expect(when(true)('iot:Publish', 'topic/a')).toBe(true);
    expect(when('false')('iot:Publish', 'topic/a')).toBe(false);
  });

  it('gives the same answer the second time it is asked', () => {
    const action: DeviceAction = 'iot:Publish';
    fc.assert(
      fc.property(fc.array(fc.constantFrom('3', '4', '33', '3/4', '*'), { maxLength: 400 }), (facilities) => {
        const allows = authorise([compilePolicy(DEVICE_POLICY)], principal, ARN);
        for (const facility of facilities)
          expect(allows(action, `topic/emissionwatch/v1/${facility}/agent-3/x`)).toBe(facility === '3');
      }),
      { numRuns: 20 },
    );
  });
});

describe('a policy that the local cloud does not understand is refused at start:', () => {
  it.each([
    [
      'an unknown variable',
      statement({ Resource: `${ARN}topic/\${iot:Certificate.Subject.CommonName}` }),
      /CommonName/,
    ],
    ['an open placeholder', statement({ Resource: `${ARN}topic/\${iot:ClientId` }), /without "}"/],
    [
      'an unknown condition operator',
      statement({ Condition: { StringEquals: { 'iot:ClientId': 'a' } } }),
      /StringEquals/,
    ],
    [
      'an unknown condition key',
      statement({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } }),
      /SecureTransport/,
    ],
    ['NotResource', { Effect: 'Allow', Action: 'iot:Publish', NotResource: '*' }, /NotResource/],
    ['an action of another service', statement({ Action: 's3:GetObject' }), /s3:GetObject/],
    ['a resource that is no ARN', statement({ Resource: 'topic/a' }), /neither "\*" nor an ARN/],
    ['an unknown effect', statement({ Effect: 'Maybe' }), /Effect/],
  ])('%s', (_, bad, message) => {
    expect(() => compiled(bad)).toThrow(message);
    expect(() => compiled(bad)).toThrow(/^policy test: /);
  });
});
