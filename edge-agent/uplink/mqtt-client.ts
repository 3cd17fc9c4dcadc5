import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { iot, mqtt5 } from 'aws-iot-device-sdk-v2';
import type { Credentials } from './control.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly caFile?: string | undefined;
}

export interface MqttOptions {
  readonly endpoint: Endpoint;
  readonly clientId: string;
  readonly credentials: Credentials;
  readonly flowControl: 'aws' | 'none';
}

const STOP_WITHIN_MS = 3000;

/**
 * A client of AWS IoT Core over MQTT 5 with mutual TLS. It reconnects by itself with exponential back-off and full
 * jitter; publishes wait meanwhile and go out again when the connection is back.
 */
export const mqttClient = ({ endpoint, clientId, credentials, flowControl }: MqttOptions): mqtt5.Mqtt5Client => {
  const builder = iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromMemory(
    endpoint.host,
    credentials.certificate,
    credentials.key,
  );
  if (endpoint.caFile) builder.withCertificateAuthorityFromPath(undefined, endpoint.caFile);
  builder
    .withPort(endpoint.port)
    .withConnectProperties({ clientId, keepAliveIntervalSeconds: 30 })
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

/** Disconnects and frees the client. */
export const stopClient = async (client: mqtt5.Mqtt5Client): Promise<void> => {
  // A client that is stopped just after its start, or while a connection is being made, may say so late or never.
  const stopped = once(client, 'stopped');
  client.stop();
  await Promise.race([stopped, sleep(STOP_WITHIN_MS)]);
  client.close();
};
