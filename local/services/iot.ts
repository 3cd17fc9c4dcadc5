import { mkdirSync } from 'node:fs';
import { startBroker } from './iot/broker.ts';
import { type IotCounters, newCounters } from './iot/counters.ts';
import { type CertificateFiles, serverIdentity } from './iot/key-files.ts';
import { compilePolicy, type PolicyDocument } from './iot/policy.ts';
import { openRegistry } from './iot/registry.ts';
import type { ActionTargets, TopicRule } from './iot/rule-actions.ts';
import { compileRules } from './iot/rules.ts';

export interface IotOptions extends ActionTargets {
  /** Keys, certificates and the device registry are kept here. */
  readonly dataDir: string;
  /** @default 0, any free port */
  readonly port?: number;
  readonly region: string;
  readonly account: string;
  readonly rules: readonly TopicRule[];
  readonly policies: readonly PolicyDocument[];
  /** AWS::IoT::ThingType resources. */
  readonly thingTypes: readonly { readonly thingTypeName: string }[];
  /** True while the broker acknowledges messages and then loses them, which MQTT's guarantee ends with. */
  readonly losesMessages?: () => boolean;
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
  /** Ends orderly: nothing is acknowledged that was not tried. Stop this before the stream and the bucket. */
  stop(): Promise<void>;
  /** Registers a thing with its facility; returns its certificate, the kept one while it is good. */
  registerDevice(device: Device): Promise<CertificateFiles>;
  /** Makes the certificates of a thing inactive and ends its connections. */
  deactivateDevice(thing: string): void;
  counters(): Readonly<IotCounters>;
}

/**
 * Starts IoT Core of the local cloud: an MQTT broker with mutual TLS, device policies and topic rules.
 *
 * @throws Error when a rule or policy uses something that the local cloud does not do, or the port is taken.
 */
export const startIot = async (options: IotOptions): Promise<Iot> => {
  const { dataDir, region, account, thingTypes, log } = options;
  const counters = newCounters();
  const rules = compileRules(options.rules, options, counters, log);
  const policies = new Map(options.policies.map((policy) => [policy.policyName, compilePolicy(policy)]));
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const identity = await serverIdentity(dataDir);
  const registry = openRegistry(dataDir, identity.authority);
  const arnPrefix = `arn:aws:iot:${region}:${account}:`;
  const broker = await startBroker({
    identity,
    registry,
    policies,
    rules,
    arnPrefix,
    port: options.port ?? 0,
    counters,
    losesMessages: options.losesMessages ?? (() => false),
    log,
  });

  return {
    host: '127.0.0.1',
    port: broker.port,
    caFile: identity.caFile,
    stop: broker.stop,
    registerDevice: async (device) => {
      const names = [...policies.keys()];
      const policyName = device.policyName ?? (names.length === 1 ? names[0]! : '(none given)');
      if (!policies.has(policyName))
        throw new Error(`policy "${policyName}" does not exist; there is ${names.join(', ') || 'none'}`);
      const only = thingTypes.length === 1 ? thingTypes[0]!.thingTypeName : undefined;
      const thingTypeName = device.thingTypeName ?? only;
      if (thingTypeName !== undefined && !thingTypes.some((type) => type.thingTypeName === thingTypeName))
        throw new Error(`thing type "${thingTypeName}" does not exist`);
      return registry.register({ ...device, policyName, thingTypeName });
    },
    deactivateDevice: (thing) => broker.disconnect(registry.deactivate(thing)),
    counters: () => ({ ...counters }),
  };
};
