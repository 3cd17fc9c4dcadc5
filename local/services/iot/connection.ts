import type { Duplex } from 'node:stream';
import mqtt, { type IConnectPacket, type IPublishPacket, type Packet } from 'mqtt-packet';
import { type Acknowledgements, acknowledgements } from './acknowledgements.ts';
import { acceptance, connectProblem, keepAliveSeconds, refusal } from './connect.ts';
import type { IotCounters } from './counters.ts';
import { type Deliveries, deliveries } from './deliveries.ts';
import { RECEIVE_MAXIMUM } from './limits.ts';
import { packetReader } from './packet-reader.ts';
import type { Authorisation } from './policy.ts';
import { publishProblem, topicAliases } from './publish.ts';
import { forwardedProperties, willProperties } from './publish-properties.ts';
import { type Problem, REASON, type Reason } from './reason-codes.ts';
import { type Subscriptions, subscribeProblem, subscriptions } from './subscriptions.ts';

export interface Publication {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1;
  readonly properties: IPublishPacket['properties'];
  readonly publisher: string;
}

/** What a connection needs of the broker around it. */
export interface Surroundings {
  readonly counters: IotCounters;
  log(line: string): void;
  /** What the policies of this connection's certificate allow to a client of this id. */
  authorisationOf(clientId: string): Authorisation;
  /** The connection is accepted; an older one of the same client is closed. */
  connected(connection: Connection): void;
  disconnected(connection: Connection): void;
  /** Calls `done` once, when the message may be acknowledged. */
  publish(publication: Publication, from: Connection, done: () => void): void;
}

export interface Connection {
  readonly clientId: string;
  /** Sends a publication if the client has subscribed to its topic and may receive it. */
  deliver(publication: Publication, levels: readonly string[]): void;
  /** Ends the connection, in MQTT 5 with a DISCONNECT packet that says why. */
  close(reason: Reason, explanation: string): void;
  /** Ends a connection that has been silent for one and a half times its keep alive (MQTT 3.1.2.10). */
  expire(now: number): void;
}

const CONNECT_WITHIN = 10_000;
/** A subscriber that reads this slowly loses QoS 0 messages. */
const MAX_UNREAD = 4 * 1024 * 1024;
const UNKNOWN_CLIENT = '(not connected)';

/**
 * Speaks MQTT 5 or 3.1.1 with one client as AWS IoT Core does. Left out, and said so in CONNACK: sessions that outlive
 * their connection (a client subscribes again), retained messages, QoS 2, shared subscriptions. Not enforced: the limits
 * per second of AWS, because a replay on one machine has to be faster than a plant.
 */
export const serveConnection = (socket: Duplex, broker: Surroundings): Connection => {
  const { counters, log } = broker;
  const opened = Date.now();
  const resolveTopic = topicAliases();
  let state: 'opening' | 'open' | 'closed' = 'opening';
  let version: 4 | 5 = 4;
  let clientId = UNKNOWN_CLIENT;
  let keepAlive = 0;
  let lastSeen = opened;
  let underWay = 0;
  let will: IConnectPacket['will'];
  let allows: Authorisation = () => false;
  let outgoing: Deliveries | undefined;
  let largestToClient = Number.POSITIVE_INFINITY;

  const send = (packet: Packet) => {
    if (socket.writable) socket.write(mqtt.generate(packet, { protocolVersion: version }));
  };
  const acks: Acknowledgements = acknowledgements((packets) => {
    if (socket.writable) socket.write(packets);
  });
  const subscribed: Subscriptions = subscriptions((action, resource) => allows(action, resource));

  const end = () => {
    state = 'closed';
    socket.end();
    // A socket that is held back would not see its own end.
    socket.resume();
    // A client that does not close its side must not hold the connection open.
    setTimeout(() => socket.destroy(), 1000).unref();
  };

  const close = (reason: Reason, explanation: string) => {
    if (state === 'closed') return;
    log(`iot: client ${clientId} disconnected: ${explanation}`);
    if (state === 'open' && version === 5)
      send({ cmd: 'disconnect', reasonCode: reason, properties: { reasonString: explanation } });
    end();
  };

  const onConnect = (packet: IConnectPacket) => {
    if (packet.protocolVersion === 3) return close(REASON.protocolError, 'MQTT 3.1 is not supported, only 3.1.1 and 5');
    version = packet.protocolVersion === 5 ? 5 : 4;
    allows = broker.authorisationOf(packet.clientId);
    const problem = connectProblem(packet, allows);
    if (problem) {
      counters.connectRefused += 1;
      log(`iot: connection refused: ${problem[1]}`);
      send(refusal(...problem));
      return end();
    }
    clientId = packet.clientId;
    keepAlive = keepAliveSeconds(packet.keepalive ?? 0);
    will = packet.will;
    largestToClient = packet.properties?.maximumPacketSize ?? largestToClient;
    outgoing = deliveries(sendPublication, packet.properties?.receiveMaximum ?? 65_535);
    state = 'open';
    counters.connectSuccess += 1;
    broker.connected(connection);
    send(acceptance(packet));
  };

  const sendPublication = (packet: IPublishPacket) => {
    const bytes = mqtt.generate(packet, { protocolVersion: version });
    const unread = packet.qos === 0 && socket.writableLength > MAX_UNREAD;
    // MQTT 5, 3.1.2.11.4: what is larger than the client takes is dropped as if it had been sent.
    if (unread || bytes.length > largestToClient) {
      counters.publishOutDropped += 1;
      if (packet.messageId !== undefined) outgoing?.acknowledged(packet.messageId);
      return;
    }
    counters.publishOut += 1;
    if (socket.writable) socket.write(bytes);
  };

  const windowProblem = ({ qos }: IPublishPacket): Problem | undefined =>
    version === 5 && qos === 1 && acks.count() >= RECEIVE_MAXIMUM
      ? [REASON.receiveMaximumExceeded, `at most ${RECEIVE_MAXIMUM} publications may be unacknowledged`]
      : undefined;

  const finished = () => {
    underWay -= 1;
    if (underWay < RECEIVE_MAXIMUM && socket.isPaused()) socket.resume();
  };

  const onPublish = (packet: IPublishPacket) => {
    counters.publishIn += 1;
    const topic = resolveTopic(packet);
    const problem = publishProblem(packet, topic) ?? windowProblem(packet);
    if (problem) {
      counters.publishRefused += 1;
      return close(...problem);
    }
    const qos = packet.qos === 1 ? 1 : 0;
    if (!allows('iot:Publish', `topic/${topic}`)) {
      counters.publishAuthError += 1;
      if (qos === 1 && version === 5)
        send({ cmd: 'puback', messageId: packet.messageId!, reasonCode: REASON.notAuthorised });
      return close(REASON.notAuthorised, `no policy allows iot:Publish to ${topic}`);
    }
    const publication: Publication = {
      topic: topic!,
      payload: packet.payload as Buffer,
      qos,
      properties: packet.properties,
      publisher: clientId,
    };
    // Neither QoS 0 nor MQTT 3.1.1 has a window of its own: the socket is the window.
    underWay += 1;
    if (underWay >= RECEIVE_MAXIMUM) socket.pause();
    if (qos === 0) return broker.publish(publication, connection, finished);
    const acknowledge = acks.expect(packet.messageId!);
    broker.publish(publication, connection, () => {
      acknowledge();
      finished();
    });
  };

  const onPacket = (packet: Packet) => {
    if (state === 'closed') return;
    if (state === 'opening') {
      if (packet.cmd === 'connect') return onConnect(packet);
      return close(REASON.protocolError, `the first packet is ${packet.cmd}, not connect`);
    }
    switch (packet.cmd) {
      case 'publish':
        return onPublish(packet);
      case 'puback':
        return outgoing?.acknowledged(packet.messageId!);
      case 'pingreq':
        return send({ cmd: 'pingresp' });
      case 'subscribe': {
        const problem = subscribeProblem(packet);
        if (problem) return close(...problem);
        const answer = subscribed.subscribe(packet, version);
        counters.subscribeRefused += answer.granted.filter((code) => Number(code) >= 0x80).length;
        return send(answer);
      }
      case 'unsubscribe':
        return send(subscribed.unsubscribe(packet));
      case 'disconnect':
        // 0x04: "disconnect with will message".
        if (packet.reasonCode !== 0x04) will = undefined;
        return end();
      default:
        return close(REASON.protocolError, `a client does not send ${packet.cmd} here`);
    }
  };

  const read = packetReader();
  socket.on('data', (chunk: Buffer) => {
    if (state === 'closed') return;
    lastSeen = Date.now();
    const { packets, problem } = read(chunk);
    for (const packet of packets) onPacket(packet);
    if (problem) close(...problem);
  });
  // 'close' follows, and there is nothing to do before it: a device that loses its link resets the connection.
  socket.on('error', (error: Error) => log(`iot: connection of client ${clientId}: ${error.message}`));
  socket.on('close', () => {
    state = 'closed';
    broker.disconnected(connection);
    if (!will) return;
    const publication: Publication = {
      topic: will.topic,
      payload: Buffer.from(will.payload),
      qos: will.qos === 1 ? 1 : 0,
      properties: willProperties(will),
      publisher: clientId,
    };
    broker.publish(publication, connection, () => undefined);
  });

  const connection: Connection = {
    get clientId() {
      return clientId;
    },
    deliver: ({ topic, payload, qos, properties, publisher }, levels) => {
      if (state !== 'open') return;
      const granted = subscribed.match(levels, publisher === clientId);
      if (granted === undefined || !allows('iot:Receive', `topic/${topic}`)) return;
      const sent = outgoing!.send({
        topic,
        payload,
        qos: qos < granted ? qos : granted,
        properties: forwardedProperties(properties),
      });
      if (!sent) close(REASON.quotaExceeded, 'too many publications wait for an acknowledgement');
    },
    close,
    expire: (now) => {
      if (state === 'opening' && now - opened > CONNECT_WITHIN)
        close(REASON.keepAliveTimeout, `no CONNECT within ${CONNECT_WITHIN / 1000} s`);
      // While the broker itself holds the socket back it cannot see what the client sends.
      if (state === 'open' && !socket.isPaused() && now - lastSeen > keepAlive * 1500)
        close(REASON.keepAliveTimeout, `silent for ${Math.round((now - lastSeen) / 1000)} s`);
    },
  };
  return connection;
};
