import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Guard } from '../iam/guard.ts';
import { issueFromCsr, type KeyedCertificate } from './certificates.ts';
import { ownershipTokens, TOKEN_LIFETIME_MS } from './ownership-token.ts';
import { CERTIFICATE_PARAMETER, type CompiledTemplate, type Provision } from './provisioning-template.ts';
import type { DeviceRegistry } from './registry.ts';

/** What came back from the hook's function. */
export type HookResult = { readonly outcome: 'returned'; readonly text: string } | { readonly outcome: string };

/** Who asks: the connection's certificate and client id. */
export interface Claimant {
  readonly certificateId: string;
  readonly clientId: string;
}

export interface ProvisioningAnswer {
  readonly outcome: 'accepted' | 'rejected';
  readonly body: object;
}

/** Fleet provisioning over MQTT. https://docs.aws.amazon.com/iot/latest/developerguide/fleet-provision-api.html */
export interface Provisioning {
  createFromCsr(payload: Buffer): Promise<ProvisioningAnswer>;
  /** `RegisterThing`. */
  provision(templateName: string, payload: Buffer, by: Claimant): Promise<ProvisioningAnswer>;
}

export interface ProvisioningOptions {
  readonly registry: DeviceRegistry;
  readonly authority: KeyedCertificate;
  readonly templates: readonly CompiledTemplate[];
  readonly guard: Guard;
  /** `arn:aws:iot:REGION:ACCOUNT:` */
  readonly arnPrefix: string;
  readonly invokeHook: (functionArn: string, event: string) => Promise<HookResult>;
  /** @default 5 s, as AWS IoT waits */
  readonly hookTimeoutMs?: number;
  readonly now?: () => number;
  log(line: string): void;
}

const createRequest = z.object({ certificateSigningRequest: z.string().min(1).max(4096) });
const provisionRequest = z.object({
  certificateOwnershipToken: z.string().min(1),
  parameters: z.record(z.string(), z.string()).default({}),
});
const hookAnswer = z.object({
  allowProvisioning: z.literal(true),
  parameterOverrides: z.record(z.string(), z.string()).default({}),
});

class Refusal extends Error {
  readonly statusCode: number;
  readonly errorCode: string;

  constructor(statusCode: number, errorCode: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.errorCode = errorCode;
  }
}

const read = <Shape extends z.ZodType>(schema: Shape, payload: Buffer): z.infer<Shape> => {
  try {
    return schema.parse(JSON.parse(payload.toString('utf8')));
  } catch {
    throw new Refusal(400, 'InvalidPayload', 'Invalid payload');
  }
};

export const startProvisioning = (options: ProvisioningOptions): Provisioning => {
  const { registry, authority, guard, arnPrefix, invokeHook, hookTimeoutMs = 5000, now = Date.now, log } = options;
  const templates = new Map(options.templates.map((template) => [template.templateName, template]));
  const tokens = ownershipTokens(authority.key, now);

  const answered = async (what: string, work: () => Promise<object>): Promise<ProvisioningAnswer> => {
    try {
      return { outcome: 'accepted', body: await work() };
    } catch (error) {
      log(`iot: ${what} refused: ${(error as Error).message}`);
      const { statusCode, errorCode, message } =
        error instanceof Refusal ? error : new Refusal(500, 'InternalFailure', 'An unexpected error occurred');
      return { outcome: 'rejected', body: { statusCode, errorCode, errorMessage: message } };
    }
  };

  /** The hook's parameters, or a refusal: whatever goes wrong with the hook, nobody is let in. */
  const ask = async (template: CompiledTemplate, event: object): Promise<Readonly<Record<string, string>>> => {
    if (template.hookArn === undefined) return {};
    const denied = (why: string) => {
      log(`iot: hook of ${template.templateName}: ${why}`);
      return new Refusal(403, 'AccessDenied', 'Access denied by the pre-provisioning hook');
    };
    try {
      guard.check({ arn: 'iot.amazonaws.com' }, 'lambda:InvokeFunction', template.hookArn, {
        'aws:SourceArn': template.arn,
      });
    } catch (error) {
      throw denied((error as Error).message);
    }
    const patience = new AbortController();
    const result = await Promise.race([
      invokeHook(template.hookArn, JSON.stringify(event)).catch((error: unknown) => ({ outcome: String(error) })),
      sleep(
        hookTimeoutMs,
        { outcome: `no answer within ${hookTimeoutMs / 1000} s` },
        { signal: patience.signal },
      ).catch(() => ({ outcome: 'not waited for' })),
    ]);
    patience.abort();
    if (!('text' in result)) throw denied(result.outcome);
    try {
      return hookAnswer.parse(JSON.parse(result.text)).parameterOverrides;
    } catch {
      throw denied('it does not allow provisioning');
    }
  };

  /** Does what the template says in the name of its role. */
  const apply = ({ roleArn, arn }: CompiledTemplate, { thing, status, certificateId, policyName }: Provision): void => {
    const role = guard.role(roleArn, { service: 'iot.amazonaws.com', sourceArn: arn });
    const check = (action: string, resource: string) =>
      guard.check(role, `iot:${action}`, resource === '*' ? '*' : arnPrefix + resource);
    const [asThing, asCertificate] = [`thing/${thing.thingName}`, `cert/${certificateId}`];
    if (thing.thingTypeName !== undefined) check('DescribeThingType', `thingtype/${thing.thingTypeName}`);
    check('DescribeThing', asThing);
    check(registry.thing(thing.thingName) ? 'UpdateThing' : 'CreateThing', asThing);
    check('DescribeCertificate', asCertificate);
    check('UpdateCertificate', asCertificate);
    check('GetPolicy', `policy/${policyName}`);
    check('AttachPolicy', asCertificate);
    check('AttachThingPrincipal', '*');
    try {
      registry.putThing(thing);
    } catch (error) {
      throw new Refusal(400, 'InvalidParameters', (error as Error).message);
    }
    registry.changeCertificate(certificateId, { status, thing: thing.thingName, policies: [policyName] });
  };

  return {
    createFromCsr: (payload) =>
      answered('certificate signing request', async () => {
        const { certificateSigningRequest } = read(createRequest, payload);
        registry.expirePending(now() - TOKEN_LIFETIME_MS);
        const certificatePem = await issueFromCsr(authority, certificateSigningRequest).catch((error: unknown) => {
          throw new Refusal(400, 'InvalidCertificateSigningRequest', `Invalid certificate signing request: ${error}`);
        });
        const certificateId = registry.addCertificate(certificatePem, 'PENDING_ACTIVATION');
        return { certificateId, certificatePem, certificateOwnershipToken: tokens.issue(certificateId) };
      }),

    provision: (templateName, payload, { certificateId: claimCertificateId, clientId }) =>
      answered(`provisioning by ${templateName}`, async () => {
        const { certificateOwnershipToken, parameters } = read(provisionRequest, payload);
        const template = templates.get(templateName);
        if (!template?.enabled) throw new Refusal(404, 'ResourceNotFound', `There is no template ${templateName}`);
        const certificateId = tokens.certificateOf(certificateOwnershipToken);
        const certificate = certificateId === undefined ? undefined : registry.certificate(certificateId);
        if (!certificateId || !certificate || !['PENDING_ACTIVATION', 'ACTIVE'].includes(certificate.status))
          throw new Refusal(400, 'InvalidCertificateOwnershipToken', 'Invalid certificate ownership token');
        const overrides = await ask(template, {
          claimCertificateId,
          certificateId,
          certificatePem: certificate.certificatePem,
          templateArn: template.arn,
          clientId,
          parameters,
        });
        const provision = (() => {
          try {
            return template.fill({ ...parameters, ...overrides, [CERTIFICATE_PARAMETER]: certificateId });
          } catch (error) {
            throw new Refusal(400, 'InvalidParameters', (error as Error).message);
          }
        })();
        apply(template, provision);
        const { thing, deviceConfiguration } = provision;
        log(`iot: thing ${thing.thingName} provisioned with certificate ${certificateId.slice(0, 8)}...`);
        return { deviceConfiguration, thingName: thing.thingName };
      }),
  };
};
