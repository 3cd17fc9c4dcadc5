import type { AddressInfo, Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { certificateId } from './certificates.ts';
import { type Connection, type Publication, serveConnection } from './connection.ts';
import type { IotCounters } from './counters.ts';
import type { ServerIdentity } from './key-files.ts';
import { authorise, type CompiledPolicy } from './policy.ts';
import { REASON } from './reason-codes.ts';
import type { DeviceIdentity, DeviceRegistry } from './registry.ts';
import type { ReservedRequest } from './reserved.ts';
import type { Rules } from './rules.ts';
import { BASIC_INGEST } from './topics.ts';

export interface Broker {
  readonly port: number;
  /** Publishes what does not come from a client. */
  publish(topic: string, payload: Buffer, qos: 0 | 1): void;
  /** Ends the connections that were made with these certificates. */
  disconnect(certificateIds: readonly string[]): void;
  /** Takes no more packets, waits for the actions under way and acknowledges them, then ends every connection; once. */
  stop(): Promise<void>;
}

export interface BrokerOptions {
  readonly identity: ServerIdentity;
  readonly registry: DeviceRegistry;
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
  readonly rules: Rules;
  /** `arn:aws:iot:REGION:ACCOUNT:` */
  readonly arnPrefix: string;
  readonly port: number;
  readonly counters: IotCounters;
  readonly losesMessages: () => boolean;
  /** Gets what is sent to the topics of services, instead of subscribers and rules. */
  readonly reserved: (request: ReservedRequest) => void;
  log(line: string): void;
}

const SWEEP = 1000;

const listenError = (error: NodeJS.ErrnoException, port: number): Error => {
  if (error.code === 'EADDRINUSE')
    return new Error(`port ${port} on 127.0.0.1 is in use: stop the other program or choose another port`);
  if (error.code === 'EACCES')
    return new Error(`no right to listen on port ${port}: choose a port above 1023 or run with that right`);
  return error;
};

/** The MQTT broker: TLS with a certificate from both sides, on loopback only. */
export const startBroker = async (options: BrokerOptions): Promise<Broker> => {
  const { identity, registry, policies, rules, arnPrefix, counters, log } = options;
  const open = new Map<Connection, { readonly socket: TLSSocket; readonly certificateId: string }>();
  const clients = new Map<string, Connection>();
  /** Also of connections that have ended, whose will is still to be published. */
  const certificates = new WeakMap<Connection, string>();
  let stopping = false;

  const deliver = (publication: Publication) => {
    const levels = publication.topic.split('/');
    for (const connection of clients.values()) connection.deliver(publication, levels);
  };

  const answerTo = (connection: Connection) => (topic: string, body: object) =>
    connection.deliver(fromCloud(topic, Buffer.from(JSON.stringify(body)), 1), topic.split('/'));

  const publish = (publication: Publication, from: Connection, done: () => void) => {
    // Not acknowledged, so a device sends it again; a will of a connection that the stop ends is not news.
    if (stopping) return;
    const { topic, publisher, payload } = publication;
    if (!topic.startsWith(BASIC_INGEST)) {
      if (topic.startsWith('$aws/')) {
        const certificateId = certificates.get(from)!;
        options.reserved({ topic, payload, from: { certificateId, clientId: publisher, answer: answerTo(from) } });
        return done();
      }
      deliver(publication);
    }
    if (options.losesMessages()) done();
    else rules.deliver(topic, publisher, payload, done);
  };

  const serve = (socket: TLSSocket, device: DeviceIdentity) => {
    const attached = device.policies.flatMap((name) => policies.get(name) ?? []);
    const connection = serveConnection(socket, {
      counters,
      log,
      publish,
      authorisationOf: (clientId) => authorise(attached, { clientId, thing: device.thing }, arnPrefix),
      connected: (next) => {
        const before = clients.get(next.clientId);
        clients.set(next.clientId, next);
        before?.close(REASON.sessionTakenOver, 'another connection has the same client id');
      },
      disconnected: (ended) => {
        open.delete(ended);
        if (clients.get(ended.clientId) === ended) clients.delete(ended.clientId);
        counters.connections = open.size;
      },
    });
    open.set(connection, { socket, certificateId: device.certificateId });
    certificates.set(connection, device.certificateId);
    counters.connections = open.size;
  };

  const server = createServer(
    {
      cert: identity.server.certificate,
      key: identity.server.key,
      ca: [identity.authority.certificate],
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    },
    (socket) => {
      // Acknowledgements are four bytes: waiting for more to send would hold each of them back.
      socket.setNoDelay(true);
      const certificate = socket.getPeerX509Certificate();
      const id = certificate && certificateId(certificate.fingerprint256);
      const device = id === undefined ? undefined : registry.identify(id);
      if (device && !stopping) return serve(socket, device);
      counters.connectRefused += 1;
      log(`iot: connection refused: certificate ${id} is unknown or inactive`);
      socket.on('error', () => undefined);
      socket.destroy();
    },
  );
  // Connections that have not finished their handshake: `server.close` would wait for them too.
  const accepted = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    accepted.add(socket);
    socket.once('close', () => accepted.delete(socket));
  });
  server.on('tlsClientError', (error) => {
    counters.connectRefused += 1;
    log(`iot: TLS connection refused: ${error.message}`);
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, options.port)));
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const sweep = setInterval(() => {
    const now = Date.now();
    for (const connection of open.keys()) connection.expire(now);
  }, SWEEP);

  const stop = async () => {
    stopping = true;
    clearInterval(sweep);
    const listening = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const { socket } of open.values()) socket.pause();
    await rules.drained();
    // The acknowledgements of the last actions are written in the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    const sockets = [...open.values()].map(({ socket }) => socket);
    const ended = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const connection of open.keys()) connection.close(REASON.serverShuttingDown, 'the local cloud stops');
    const force = setTimeout(() => {
      for (const socket of [...sockets, ...accepted]) socket.destroy();
    }, 500);
    await Promise.all([listening, ...ended]);
    clearTimeout(force);
  };
  let stopped: Promise<void> | undefined;

  return {
    port: (server.address() as AddressInfo).port,
    publish: (topic, payload, qos) => {
      if (stopping) return;
      const publication = fromCloud(topic, payload, qos);
      deliver(publication);
      rules.deliver(topic, publication.publisher, payload, () => undefined);
    },
    disconnect: (certificateIds) => {
      for (const [connection, { certificateId }] of open)
        if (certificateIds.includes(certificateId))
          connection.close(
            REASON.administrativeAction,
            'the certificate is no longer active, or no longer that of the thing',
          );
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
};

const fromCloud = (topic: string, payload: Buffer, qos: 0 | 1): Publication => ({
  topic,
  payload,
  qos,
  properties: undefined,
  publisher: '',
});
