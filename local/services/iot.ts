import { mkdirSync } from 'node:fs';
import { type Guard, openGuard } from './iam/guard.ts';
import { type Broker, startBroker } from './iot/broker.ts';
import { controlRoutes } from './iot/control-plane.ts';
import { type IotCounters, newCounters } from './iot/counters.ts';
import { dataRoutes } from './iot/data-plane.ts';
import { type IssueOptions, issueToFiles } from './iot/issue.ts';
import { type CertificateFiles, claimFiles, deviceFiles, serverIdentity } from './iot/key-files.ts';
import { compilePolicy, type PolicyDocument } from './iot/policy.ts';
import { type HookResult, startProvisioning } from './iot/provisioning.ts';
import { compileTemplate, type ProvisioningTemplate } from './iot/provisioning-template.ts';
import { openRegistry } from './iot/registry.ts';
import { openReserved } from './iot/reserved.ts';
import type { ActionTargets, TopicRule } from './iot/rule-actions.ts';
import { compileRules } from './iot/rules.ts';
import { serveRest } from './rest.ts';

export interface IotOptions extends ActionTargets {
  /** Keys, certificates, the device registry, jobs and shadows are kept here. */
  readonly dataDir: string;
  /** Of the broker. @default 0, any free port */
  readonly port?: number;
  readonly region: string;
  readonly account: string;
  readonly rules: readonly TopicRule[];
  readonly policies: readonly PolicyDocument[];
  /** AWS::IoT::ThingType resources. */
  readonly thingTypes: readonly { readonly thingTypeName: string }[];
  /** @default everybody may do everything: for tests of the broker */
  readonly guard?: Guard;
  /** @default none */
  readonly templates?: readonly ProvisioningTemplate[];
  /** Policy of the claim certificate that this machine's agents provision with. @default there is none */
  readonly claimPolicyName?: string;
  /** Runs the function that is the hook of a template. @default there is none */
  readonly invokeHook?: (functionArn: string, event: string) => Promise<HookResult>;
  /** @default 5 s, as AWS IoT waits for a hook */
  readonly hookTimeoutMs?: number;
  /** True while the broker acknowledges messages and then loses them, which MQTT's guarantee ends with. */
  readonly losesMessages?: () => boolean;
  readonly now?: () => number;
  log(line: string): void;
}

export interface Device {
  readonly thing: string;
  readonly facility: string;
  /** @default the only policy there is */
  readonly policyName?: string;
  /** @default the only thing type there is, if there is one */
  readonly thingTypeName?: string;
}

export interface Iot {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The CA that a device must trust. */
  readonly caFile: string;
  /** Control plane and data plane, for SDK clients. */
  readonly endpoint: string;
  /** A claim certificate; undefined without a policy for it. */
  readonly claim: CertificateFiles | undefined;
  /** Ends orderly: nothing is acknowledged that was not tried. Stop this before the stream and the bucket. */
  stop(): Promise<void>;
  /** Registers a thing with its facility, for tests of the broker; returns its certificate, the kept one while it is good. */
  registerDevice(device: Device): Promise<CertificateFiles>;
  /** Makes the certificates of a thing inactive and ends its connections. */
  deactivateDevice(thing: string): void;
  counters(): Readonly<IotCounters>;
}

/**
 * Starts IoT Core of the local cloud: an MQTT broker with mutual TLS, device policies and topic rules; fleet
 * provisioning, jobs and shadows behind its reserved topics; and the control and data planes over HTTP.
 *
 * @throws Error when a rule, policy or template uses something that the local cloud does not do, or the port is taken.
 */
export const startIot = async (options: IotOptions): Promise<Iot> => {
  const { dataDir, region, account, thingTypes, guard = openGuard, claimPolicyName, now, log } = options;
  const counters = newCounters();
  const rules = compileRules(options.rules, options, counters, log);
  const policies = new Map(options.policies.map((policy) => [policy.policyName, compilePolicy(policy)]));
  const templates = (options.templates ?? []).map(compileTemplate);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const identity = await serverIdentity(dataDir);
  const { authority } = identity;
  const registry = openRegistry(dataDir, now);
  const arnPrefix = `arn:aws:iot:${region}:${account}:`;
  const checkPolicy = (policyName: string): string => {
    if (policies.has(policyName)) return policyName;
    throw new Error(`policy "${policyName}" does not exist; there is ${[...policies.keys()].join(', ') || 'none'}`);
  };

  const provisioning = startProvisioning({
    ...options,
    registry,
    authority,
    templates,
    guard,
    arnPrefix,
    invokeHook: options.invokeHook ?? (() => Promise.reject(new Error('there is no function to run'))),
  });
  // One after the other: two registrations of one thing would each issue a certificate and keep one key.
  let issued: Promise<unknown> = Promise.resolve();
  const issue = (of: Omit<IssueOptions, 'registry' | 'authority'>): Promise<CertificateFiles> => {
    const result = issued.then(() => issueToFiles({ ...of, registry, authority }));
    issued = result.catch(() => undefined);
    return result;
  };

  let broker: Broker | undefined;
  const reserved = openReserved({
    ...options,
    provisioning,
    publish: (topic, body) => broker?.publish(topic, Buffer.from(JSON.stringify(body)), 1),
  });
  broker = await startBroker({
    identity,
    registry,
    policies,
    rules,
    arnPrefix,
    port: options.port ?? 0,
    counters,
    losesMessages: options.losesMessages ?? (() => false),
    reserved: reserved.handle,
    log,
  });
  const { port, publish, disconnect, stop } = broker;
  const planes = await serveRest({
    guard,
    routes: {
      ...controlRoutes({
        registry,
        authority,
        jobs: reserved.jobs,
        guard,
        arnPrefix,
        policyNames: [...policies.keys()],
        endpointAddress: () => `127.0.0.1:${port}`,
        disconnect,
      }),
      ...dataRoutes({
        guard,
        arnPrefix,
        reserved,
        publish: (topic, payload, qos) => publish(topic, payload, qos),
      }),
    },
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });

  return {
    host: '127.0.0.1',
    port,
    caFile: identity.caFile,
    endpoint: planes.endpoint,
    claim:
      claimPolicyName === undefined
        ? undefined
        : await issue({
            files: claimFiles(dataDir),
            commonName: 'EmissionWatch claim',
            policyName: checkPolicy(claimPolicyName),
          }),
    stop: async () => {
      await planes.stop();
      await stop();
    },
    registerDevice: async ({ thing, facility, ...device }) => {
      const names = [...policies.keys()];
      const policyName = checkPolicy(device.policyName ?? (names.length === 1 ? names[0]! : '(none given)'));
      const only = thingTypes.length === 1 ? thingTypes[0]!.thingTypeName : undefined;
      const thingTypeName = device.thingTypeName ?? only;
      if (thingTypeName !== undefined && !thingTypes.some((type) => type.thingTypeName === thingTypeName))
        throw new Error(`thing type "${thingTypeName}" does not exist`);
      registry.putThing({ thingName: thing, thingTypeName, attributes: { facility } });
      return issue({ files: deviceFiles(dataDir, thing), commonName: thing, policyName, thing });
    },
    deactivateDevice: (thing) => {
      const ids = registry.certificatesOf(thing);
      if (ids.length === 0) throw new Error(`no thing named "${thing}" is registered`);
      for (const id of ids) registry.changeCertificate(id, { status: 'INACTIVE' });
      disconnect(ids);
    },
    counters: () => ({ ...counters }),
  };
};
