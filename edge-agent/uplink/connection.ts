import { mqtt5 } from 'aws-iot-device-sdk-v2';
import { identityOver, jobsOver, shadowOver } from './iot-services.ts';
import { type MqttOptions, mqttClient, stopClient } from './mqtt-client.ts';
import { outcomeOf, type PublishOutcome } from './uplink.ts';

/** What a connection tells. */
export interface Listeners {
  connected(): void;
  /** The connection is lost, or could not be made; the client tries again. */
  away(reason: string): void;
  jobs(): void;
  command(payload: string): void;
}

/** A connection with one pair of credentials, from start to stop; while it is away it comes back by itself. */
export interface Connection
  extends Omit<ReturnType<typeof jobsOver>, 'close'>,
    Omit<ReturnType<typeof shadowOver>, 'close'> {
  readonly identity: Omit<ReturnType<typeof identityOver>, 'close'>;
  start(): void;
  publish(topic: string, payload: Uint8Array): Promise<PublishOutcome>;
  /** Publishes that still wait for an answer reject. May be called again. */
  stop(): Promise<void>;
}

export const commandsTopic = (thing: string): string => `emissionwatch/v1/commands/${thing}`;

export const connection = (options: MqttOptions, listeners: Listeners): Connection => {
  const { clientId: thing } = options;
  const client = mqttClient(options);
  const jobs = jobsOver(client, thing, listeners.jobs);
  const shadow = shadowOver(client, thing);
  const identity = identityOver(client);
  const topic = commandsTopic(thing);
  let stopping = false;
  const away = (reason: string) => {
    if (!stopping) listeners.away(reason);
  };
  client.on('connectionSuccess', () => {
    // The session is a new one every time: subscriptions are not kept.
    client
      .subscribe({ subscriptions: [{ topicFilter: topic, qos: mqtt5.QoS.AtLeastOnce }] })
      // Cut off before the answer: the next connection subscribes again.
      .catch(() => undefined);
    listeners.connected();
  });
  client.on('connectionFailure', ({ error, connack }) => away(connack?.reasonString ?? `${error}`));
  client.on('disconnection', ({ error, disconnect }) => away(disconnect?.reasonString ?? `${error}`));
  client.on('messageReceived', ({ message }) => {
    if (message.topicName === topic) listeners.command(textOf(message.payload));
  });
  /** The client keeps publishes for a later start when it is stopped; nobody would ever hear of them. */
  const waiting = new Set<(error: Error) => void>();
  const stop = async () => {
    stopping = true;
    for (const service of [jobs, shadow, identity]) service.close();
    await stopClient(client);
    for (const reject of waiting) reject(new Error('the connection was closed before the cloud had answered'));
  };
  let stopped: Promise<void> | undefined;
  return {
    ...jobs,
    ...shadow,
    identity,
    start: () => client.start(),
    publish: (topicName, payload) =>
      new Promise<PublishOutcome>((resolve, reject) => {
        waiting.add(reject);
        client
          .publish({ topicName, payload, qos: mqtt5.QoS.AtLeastOnce })
          .then(
            (puback) => resolve(outcomeOfPuback(puback)),
            // The client rejects with a text, not with an Error.
            (reason: unknown) => {
              const outcome = outcomeOfError(`${reason}`);
              if (outcome) resolve(outcome);
              else reject(new Error(`${reason}`));
            },
          )
          .finally(() => waiting.delete(reject));
      }),
    stop: () => (stopped ??= stop()),
  };
};

const textOf = (payload: mqtt5.Payload | undefined): string => {
  if (payload === undefined) return '';
  return typeof payload === 'string' ? payload : Buffer.from(payload as ArrayBuffer).toString('utf8');
};

const outcomeOfPuback = (puback: mqtt5.PubackPacket | undefined): PublishOutcome => {
  const code = puback?.reasonCode ?? mqtt5.PubackReasonCode.Success;
  return outcomeOf(code, puback?.reasonString ?? mqtt5.PubackReasonCode[code] ?? 'unknown reason code');
};

/** The client itself refuses what is longer than the broker said it takes: no retry makes it shorter. */
const outcomeOfError = (reason: string): PublishOutcome | undefined =>
  reason.includes('AWS_ERROR_MQTT5_PACKET_VALIDATION')
    ? { kind: 'refused', code: null, reason, final: true }
    : undefined;
