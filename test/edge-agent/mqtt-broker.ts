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

/**
 * A stand-in for the MQTT 5 side of IoT Core: mutual TLS, CONNECT, PUBLISH with QoS 1, PING. Nothing else.
 * `answer` decides the fate of every publish.
 */
export const startBroker = async (
  tls: { readonly ca: string; readonly server: { readonly certificate: string; readonly key: string } },
  answer: (received: Received, count: number) => Answer,
) => {
  const received: Received[] = [];
  const sockets = new Set<TLSSocket>();
  const serve = (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    const version = { protocolVersion: 5 };
    const send = (packet: Packet) => socket.write(generate(packet, version));
    const incoming = parser(version);
    let clientId = '';
    incoming.on('packet', (packet: Packet) => {
      if (packet.cmd === 'connect') {
        clientId = packet.clientId;
        send({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties: { maximumPacketSize: 131_072 } });
      } else if (packet.cmd === 'pingreq') send({ cmd: 'pingresp' });
      else if (packet.cmd === 'disconnect') socket.end();
      else if (packet.cmd === 'publish') {
        const { topic, payload, dup, messageId } = packet as IPublishPacket;
        const one = { clientId, topic, payload: Buffer.from(payload), duplicate: dup };
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
  return {
    port: (server.address() as AddressInfo).port,
    received,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
