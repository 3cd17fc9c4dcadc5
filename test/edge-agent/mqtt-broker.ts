import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { generate, type IPublishPacket, type Packet, parser } from 'mqtt-packet';

export interface Received {
  readonly clientId: string;
  readonly topic: string;
  readonly payload: Buffer;
  readonly duplicate: boolean;
}

/** What the stand-in does with a publish: a PUBACK reason code, cut the connection instead, or never answer. */
export type Answer = number | 'cut' | 'never';

/** Who connects: the SHA-256 of its certificate, as AWS IoT names certificates, and the name it goes by. */
export interface Client {
  readonly certificateId: string;
  readonly clientId: string;
}

export interface BrokerOptions {
  /** Refused clients get reason code 0x87. All are admitted when left out. */
  readonly admits?: (client: Client) => boolean;
  /** Publishes to topics other than Basic Ingest: services of the cloud, acknowledged whatever they do. */
  readonly service?: (received: Received, client: Client) => void;
}

const NOT_AUTHORISED = 0x87;
const MINUTES = /^\$aws\/rules\//;

/** As far as the agent uses filters: `+` for the last level. */
const matches = (filter: string, topic: string) =>
  filter === topic || (filter.endsWith('/+') && topic.replace(/\/[^/]+$/, '/+') === filter);

/**
 * A stand-in for the MQTT 5 side of IoT Core: mutual TLS, CONNECT, PUBLISH with QoS 1, SUBSCRIBE, PING. Nothing else.
 * `answer` decides the fate of every message of minutes.
 */
export const startBroker = async (
  tls: { readonly ca: string; readonly server: { readonly certificate: string; readonly key: string } },
  answer: (received: Received, count: number) => Answer,
  { admits = () => true, service = () => {} }: BrokerOptions = {},
) => {
  const received: Received[] = [];
  const connected: Client[] = [];
  const sockets = new Set<TLSSocket>();
  const online = new Map<string, { socket: TLSSocket; filters: Set<string>; send: (packet: Packet) => void }>();
  let reachable = true;
  let messageIds = 0;

  const serve = (socket: TLSSocket) => {
    sockets.add(socket);
    const filters = new Set<string>();
    const version = { protocolVersion: 5 };
    const send = (packet: Packet) => void socket.write(generate(packet, version));
    const incoming = parser(version);
    const certificateId = socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase();
    let client: Client = { certificateId, clientId: '' };
    socket
      .on('close', () => {
        sockets.delete(socket);
        if (online.get(client.clientId)?.socket === socket) online.delete(client.clientId);
      })
      .on('error', () => socket.destroy());
    if (!reachable) socket.destroy();
    incoming.on('packet', (packet: Packet) => {
      if (packet.cmd === 'connect') {
        client = { certificateId, clientId: packet.clientId };
        if (!admits(client)) {
          send({ cmd: 'connack', reasonCode: NOT_AUTHORISED, sessionPresent: false });
          socket.end();
          return;
        }
        // The same name again: the earlier connection is cut off.
        online.get(client.clientId)?.socket.destroy();
        online.set(client.clientId, { socket, filters, send });
        connected.push(client);
        send({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties: { maximumPacketSize: 131_072 } });
      } else if (packet.cmd === 'pingreq') send({ cmd: 'pingresp' });
      else if (packet.cmd === 'disconnect') socket.end();
      else if (packet.cmd === 'subscribe') {
        for (const { topic } of packet.subscriptions) filters.add(topic);
        send({ cmd: 'suback', messageId: packet.messageId!, granted: packet.subscriptions.map(() => 1) });
      } else if (packet.cmd === 'unsubscribe') {
        for (const topic of packet.unsubscriptions) filters.delete(topic);
        send({ cmd: 'unsuback', messageId: packet.messageId!, granted: packet.unsubscriptions.map(() => 0) });
      } else if (packet.cmd === 'publish') {
        const { topic, payload, dup, messageId } = packet as IPublishPacket;
        const one = { clientId: client.clientId, topic, payload: Buffer.from(payload), duplicate: dup };
        if (!MINUTES.test(topic)) {
          send({ cmd: 'puback', messageId: messageId!, reasonCode: 0 });
          service(one, client);
          return;
        }
        received.push(one);
        const fate = answer(one, received.length);
        if (fate === 'cut') socket.destroy();
        else if (fate !== 'never') send({ cmd: 'puback', messageId: messageId!, reasonCode: fate });
      }
    });
    socket.on('data', (chunk) => incoming.parse(chunk));
  };
  const server = createServer(
    { ca: tls.ca, cert: tls.server.certificate, key: tls.server.key, requestCert: true, rejectUnauthorized: true },
    serve,
  );
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    received,
    /** Every connection that was made, in order. */
    connected,
    /** Gives a message to a client that has subscribed to its topic; false when there is none. */
    publish(clientId: string, topic: string, payload: string): boolean {
      const client = online.get(clientId);
      if (!client || ![...client.filters].some((filter) => matches(filter, topic))) return false;
      messageIds = (messageIds % 65_535) + 1;
      client.send({ cmd: 'publish', topic, payload, qos: 1, dup: false, retain: false, messageId: messageIds });
      return true;
    },
    /** Takes the network away, or gives it back. */
    setReachable(yes: boolean) {
      reachable = yes;
      if (!yes) cutAll();
    },
    async stop() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export type Broker = Awaited<ReturnType<typeof startBroker>>;
