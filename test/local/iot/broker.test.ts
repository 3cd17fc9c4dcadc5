import { readFileSync } from 'node:fs';
import type { IConnackPacket, IDisconnectPacket, IPubackPacket, IPublishPacket, ISubackPacket } from 'mqtt-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REASON } from '../../../local/services/iot/reason-codes.ts';
import { allowAll, ingestTopic, startTestIot, type TestIot } from './local-iot.ts';
import { connectRaw, publishFrame, type RawClient } from './raw-client.ts';

let iot: TestIot;
beforeAll(async () => {
  iot = await startTestIot();
});
afterAll(() => iot.dispose());

const publish = (client: RawClient, topic: string, change: Partial<IPublishPacket> = {}) =>
  client.send({
    cmd: 'publish',
    topic,
    payload: Buffer.from('x'),
    qos: 1,
    messageId: 1,
    dup: false,
    retain: false,
    ...change,
  });

const endedWith = async (client: RawClient) => {
  const { reasonCode } = (await client.receive('disconnect')) as IDisconnectPacket;
  await client.closed;
  return reasonCode;
};

const puback = async (client: RawClient) => (await client.receive('puback')) as IPubackPacket;

describe('CONNECT', () => {
  it('is answered with the limits of AWS IoT Core, and with no for what the broker does not keep', async () => {
    const { connack } = await iot.device('limits', '1');
    expect(connack).toMatchObject({
      reasonCode: 0,
      sessionPresent: false,
      properties: {
        receiveMaximum: 100,
        maximumQoS: 1,
        retainAvailable: false,
        maximumPacketSize: 149_504,
        topicAliasMaximum: 8,
        wildcardSubscriptionAvailable: true,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: false,
      },
    });
    expect(connack.properties).not.toHaveProperty('serverKeepAlive');
  });

  it('with a keep alive outside 30 to 1200 s is told the one that counts', async () => {
    const keepAliveFor = async (keepalive: number) =>
      (await iot.device('keep-alive', '1', { connect: { keepalive } })).connack.properties?.serverKeepAlive;
    expect(await keepAliveFor(0)).toBe(1200);
    expect(await keepAliveFor(29)).toBe(30);
    expect(await keepAliveFor(30)).toBeUndefined();
    expect(await keepAliveFor(1200)).toBeUndefined();
    expect(await keepAliveFor(1201)).toBe(1200);
  });

  it('with a session that should outlive the connection is told that it does not', async () => {
    const { connack } = await iot.device('session', '1', {
      connect: { clean: false, properties: { sessionExpiryInterval: 3600 } },
    });
    expect(connack.sessionPresent).toBe(false);
    expect(connack.properties?.sessionExpiryInterval).toBe(0);
  });

  it('as another thing is not authorised', async () => {
    const { connack, closed } = await iot.device('mine', '1', { clientId: 'yours' });
    expect(connack.reasonCode).toBe(REASON.notAuthorised);
    await closed;
  });

  it('as another thing is not authorised in MQTT 3.1.1 either', async () => {
    const { connack, closed } = await iot.device('mine', '1', { clientId: 'yours', connect: { protocolVersion: 4 } });
    expect((connack as IConnackPacket).returnCode).toBe(5);
    await closed;
  });

  it('with an empty client id is refused', async () => {
    const { connack } = await iot.device('nameless', '1', { clientId: '' });
    expect(connack.reasonCode).toBe(REASON.clientIdNotValid);
  });

  it('with a will that its policy does not allow is refused', async () => {
    const will = {
      topic: 'emissionwatch/v1/2/other/status',
      payload: Buffer.from('gone'),
      qos: 0,
      retain: false,
    } as const;
    const { connack } = await iot.device('will', '1', { connect: { will } });
    expect(connack.reasonCode).toBe(REASON.notAuthorised);
  });

  it('a second time with the same client id ends the first connection', async () => {
    const first = await iot.device('twin', '1');
    const second = await iot.device('twin', '1');
    expect(await endedWith(first)).toBe(REASON.sessionTakenOver);
    publish(second, ingestTopic('1', 'twin'));
    expect((await puback(second)).reasonCode).toBe(0);
  });

  it('works again after the device has lost its connection', async () => {
    const before = await iot.device('lost', '1');
    await before.end();
    const again = await iot.device('lost', '1');
    expect(again.connack.reasonCode).toBe(0);
  });

  it('must be the first packet', async () => {
    const refused = iot.device('impatient', '1', { connect: { cmd: 'pingreq' } as never });
    await expect(refused).rejects.toThrow();
  });

  it('twice on one connection is a protocol error', async () => {
    const client = await iot.device('twice', '1');
    client.send({
      cmd: 'connect',
      clientId: 'twice',
      protocolId: 'MQTT',
      protocolVersion: 5,
      clean: true,
      keepalive: 60,
    });
    expect(await endedWith(client)).toBe(REASON.protocolError);
  });
});

describe('certificates', () => {
  it('a client without certificate is refused', async () => {
    const { port, caFile } = iot;
    await expect(connectRaw({ port, caFile, clientId: 'nobody' })).rejects.toThrow();
  });

  it('a certificate of another CA is refused', async () => {
    const other = await startTestIot();
    try {
      const files = await other.registerDevice({ thing: 'foreign', facility: '1', policyName: 'device' });
      const { port, caFile } = iot;
      await expect(connectRaw({ port, caFile, clientId: 'foreign', ...files })).rejects.toThrow();
    } finally {
      await other.dispose();
    }
  });

  it('a deactivated certificate loses its connection and cannot connect again, until the device is registered anew', async () => {
    const client = await iot.device('retired', '1');
    const files = await iot.registerDevice({ thing: 'retired', facility: '1', policyName: 'device' });
    iot.deactivateDevice('retired');
    expect(await endedWith(client)).toBe(REASON.administrativeAction);
    const { port, caFile } = iot;
    await expect(connectRaw({ port, caFile, clientId: 'retired', ...files })).rejects.toThrow();
    const renewed = await iot.device('retired', '1');
    expect(renewed.connack.reasonCode).toBe(0);
  });
});

describe('a device', () => {
  it('has one certificate, however often it is registered at once', async () => {
    const files = await Promise.all(
      [1, 2, 3].map(() => iot.registerDevice({ thing: 'eager', facility: '1', policyName: 'device' })),
    );
    const certificates = files.map(({ certificateFile }) => readFileSync(certificateFile, 'utf8'));
    expect(new Set(certificates).size).toBe(1);
    expect((await iot.device('eager', '1')).connack.reasonCode).toBe(0);
  });

  it('that is not registered cannot be deactivated', () => {
    expect(() => iot.deactivateDevice('nobody')).toThrow('no thing named "nobody"');
  });
});

describe('PUBLISH', () => {
  it('for another facility is not authorised, and ends the connection', async () => {
    const client = await iot.device('stranger', '1');
    publish(client, ingestTopic('2', 'stranger'));
    expect((await puback(client)).reasonCode).toBe(REASON.notAuthorised);
    expect(await endedWith(client)).toBe(REASON.notAuthorised);
    expect(iot.records.some(({ data }) => data.thing === 'stranger')).toBe(false);
  });

  it('in the name of another thing of the same facility is not authorised', async () => {
    const client = await iot.device('one', '1');
    publish(client, ingestTopic('1', 'two'));
    expect(await endedWith(client)).toBe(REASON.notAuthorised);
  });

  it('without authorisation ends an MQTT 3.1.1 connection without a word', async () => {
    const client = await iot.device('old-stranger', '1', { connect: { protocolVersion: 4 } });
    publish(client, ingestTopic('2', 'old-stranger'));
    await client.closed;
    await expect(client.receive('puback')).rejects.toThrow();
  });

  it('of 128 KB is taken, and of one byte more ends the connection', async () => {
    const client = await iot.device('large', '1');
    publish(client, ingestTopic('1', 'large'), { payload: Buffer.alloc(131_072) });
    expect((await puback(client)).reasonCode).toBe(0);
    publish(client, ingestTopic('1', 'large'), { payload: Buffer.alloc(131_073) });
    expect(await endedWith(client)).toBe(REASON.packetTooLarge);
  });

  it('of a packet that claims megabytes ends the connection before they are there', async () => {
    const client = await iot.device('huge', '1');
    client.sendBytes(Buffer.concat([Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(149_505)]));
    expect(await endedWith(client)).toBe(REASON.packetTooLarge);
  });

  it.each([
    ['QoS 2', { qos: 2 }, REASON.qosNotSupported],
    ['the retain flag', { retain: true }, REASON.retainNotSupported],
    ['a wildcard in its topic', { topic: 'emissionwatch/v1/1/edges/#' }, REASON.topicNameInvalid],
    ['nine levels', { topic: 'emissionwatch/v1/1/edges/5/6/7/8/9' }, REASON.topicNameInvalid],
    ['a topic of 257 bytes', { topic: `emissionwatch/v1/1/edges/${'x'.repeat(232)}` }, REASON.topicNameInvalid],
    [
      'a reserved topic that no service answers',
      { topic: '$aws/events/presence/connected/edges' },
      REASON.topicNameInvalid,
    ],
    ['an alias that was never set', { topic: '', properties: { topicAlias: 3 } }, REASON.topicAliasInvalid],
    ['a ninth alias', { properties: { topicAlias: 9 } }, REASON.topicAliasInvalid],
  ] as const)('with %s ends the connection', async (_, change, reason) => {
    const client = await iot.device('edges', '1');
    publish(client, 'emissionwatch/v1/1/edges/minutes', change as Partial<IPublishPacket>);
    expect(await endedWith(client)).toBe(reason);
  });

  it('does not count the Basic Ingest prefix among its eight levels', async () => {
    const policy = 'deep';
    const deep = await startTestIot({ policies: [allowAll(policy)] });
    try {
      const files = await deep.registerDevice({ thing: 'deep', facility: '1', policyName: policy });
      const client = await connectRaw({ ...deep, ...files, clientId: 'deep' });
      publish(client, '$aws/rules/ingest/1/2/3/4/5/6/7/8');
      expect((await puback(client)).reasonCode).toBe(0);
      publish(client, '$aws/rules/ingest/1/2/3/4/5/6/7/8/9');
      expect(await endedWith(client)).toBe(REASON.topicNameInvalid);
    } finally {
      await deep.dispose();
    }
  });

  it('by a topic alias goes to the topic of the alias', async () => {
    const client = await iot.device('alias', '7');
    publish(client, ingestTopic('7', 'alias'), { properties: { topicAlias: 8 } });
    await puback(client);
    publish(client, '', { properties: { topicAlias: 8 }, messageId: 2 });
    await puback(client);
    expect(iot.records.filter(({ data }) => data.thing === 'alias')).toHaveLength(2);
  });

  it('with QoS 1 is acknowledged in the order of sending, whatever the order in which the stream answers', async () => {
    const answers: (() => void)[] = [];
    const slow = await startTestIot({ putRecord: () => new Promise((resolve) => answers.push(resolve)) });
    try {
      const client = await slow.device('order', '1');
      for (const messageId of [11, 12, 13]) publish(client, ingestTopic('1', 'order'), { messageId });
      await expect.poll(() => answers.length).toBe(3);
      answers[2]!();
      answers[1]!();
      answers[0]!();
      expect((await puback(client)).messageId).toBe(11);
      expect((await puback(client)).messageId).toBe(12);
      expect((await puback(client)).messageId).toBe(13);
    } finally {
      await slow.dispose();
    }
  });

  it('beyond 100 unacknowledged ends the connection', async () => {
    const answers: (() => void)[] = [];
    const slow = await startTestIot({ putRecord: () => new Promise((resolve) => answers.push(resolve)) });
    try {
      const client = await slow.device('window', '1');
      for (let i = 1; i <= 100; i++) publish(client, ingestTopic('1', 'window'), { messageId: i });
      await expect.poll(() => answers.length).toBe(100);
      for (const answer of answers) answer();
      for (let i = 1; i <= 100; i++) expect((await puback(client)).messageId).toBe(i);
      // In one write, so that the broker sees all of them before it can hold the socket back.
      const one = (id: number) => {
        const payload = Buffer.from('x');
        return Buffer.concat([publishFrame(ingestTopic('1', 'window'), id, payload.length), payload]);
      };
      client.sendBytes(Buffer.concat(Array.from({ length: 101 }, (_, i) => one(i + 1))));
      expect(await endedWith(client)).toBe(REASON.receiveMaximumExceeded);
      for (const answer of answers) answer();
    } finally {
      await slow.dispose();
    }
  });

  it('of a malformed packet ends the connection', async () => {
    const client = await iot.device('malformed', '1');
    client.sendBytes(Buffer.from([0x36, 0x01, 0x00]));
    expect(await endedWith(client)).toBe(REASON.malformedPacket);
  });
});

describe('SUBSCRIBE', () => {
  const subscribe = async (client: RawClient, ...topics: string[]) => {
    client.send({ cmd: 'subscribe', messageId: 9, subscriptions: topics.map((topic) => ({ topic, qos: 1 })) });
    return ((await client.receive('suback')) as ISubackPacket).granted;
  };

  it('to the topics of another thing is not authorised; the connection stays', async () => {
    const client = await iot.device('ears', '1');
    const mine = 'emissionwatch/v1/1/ears/commands';
    expect(await subscribe(client, mine, 'emissionwatch/v1/1/other/commands', 'emissionwatch/v1/#', '#')).toEqual([
      1,
      REASON.notAuthorised,
      REASON.notAuthorised,
      REASON.notAuthorised,
    ]);
    client.send({ cmd: 'pingreq' });
    await client.receive('pingresp');
  });

  it('to Basic Ingest or to a shared subscription is refused', async () => {
    const client = await iot.device('ears', '1');
    expect(await subscribe(client, '$aws/rules/ingest/#', '$share/g/a')).toEqual([
      REASON.topicFilterInvalid,
      REASON.sharedSubscriptionsNotSupported,
    ]);
  });

  it('with more than eight filters in one packet ends the connection', async () => {
    const client = await iot.device('greedy', '1');
    const topics = Array.from({ length: 9 }, (_, i) => `emissionwatch/v1/1/greedy/${i}`);
    client.send({ cmd: 'subscribe', messageId: 9, subscriptions: topics.map((topic) => ({ topic, qos: 1 })) });
    expect(await endedWith(client)).toBe(REASON.quotaExceeded);
  });

  it('delivers what matches + and #, with the lower of both QoS, until UNSUBSCRIBE', async () => {
    const client = await iot.device('loop', '1');
    const base = 'emissionwatch/v1/1/loop';
    expect(await subscribe(client, `${base}/+/now`, `${base}/log/#`)).toEqual([1, 1]);
    publish(client, `${base}/command/now`, { qos: 0, payload: Buffer.from('a') });
    expect(await client.receive('publish')).toMatchObject({ topic: `${base}/command/now`, qos: 0 });
    publish(client, `${base}/command/later`, { messageId: 1 });
    publish(client, `${base}/log/x/y`, { messageId: 2, payload: Buffer.from('b') });
    const delivered = (await client.receive('publish')) as IPublishPacket;
    expect(delivered).toMatchObject({ topic: `${base}/log/x/y`, qos: 1, payload: Buffer.from('b') });
    client.send({ cmd: 'puback', messageId: delivered.messageId!, reasonCode: 0 });

    client.send({ cmd: 'unsubscribe', messageId: 5, unsubscriptions: [`${base}/log/#`, 'never'] });
    expect(await client.receive('unsuback')).toMatchObject({ granted: [0, 0x11] });
    publish(client, `${base}/log/z`, { messageId: 3 });
    publish(client, `${base}/last/now`, { messageId: 4 });
    expect(await client.receive('publish')).toMatchObject({ topic: `${base}/last/now` });
  });

  it('delivers a will when a device goes without DISCONNECT, and none when it says goodbye', async () => {
    const all = await startTestIot({ policies: [allowAll('device')] });
    try {
      const watcher = await all.device('watcher', '1');
      await subscribe(watcher, 'status/#');
      const will = (topic: string) => ({ topic, payload: Buffer.from('gone'), qos: 1, retain: false }) as const;
      const polite = await all.device('polite', '1', { connect: { will: will('status/polite') } });
      polite.send({ cmd: 'disconnect', reasonCode: 0 });
      await polite.closed;
      const abrupt = await all.device('abrupt', '1', { connect: { will: will('status/abrupt') } });
      await abrupt.end();
      expect(await watcher.receive('publish')).toMatchObject({ topic: 'status/abrupt' });
    } finally {
      await all.dispose();
    }
  });

  it('leaves at most as many publications unacknowledged as the client takes', async () => {
    const base = 'emissionwatch/v1/1/narrow';
    const client = await iot.device('narrow', '1', { connect: { properties: { receiveMaximum: 1 } } });
    await subscribe(client, `${base}/in`);
    publish(client, `${base}/in`, { messageId: 1, payload: Buffer.from('1') });
    publish(client, `${base}/in`, { messageId: 2, payload: Buffer.from('2') });
    await puback(client);
    await puback(client);
    const first = (await client.receive('publish')) as IPublishPacket;
    client.send({ cmd: 'pingreq' });
    await client.receive('pingresp');
    const second = client.receive('publish');
    client.send({ cmd: 'puback', messageId: first.messageId!, reasonCode: 0 });
    expect(await second).toMatchObject({ payload: Buffer.from('2') });
  });
});
