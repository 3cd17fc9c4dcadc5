import { once } from 'node:events';
import { iot as builder, mqtt5 } from 'aws-iot-device-sdk-v2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REASON } from '../../../local/services/iot/reason-codes.ts';
import { ingestTopic, startTestIot, type TestIot } from './local-iot.ts';

let iot: TestIot;
beforeAll(async () => {
  iot = await startTestIot();
});
afterAll(() => iot.dispose());

const clients: mqtt5.Mqtt5Client[] = [];
afterAll(async () => {
  for (const client of clients) {
    const stopped = once(client, 'stopped');
    client.stop();
    await stopped;
    client.close();
  }
});

/** The client that the edge agent uses, as it is configured for AWS: only host, port and CA differ. */
const sdkClient = async (thing: string, facility: string, clientId = thing, host = iot.host as string) => {
  const { certificateFile, keyFile } = await iot.registerDevice({ thing, facility, policyName: 'device' });
  const config = builder.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromPath(
    host,
    certificateFile,
    keyFile,
  )
    .withCertificateAuthorityFromPath(undefined, iot.caFile)
    .withPort(iot.port)
    .withConnectProperties({ clientId, keepAliveIntervalSeconds: 60 })
    .withMinReconnectDelayMs(20)
    .withMaxReconnectDelayMs(100)
    .build();
  const client = new mqtt5.Mqtt5Client(config);
  client.on('error', () => undefined);
  clients.push(client);
  return client;
};

const connected = async (client: mqtt5.Mqtt5Client) => {
  const success = once(client, 'connectionSuccess');
  client.start();
  const [event] = (await success) as [mqtt5.ConnectionSuccessEvent];
  return event;
};

describe('the AWS IoT device SDK', () => {
  it.each(['127.0.0.1', 'localhost'])(
    'connects to %s by mutual TLS and reads the settings of the broker',
    async (host) => {
      const { settings } = await connected(await sdkClient(`sdk-${host.length}`, '3', undefined, host));
      expect(settings).toMatchObject({
        maximumQos: 1,
        receiveMaximumFromServer: 100,
        maximumPacketSizeToServer: 149_504,
        topicAliasMaximumToServer: 8,
        retainAvailable: false,
        sharedSubscriptionsAvailable: false,
        rejoinedSession: false,
        clientId: `sdk-${host.length}`,
      });
    },
  );

  it('publishes by Basic Ingest with QoS 1 and gets its acknowledgement', async () => {
    const client = await sdkClient('sdk', '3');
    await connected(client);
    const payload = Buffer.from([0x1f, 0x8b, 0, 1, 2, 255]);
    const result = await client.publish({
      topicName: ingestTopic('3', 'sdk'),
      qos: mqtt5.QoS.AtLeastOnce,
      payload,
    });
    expect(result?.reasonCode).toBe(mqtt5.PubackReasonCode.Success);
    const record = iot.records.find(({ data }) => data.thing === 'sdk');
    expect(record?.key).toBe('3');
    expect(Buffer.from(record?.data.payload as string, 'base64')).toEqual(payload);
  });

  it('is told when it may not publish for another facility, and loses the connection', async () => {
    const client = await sdkClient('sdk-b', '3');
    await connected(client);
    const disconnection = once(client, 'disconnection');
    const result = await client.publish({
      topicName: ingestTopic('4', 'sdk-b'),
      qos: mqtt5.QoS.AtLeastOnce,
      payload: Buffer.from('x'),
    });
    expect(result?.reasonCode).toBe(mqtt5.PubackReasonCode.NotAuthorized);
    const [event] = (await disconnection) as [mqtt5.DisconnectionEvent];
    expect(event.disconnect?.reasonCode).toBe(REASON.notAuthorised);
  });

  it('is refused as another thing', async () => {
    const client = await sdkClient('sdk-c', '3', 'sdk-d');
    const failure = once(client, 'connectionFailure');
    client.start();
    const [event] = (await failure) as [mqtt5.ConnectionFailureEvent];
    expect(event.connack?.reasonCode).toBe(mqtt5.ConnectReasonCode.NotAuthorized);
  });

  it('subscribes to its own topics and receives what is published there', async () => {
    const client = await sdkClient('sdk-e', '3');
    await connected(client);
    const topic = 'emissionwatch/v1/3/sdk-e/commands';
    const suback = await client.subscribe({ subscriptions: [{ topicFilter: topic, qos: mqtt5.QoS.AtLeastOnce }] });
    expect(suback.reasonCodes).toEqual([mqtt5.SubackReasonCode.GrantedQoS1]);
    const received = once(client, 'messageReceived');
    await client.publish({ topicName: topic, qos: mqtt5.QoS.AtLeastOnce, payload: 'resend' });
    const [{ message }] = (await received) as [mqtt5.MessageReceivedEvent];
    expect(Buffer.from(message.payload as ArrayBuffer).toString()).toBe('resend');
  });

  it('reconnects by itself after its connection was taken over, and publishes again', async () => {
    const client = await sdkClient('sdk-f', '3');
    await connected(client);
    const again = once(client, 'connectionSuccess');
    const other = await iot.device('sdk-f', '3');
    await again;
    await other.closed;
    const result = await client.publish({
      topicName: ingestTopic('3', 'sdk-f'),
      qos: mqtt5.QoS.AtLeastOnce,
      payload: 'x',
    });
    expect(result?.reasonCode).toBe(mqtt5.PubackReasonCode.Success);
  });
});
