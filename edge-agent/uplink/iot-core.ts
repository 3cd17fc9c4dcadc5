import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../events.ts';
import { type Connection, connection } from './connection.ts';
import type { Control, Credentials } from './control.ts';
import type { Endpoint } from './mqtt-client.ts';
import type { Uplink } from './uplink.ts';

export interface IotCoreOptions {
  readonly facility: string;
  readonly thing: string;
  readonly endpoint: Endpoint;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly ruleName: string;
  readonly flowControl: 'aws' | 'none';
}

/** A certificate that was just put in force may take some seconds to be known everywhere in AWS. */
const CONNECT_WITHIN_MS = 60_000;

/** Basic Ingest: straight into the rule, past the broker and its price. The policy vouches for facility and thing. */
export const minutesTopic = ({ ruleName, facility, thing }: IotCoreOptions): string =>
  `$aws/rules/${ruleName}/emissionwatch/v1/${facility}/${thing}/minutes`;

const readFiles = <Name extends string>(files: Readonly<Record<Name, string | undefined>>): Record<Name, string> => {
  const texts: Partial<Record<Name, string>> = {};
  for (const name of Object.keys(files) as Name[]) {
    const file = files[name];
    if (file === undefined) continue;
    try {
      texts[name] = readFileSync(file, 'utf8');
    } catch (cause) {
      throw new Error(`cannot read ${name} ${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
  return texts as Record<Name, string>;
};

interface Trial {
  going: boolean;
  connected(): void;
  away(reason: string): void;
  /** Rejects with the latest reason when there is no connection in time. */
  passed(stop: AbortSignal): Promise<void>;
}

const newTrial = (): Trial => {
  let refused = 'no answer';
  const arrived = Promise.withResolvers<void>();
  return {
    going: true,
    connected: () => arrived.resolve(),
    away: (reason) => {
      refused = reason;
    },
    async passed(stop) {
      const over = new AbortController();
      const timeout = sleep(CONNECT_WITHIN_MS, undefined, { signal: AbortSignal.any([stop, over.signal]) }).then(
        () => Promise.reject(new Error(`no connection with the new certificate: ${refused}`)),
        () => Promise.reject(new Error('the agent is being stopped')),
      );
      await Promise.race([arrived.promise, timeout]).finally(() => over.abort());
    },
  };
};

/**
 * AWS IoT Core over MQTT 5 with mutual TLS: the way of the minutes, and what else is said over the same connection.
 * @throws Error when a certificate or key cannot be read
 */
export const iotCoreUplink = (options: IotCoreOptions, report: Report): Uplink & { readonly control: Control } => {
  const { facility, thing, endpoint, certificateFile, keyFile, flowControl } = options;
  const files = readFiles({ caFile: endpoint.caFile, certificateFile, keyFile });
  let inUse: Credentials = { certificate: files.certificateFile, key: files.keyFile };
  const topic = minutesTopic(options);
  let connected = false;
  const stop = new AbortController();
  const onConnected: (() => void)[] = [];
  const onJobs: (() => void)[] = [];
  const onCommand: ((payload: string) => void)[] = [];

  const isConnected = () => {
    connected = true;
    report({ event: 'connected', facility });
    for (const listener of onConnected) listener();
  };
  const isAway = (reason: string) => {
    connected = false;
    report({ event: 'disconnected', facility, reason });
  };
  /** `trial` hears of the connection instead of everybody else, until it is over. */
  const open = (credentials: Credentials, trial?: Trial): Connection =>
    connection(
      { endpoint, clientId: thing, credentials, flowControl },
      {
        connected: () => (trial?.going ? trial.connected() : isConnected()),
        away: (reason) => (trial?.going ? trial.away(reason) : isAway(reason)),
        jobs: () => onJobs.forEach((listener) => void listener()),
        command: (payload) => onCommand.forEach((listener) => void listener(payload)),
      },
    );
  let current = open(inUse);
  /** How often the connection was replaced, and the latest replacement while it goes on. */
  let replaced = 0;
  let replacing: Promise<unknown> = Promise.resolve();

  const tryOut = async (credentials: Credentials, proof: () => Promise<void>): Promise<void> => {
    const trial = newTrial();
    current = open(credentials, trial);
    current.start();
    await trial.passed(stop.signal);
    await proof();
    trial.going = false;
  };
  const replace = async (credentials: Credentials, proof: () => Promise<void>): Promise<void> => {
    connected = false;
    // The same thing cannot be connected twice: the cloud would cut off one for the other, again and again.
    await current.stop();
    try {
      await tryOut(credentials, proof);
      inUse = credentials;
    } catch (error) {
      await current.stop();
      if (!stop.signal.aborted) {
        current = open(inUse);
        current.start();
      }
      throw error;
    }
    isConnected();
  };

  return {
    start: () => current.start(),
    async publish(payload) {
      for (;;) {
        await replacing;
        const before = replaced;
        try {
          return await current.publish(topic, payload);
        } catch (error) {
          // The connection was replaced under way: the cloud may have it or not, and gets it again.
          if (stop.signal.aborted || before === replaced) throw error;
        }
      }
    },
    async stop() {
      stop.abort();
      await current.stop();
      await replacing;
    },
    control: {
      isConnected: () => connected,
      onConnected: (listener) => void onConnected.push(listener),
      onJobs: (listener) => void onJobs.push(listener),
      onCommand: (listener) => void onCommand.push(listener),
      report: (state) => current.report(state),
      nextJob: () => current.nextJob(),
      updateJob: (id, status, reason) => current.updateJob(id, status, reason),
      identity: {
        createFromCsr: (csr) => current.identity.createFromCsr(csr),
        register: (token, serialNumber) => current.identity.register(token, serialNumber),
      },
      async reconnectWith(credentials, proof) {
        replaced++;
        const replacement = replace(credentials, proof);
        replacing = replacement.catch(() => undefined);
        await replacement;
      },
    },
  };
};
