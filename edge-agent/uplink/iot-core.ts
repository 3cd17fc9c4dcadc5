import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { iot, mqtt5 } from 'aws-iot-device-sdk-v2';
import type { Report } from '../events.ts';
import { outcomeOf, type PublishOutcome, type Uplink } from './uplink.ts';

export interface IotCoreOptions {
  readonly facility: string;
  readonly thing: string;
  readonly endpoint: { readonly host: string; readonly port: number; readonly caFile?: string | undefined };
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly ruleName: string;
  readonly flowControl: 'aws' | 'none';
}

const STOP_WITHIN_MS = 3000;

/** Basic Ingest: straight into the rule, past the broker and its price. The policy vouches for facility and thing. */
export const minutesTopic = ({ ruleName, facility, thing }: IotCoreOptions): string =>
  `$aws/rules/${ruleName}/emissionwatch/v1/${facility}/${thing}/minutes`;

const checkReadable = (files: Readonly<Record<string, string | undefined>>) => {
  for (const [name, file] of Object.entries(files)) {
    if (file === undefined) continue;
    try {
      accessSync(file, constants.R_OK);
    } catch (cause) {
      throw new Error(`cannot read ${name} ${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
};

const clientOf = (options: IotCoreOptions): mqtt5.Mqtt5Client => {
  const { endpoint, certificateFile, keyFile, thing, flowControl } = options;
  const builder = iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromPath(
    endpoint.host,
    certificateFile,
    keyFile,
  );
  if (endpoint.caFile) builder.withCertificateAuthorityFromPath(undefined, endpoint.caFile);
  builder
    .withPort(endpoint.port)
    .withConnectProperties({ clientId: thing, keepAliveIntervalSeconds: 30 })
    .withRetryJitterMode(mqtt5.RetryJitterType.Full)
    .withMinReconnectDelayMs(1000)
    .withMaxReconnectDelayMs(128_000)
    .withMinConnectedTimeToResetReconnectDelayMs(30_000)
    .withConnackTimeoutMs(20_000)
    .withAckTimeoutSeconds(60)
    .withExtendedValidationAndFlowControlOptions(
      flowControl === 'aws'
        ? mqtt5.ClientExtendedValidationAndFlowControl.AwsIotCoreDefaults
        : mqtt5.ClientExtendedValidationAndFlowControl.None,
    );
  return new mqtt5.Mqtt5Client(builder.build());
};

/**
 * AWS IoT Core over MQTT 5 with mutual TLS. The client reconnects by itself with exponential back-off and full jitter;
 * publishes wait meanwhile and go out again when the connection is back.
 * @throws Error when a certificate or key cannot be read
 */
export const iotCoreUplink = (options: IotCoreOptions, report: Report): Uplink => {
  const { facility, endpoint, certificateFile, keyFile } = options;
  checkReadable({ caFile: endpoint.caFile, certificateFile, keyFile });
  const client = clientOf(options);
  const topicName = minutesTopic(options);
  let stopping = false;
  const away = (reason: string) => {
    if (!stopping) report({ event: 'disconnected', facility, reason });
  };
  client.on('connectionSuccess', () => report({ event: 'connected', facility }));
  client.on('connectionFailure', ({ error, connack }) => away(connack?.reasonString ?? `${error}`));
  client.on('disconnection', ({ error, disconnect }) => away(disconnect?.reasonString ?? `${error}`));
  /** The client keeps publishes for a later start when it is stopped; nobody would ever hear of them. */
  const waiting = new Set<(error: Error) => void>();
  return {
    start: () => client.start(),
    publish: (payload) =>
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
    async stop() {
      stopping = true;
      // A client that is stopped just after its start, or while a connection is being made, may say so late or never.
      const stopped = once(client, 'stopped');
      client.stop();
      await Promise.race([stopped, sleep(STOP_WITHIN_MS)]);
      client.close();
      for (const reject of waiting) reject(new Error('the connection was closed before the cloud had answered'));
    },
  };
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
