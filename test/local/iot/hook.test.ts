import { createPrivateKey, X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { newPrivateKey, signingRequest } from '../../../edge-agent/certificate/signing-request.ts';
import { type Guard, openGuard } from '../../../local/services/iam/guard.ts';
import { serverIdentity } from '../../../local/services/iot/key-files.ts';
import {
  type HookResult,
  type ProvisioningOptions,
  startProvisioning,
} from '../../../local/services/iot/provisioning.ts';
import { compileTemplate } from '../../../local/services/iot/provisioning-template.ts';
import { openRegistry } from '../../../local/services/iot/registry.ts';
import { temporaryFolder } from '../temporary.ts';

const TEMPLATE_ARN = 'arn:aws:iot:us-east-1:123456789012:provisioningtemplate/Fleet';
const HOOK_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:hook:live';
const body = {
  Parameters: Object.fromEntries(
    ['SerialNumber', 'ThingName', 'Facility', 'AWS::IoT::Certificate::Id'].map((name) => [name, { Type: 'String' }]),
  ),
  Resources: {
    thing: {
      Type: 'AWS::IoT::Thing',
      Properties: { ThingName: { Ref: 'ThingName' }, AttributePayload: { facility: { Ref: 'Facility' } } },
      OverrideSettings: { AttributePayload: 'REPLACE', ThingTypeName: 'REPLACE' },
    },
    certificate: {
      Type: 'AWS::IoT::Certificate',
      Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' }, Status: 'ACTIVE' },
    },
    policy: { Type: 'AWS::IoT::Policy', Properties: { PolicyName: 'device' } },
  },
};
const template = (change: object = {}) => ({
  templateName: 'Fleet',
  arn: TEMPLATE_ARN,
  enabled: true,
  body: JSON.stringify({ ...body, ...change }),
  roleArn: 'arn:aws:iam::123456789012:role/provisioner',
  hookArn: HOOK_ARN,
});
const CLAIMANT = { certificateId: 'c'.repeat(64), clientId: 'claim-1' };
const allowing = (overrides: object): HookResult => ({
  outcome: 'returned',
  text: JSON.stringify({ allowProvisioning: true, parameterOverrides: overrides }),
});
const ADMITTED = allowing({ ThingName: 'agent-3', Facility: '3' });

let now: number;
let lines: string[];
beforeEach(() => {
  now = Date.UTC(2025, 6, 1);
  lines = [];
});

/** Fleet provisioning with the hook of a test, over a registry of its own. */
const start = async (invokeHook: ProvisioningOptions['invokeHook'], options: Partial<ProvisioningOptions> = {}) => {
  const dataDir = temporaryFolder();
  const { authority } = await serverIdentity(dataDir);
  const registry = openRegistry(dataDir, () => now);
  const provisioning = startProvisioning({
    registry,
    authority,
    templates: [compileTemplate(template())],
    guard: openGuard,
    arnPrefix: 'arn:aws:iot:us-east-1:123456789012:',
    invokeHook,
    now: () => now,
    log: (line) => lines.push(line),
    ...options,
  });
  const create = async (csr = signingRequest(newPrivateKey(), 'SN-1')) =>
    provisioning.createFromCsr(Buffer.from(JSON.stringify({ certificateSigningRequest: csr })));
  const issued = async () =>
    (await create()).body as { certificateId: string; certificatePem: string; certificateOwnershipToken: string };
  const provision = (
    certificateOwnershipToken: string,
    parameters: object = { SerialNumber: 'SN-1' },
    name = 'Fleet',
  ) => provisioning.provision(name, Buffer.from(JSON.stringify({ certificateOwnershipToken, parameters })), CLAIMANT);
  return { provisioning, registry, create, issued, provision };
};

const code = async (answer: Promise<{ body: object }>) => (await answer).body as { errorCode?: string };

describe('the hook', () => {
  it('is asked with the payload that AWS documents', async () => {
    const asked: { functionArn: string; event: unknown }[] = [];
    const { issued, provision } = await start(async (functionArn, event) => {
      asked.push({ functionArn, event: JSON.parse(event) });
      return ADMITTED;
    });
    const { certificateId, certificatePem, certificateOwnershipToken } = await issued();
    await provision(certificateOwnershipToken);
    expect(asked).toEqual([
      {
        functionArn: HOOK_ARN,
        event: {
          claimCertificateId: CLAIMANT.certificateId,
          clientId: 'claim-1',
          certificateId,
          certificatePem,
          templateArn: TEMPLATE_ARN,
          parameters: { SerialNumber: 'SN-1' },
        },
      },
    ]);
  });

  it.each<[string, () => Promise<HookResult>]>([
    ['says no', async () => ({ outcome: 'returned', text: '{"allowProvisioning":false}' })],
    ['says neither yes nor no', async () => ({ outcome: 'returned', text: '{}' })],
    ['says something else', async () => ({ outcome: 'returned', text: '"yes"' })],
    ['says nothing', async () => ({ outcome: 'returned', text: '' })],
    ['fails', async () => ({ outcome: 'failed' })],
    ['is throttled', async () => ({ outcome: 'throttled' })],
    ['cannot be run', () => Promise.reject(new Error('no such function'))],
  ])('that %s lets nobody in', async (_, hook) => {
    const { registry, issued, provision } = await start(hook);
    const { certificateId, certificateOwnershipToken } = await issued();
    const answer = await provision(certificateOwnershipToken);
    expect(answer).toMatchObject({ outcome: 'rejected', body: { statusCode: 403, errorCode: 'AccessDenied' } });
    expect(registry.certificate(certificateId)?.status).toBe('PENDING_ACTIVATION');
    expect(registry.things()).toEqual([]);
  });

  it('that takes longer than it may lets nobody in, also when it says yes in the end', async () => {
    let answered = false;
    const slow = async () => {
      await sleep(60);
      answered = true;
      return ADMITTED;
    };
    const { registry, issued, provision } = await start(slow, { hookTimeoutMs: 10 });
    const { certificateId, certificateOwnershipToken } = await issued();
    expect(await code(provision(certificateOwnershipToken))).toMatchObject({ errorCode: 'AccessDenied' });
    while (!answered) await sleep(10);
    expect(registry.identify(certificateId)).toBeUndefined();
    expect(lines.join('\n')).toContain('no answer within 0.01 s');
  });

  it('that IoT may not invoke for this template lets nobody in, and is not run', async () => {
    let ran = false;
    const guard: Guard = {
      ...openGuard,
      check: ({ arn }, action, resource, context) => {
        expect([arn, action, resource, context?.['aws:SourceArn']]).toEqual([
          'iot.amazonaws.com',
          'lambda:InvokeFunction',
          HOOK_ARN,
          TEMPLATE_ARN,
        ]);
        throw new Error('not allowed');
      },
    };
    const hook = async () => {
      ran = true;
      return ADMITTED;
    };
    const { issued, provision } = await start(hook, { guard });
    const { certificateOwnershipToken } = await issued();
    expect(await code(provision(certificateOwnershipToken))).toMatchObject({ errorCode: 'AccessDenied' });
    expect(ran).toBe(false);
  });

  it.each(['3/4', '#', '+', '3*', `\${iot:ClientId}`, '', 'a\u0000b', 'ä'])(
    'that names a facility %j which no attribute may have gets no thing made',
    async (Facility) => {
      const { registry, issued, provision } = await start(async () => allowing({ ThingName: 'agent-3', Facility }));
      const { certificateId, certificateOwnershipToken } = await issued();
      expect(await code(provision(certificateOwnershipToken))).toMatchObject({ errorCode: 'InvalidParameters' });
      expect(registry.identify(certificateId)).toBeUndefined();
    },
  );
});

describe('a provisioned device', () => {
  it('has the thing, the attributes, the policy and an active certificate that the template says', async () => {
    const { registry, issued, provision } = await start(async () => ADMITTED);
    const { certificateId, certificateOwnershipToken } = await issued();
    expect(await provision(certificateOwnershipToken)).toEqual({
      outcome: 'accepted',
      body: { thingName: 'agent-3', deviceConfiguration: {} },
    });
    expect(registry.identify(certificateId)).toEqual({
      certificateId,
      thing: { thingName: 'agent-3', thingTypeName: undefined, attributes: { facility: '3' }, version: 1 },
      policies: ['device'],
    });
  });

  it('can ask again with its token when the answer was lost', async () => {
    const { issued, provision } = await start(async () => ADMITTED);
    const { certificateOwnershipToken } = await issued();
    const first = await provision(certificateOwnershipToken);
    expect(await provision(certificateOwnershipToken)).toEqual(first);
  });

  it('is in the facility that the hook said last, when its thing was there before', async () => {
    let facility = '3';
    const { registry, issued, provision } = await start(async () =>
      allowing({ ThingName: 'agent', Facility: facility }),
    );
    await provision((await issued()).certificateOwnershipToken);
    facility = '4';
    await provision((await issued()).certificateOwnershipToken);
    expect(registry.thing('agent')?.attributes).toEqual({ facility: '4' });
    expect(registry.certificatesOf('agent')).toHaveLength(2);
  });
});

describe('the ownership token', () => {
  it('is good for an hour, and then its certificate is forgotten', async () => {
    const { registry, create, issued, provision } = await start(async () => ADMITTED);
    const { certificateId, certificateOwnershipToken } = await issued();
    now += 3_600_001;
    expect(await code(provision(certificateOwnershipToken))).toMatchObject({
      errorCode: 'InvalidCertificateOwnershipToken',
    });
    await create();
    expect(registry.certificate(certificateId)).toBeUndefined();
  });

  it('cannot be made up, and not altered', async () => {
    const { issued, provision } = await start(async () => ADMITTED);
    const { certificateOwnershipToken: token } = await issued();
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom('0', 'f', '.', 'x'), async (at, other) => {
        fc.pre(token[at] !== other);
        const altered = token.slice(0, at) + other + token.slice(at + 1);
        expect(await code(provision(altered))).toMatchObject({ errorCode: 'InvalidCertificateOwnershipToken' });
      }),
      { numRuns: 50 },
    );
  });

  it('does not put a certificate back in force that was deactivated', async () => {
    const { registry, issued, provision } = await start(async () => ADMITTED);
    const { certificateId, certificateOwnershipToken } = await issued();
    await provision(certificateOwnershipToken);
    registry.changeCertificate(certificateId, { status: 'INACTIVE' });
    expect(await code(provision(certificateOwnershipToken))).toMatchObject({
      errorCode: 'InvalidCertificateOwnershipToken',
    });
  });
});

describe('a certificate signing request', () => {
  it('becomes a certificate for its key, which is not active yet', async () => {
    const { registry, create } = await start(async () => ADMITTED);
    const key = newPrivateKey();
    const { body: answer } = await create(signingRequest(key, 'SN-1'));
    const { certificatePem, certificateId } = answer as { certificatePem: string; certificateId: string };
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.subject).toBe('CN=AWS IoT Certificate');
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(registry.certificate(certificateId)?.status).toBe('PENDING_ACTIVATION');
  });

  it.each(['', 'nonsense', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----'])(
    'that is none (%j) is refused',
    async (csr) => {
      const { create } = await start(async () => ADMITTED);
      expect(await create(csr)).toMatchObject({ outcome: 'rejected', body: { statusCode: 400 } });
    },
  );

  it('that was altered after it was signed is refused', async () => {
    const { create } = await start(async () => ADMITTED);
    const pem = signingRequest(newPrivateKey(), 'SN-1');
    const der = Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ''), 'base64');
    der[der.indexOf('SN-1')] = 'X'.charCodeAt(0);
    const altered = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    expect(await create(altered)).toMatchObject({ body: { errorCode: 'InvalidCertificateSigningRequest' } });
  });
});

describe('a request', () => {
  it.each(['', '{', '[]', '{"parameters":{}}', '{"certificateOwnershipToken":1}'])(
    'of %j is refused',
    async (payload) => {
      const { provisioning } = await start(async () => ADMITTED);
      expect(await provisioning.provision('Fleet', Buffer.from(payload), CLAIMANT)).toMatchObject({
        outcome: 'rejected',
        body: { errorCode: 'InvalidPayload' },
      });
    },
  );

  it('for a template that is not there, or not enabled, is refused', async () => {
    const { issued, provision } = await start(async () => ADMITTED);
    const { certificateOwnershipToken } = await issued();
    expect(await code(provision(certificateOwnershipToken, {}, 'Other'))).toMatchObject({
      errorCode: 'ResourceNotFound',
    });
    const off = await start(async () => ADMITTED, { templates: [compileTemplate({ ...template(), enabled: false })] });
    const token = (await off.issued()).certificateOwnershipToken;
    expect(await code(off.provision(token))).toMatchObject({ errorCode: 'ResourceNotFound' });
  });
});

describe('a template', () => {
  it.each([
    [{ Mappings: {} }, /Mappings/],
    [{ DeviceConfiguration: { url: { 'Fn::Sub': 'x' } } }, /DeviceConfiguration/],
    [{ DeviceConfiguration: { url: { Ref: 'Missing' } } }, /refers to parameter Missing/],
    [{ Resources: { ...body.Resources, other: {} } }, /other/],
  ])('that holds %j is refused: nothing here would do it', (change, message) => {
    expect(() => compileTemplate(template(change))).toThrow(message);
  });
});
