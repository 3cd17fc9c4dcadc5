import { Duplex } from 'node:stream';
import fc from 'fast-check';
import mqtt, { type IConnectPacket, type Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { type Connection, serveConnection } from '../../../local/services/iot/connection.ts';
import { newCounters } from '../../../local/services/iot/counters.ts';
import { REASON } from '../../../local/services/iot/reason-codes.ts';

/** A connection over a socket that is a list, of a broker that allows everything. */
const connection = () => {
  const sent: Packet[] = [];
  const parser = mqtt.parser({ protocolVersion: 5 });
  parser.on('packet', (packet) => sent.push(packet));
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      parser.parse(chunk);
      done();
    },
  });
  const pending: (() => void)[] = [];
  const served: Connection = serveConnection(socket, {
    counters: newCounters(),
    log: () => undefined,
    authorisationOf: () => () => true,
    connected: () => undefined,
    disconnected: () => undefined,
    publish: (publication, _from, done) => {
      pending.push(done);
      served.deliver(publication, publication.topic.split('/'));
    },
  });
  const receive = (packet: Packet) => socket.emit('data', mqtt.generate(packet, { protocolVersion: 5 }));
  const receiveBytes = (bytes: Uint8Array) => socket.emit('data', Buffer.from(bytes));
  return { served, socket, sent, pending, receive, receiveBytes };
};

const connectWith = (keepalive: number): Packet => ({
  cmd: 'connect',
  clientId: 'c',
  protocolId: 'MQTT',
  protocolVersion: 5,
  clean: true,
  keepalive,
});
const reasons = (sent: readonly Packet[]) =>
  sent.flatMap((packet) => (packet.cmd === 'disconnect' ? [packet.reasonCode] : []));

describe('a silent client', () => {
  it('is disconnected after one and a half times its keep alive, and not before', () => {
    const { served, sent, receive } = connection();
    receive(connectWith(60));
    const now = Date.now();
    served.expire(now + 89_000);
    expect(reasons(sent)).toEqual([]);
    served.expire(now + 91_000);
    expect(reasons(sent)).toEqual([REASON.keepAliveTimeout]);
  });

  it('is given 30 s when it asks for less, and 1200 s when it asks for no keep alive', () => {
    const impatient = connection();
    impatient.receive(connectWith(1));
    impatient.served.expire(Date.now() + 44_000);
    expect(reasons(impatient.sent)).toEqual([]);
    const endless = connection();
    endless.receive(connectWith(0));
    endless.served.expire(Date.now() + 1_799_000);
    expect(reasons(endless.sent)).toEqual([]);
    endless.served.expire(Date.now() + 1_801_000);
    expect(reasons(endless.sent)).toEqual([REASON.keepAliveTimeout]);
  });

  it('that never sends CONNECT is closed after 10 s', () => {
    const { served, socket } = connection();
    served.expire(Date.now() + 9_000);
    expect(socket.writableEnded).toBe(false);
    served.expire(Date.now() + 11_000);
    expect(socket.writableEnded).toBe(true);
  });
});

describe('a client that sends faster than the stream takes', () => {
  it('is held back after 100 messages, and not taken for silent meanwhile', () => {
    const { served, socket, sent, pending, receive } = connection();
    receive(connectWith(30));
    for (let i = 0; i < 100; i++)
      receive({ cmd: 'publish', topic: 'a', payload: 'x', qos: 0, dup: false, retain: false });
    expect(socket.isPaused()).toBe(true);
    served.expire(Date.now() + 60_000);
    expect(reasons(sent)).toEqual([]);
    pending[0]!();
    expect(socket.isPaused()).toBe(false);
  });
});

describe('a client that sends nonsense', () => {
  const publication = mqtt.generate(
    {
      cmd: 'publish',
      topic: 'a/b',
      payload: 'x',
      qos: 1,
      messageId: 5,
      dup: false,
      retain: false,
      properties: { contentType: 'text', responseTopic: 'c', correlationData: Buffer.from('d'), topicAlias: 2 },
    },
    { protocolVersion: 5 },
  );
  const subscription = mqtt.generate(
    { cmd: 'subscribe', messageId: 6, subscriptions: [{ topic: 'a/#', qos: 1 }] },
    { protocolVersion: 5 },
  );
  const rich = mqtt.generate(
    {
      cmd: 'publish',
      topic: 'a/b',
      payload: 'x',
      qos: 0,
      dup: false,
      retain: false,
      properties: { payloadFormatIndicator: true, messageExpiryInterval: 9, userProperties: { k: ['v', 'w'], l: 'z' } },
    },
    { protocolVersion: 5 },
  );
  const connect = mqtt.generate({
    ...(connectWith(60) as IConnectPacket),
    will: { topic: 'w', payload: Buffer.from('gone'), qos: 1, retain: false, properties: { contentType: 'text' } },
    properties: { receiveMaximum: 3, maximumPacketSize: 900, sessionExpiryInterval: 5 },
  });
  const distorted = (packets: fc.Arbitrary<Buffer>) =>
    fc
      .tuple(packets, fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 }), fc.nat(70))
      .map(([packet, changes, length]) => {
        const bytes = Buffer.from(packet);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes.subarray(0, length);
      });
  const anyConnect = fc.oneof(fc.constant(connect), distorted(fc.constant(connect)));
  const anyPacket = distorted(fc.constantFrom(publication, subscription, rich));

  it('is answered or disconnected, and never brings the broker down', () => {
    fc.assert(
      fc.property(anyConnect, fc.array(anyPacket, { maxLength: 5 }), (first, packets) => {
        const { pending, socket, receiveBytes } = connection();
        receiveBytes(first);
        receiveBytes(subscription);
        for (const bytes of packets) receiveBytes(bytes);
        for (const done of pending) done();
        socket.emit('close');
      }),
      { numRuns: 1000 },
    );
  });

  it('without message id is disconnected', () => {
    const { sent, receive, receiveBytes } = connection();
    receive(connectWith(60));
    receiveBytes(Buffer.from([0x32, 0x06, 0, 1, 0x61, 0, 0, 0]));
    expect(reasons(sent)).toEqual([REASON.malformedPacket]);
  });

  it('loses nothing of what it sent in order before', () => {
    const { sent, pending, receive, receiveBytes } = connection();
    receive(connectWith(60));
    receiveBytes(Buffer.concat([publication, Buffer.from([0x36, 0])]));
    expect(pending).toHaveLength(1);
    expect(reasons(sent)).toEqual([REASON.malformedPacket]);
  });
});
