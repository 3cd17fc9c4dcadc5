import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { iot as builder, iotidentity, mqtt5 } from 'aws-iot-device-sdk-v2';
import { newPrivateKey, signingRequest } from '../../../edge-agent/certificate/signing-request.ts';
import type { Iot } from '../../../local/services/iot.ts';

export interface Credentials {
  readonly certificate: string;
  readonly key: string;
}

/** A client of the AWS IoT device SDK, configured as for AWS: only host, port and CA differ. */
export const sdkClient = ({ host, port, caFile }: Iot, clientId: string, { certificate, key }: Credentials) => {
  const config = builder.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromMemory(host, certificate, key)
    .withCertificateAuthority(readFileSync(caFile, 'utf8'))
    .withPort(port)
    .withConnectProperties({ clientId, keepAliveIntervalSeconds: 60 })
    .withMinReconnectDelayMs(60_000)
    .withMaxReconnectDelayMs(60_000)
    .build();
  const client = new mqtt5.Mqtt5Client(config);
  client.on('error', () => undefined);
  return client;
};

export const stopped = async (client: mqtt5.Mqtt5Client): Promise<void> => {
  const end = once(client, 'stopped');
  client.stop();
  await end;
  client.close();
};

/** Resolves when connected, rejects with the reason when refused; a client that is refused is stopped. */
export const connected = async (client: mqtt5.Mqtt5Client): Promise<mqtt5.Mqtt5Client> => {
  const answer = new Promise<void>((resolve, reject) => {
    client.once('connectionSuccess', () => resolve());
    client.once('connectionFailure', ({ connack, error }) => reject(new Error(connack?.reasonString ?? `${error}`)));
  });
  client.start();
  try {
    await answer;
    return client;
  } catch (error) {
    await stopped(client);
    throw error;
  }
};

interface Refused {
  readonly modeledError?: { readonly statusCode?: number; readonly errorCode?: string };
}

/** A device asks for a certificate over a connection; resolves with its credentials and what the template told it. */
export const provision = async (
  client: mqtt5.Mqtt5Client,
  serialNumber: string,
  parameters: Readonly<Record<string, string>> = {},
) => {
  const service = iotidentity.IotIdentityClientv2.newFromMqtt5(client, {
    maxRequestResponseSubscriptions: 4,
    maxStreamingSubscriptions: 1,
    operationTimeoutInSeconds: 20,
  });
  const key = newPrivateKey();
  try {
    const { certificatePem, certificateOwnershipToken, certificateId } = await service.createCertificateFromCsr({
      certificateSigningRequest: signingRequest(key, serialNumber),
    });
    const { thingName, deviceConfiguration } = await service.registerThing({
      templateName: 'EmissionWatchEdgeAgent',
      certificateOwnershipToken: certificateOwnershipToken!,
      parameters: { ...parameters, SerialNumber: serialNumber },
    });
    return { certificate: certificatePem!, key, certificateId: certificateId!, thing: thingName!, deviceConfiguration };
  } catch (error) {
    const { errorCode } = (error as Refused).modeledError ?? {};
    throw errorCode === undefined ? error : new Error(errorCode);
  } finally {
    service.close();
  }
};
