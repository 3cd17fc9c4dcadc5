import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import mqtt, { type IConnackPacket, type IConnectPacket, type Packet, type PacketCmd } from 'mqtt-packet';

/** A small MQTT client that does exactly what it is told, for protocol edges and for load. */
export interface RawClient {
  readonly connack: IConnackPacket;
  send(packet: Packet): void;
  sendBytes(bytes: Uint8Array): void;
  /** The next packet of this kind, among those that came and were not yet asked for. */
  receive(cmd: PacketCmd): Promise<Packet>;
  /**
   * Publishes with QoS 1 over MQTT 5, at most `window` unacknowledged; resolves when every one is acknowledged. Payloads are sent as
   * they are and packets are put together by hand, so that a load test measures the broker and not this client.
   */
  publishAll(topic: string, payloads: readonly Uint8Array[], window?: number): Promise<void>;
  /** Resolves when the connection is closed, by whichever side. */
  readonly closed: Promise<void>;
  end(): Promise<void>;
}

export interface RawClientOptions {
  readonly port: number;
  readonly caFile: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly clientId: string;
  readonly connect?: Partial<IConnectPacket>;
}

/** What stands before the payload in a PUBLISH packet of MQTT 5 with QoS 1 and no properties. */
export const publishFrame = (topic: string, messageId: number, payloadBytes: number): Buffer => {
  const name = Buffer.from(topic);
  let remaining = 2 + name.length + 2 + 1 + payloadBytes;
  const length: number[] = [];
  do {
    const more = remaining > 127;
    length.push((remaining % 128) | (more ? 128 : 0));
    remaining = Math.floor(remaining / 128);
  } while (remaining > 0);
  return Buffer.from([
    0x32,
    ...length,
    name.length >> 8,
    name.length & 255,
    ...name,
    messageId >> 8,
    messageId & 255,
    0,
  ]);
};

const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file));

/** Connects and waits for CONNACK, whatever it says; rejects when the connection ends before. */
export const connectRaw = async (options: RawClientOptions): Promise<RawClient> => {
  const { port, caFile, clientId } = options;
  const version = options.connect?.protocolVersion ?? 5;
  const socket = connect({
    host: '127.0.0.1',
    port,
    ca: read(caFile),
    cert: read(options.certificateFile),
    key: read(options.keyFile),
  });
  const arrived: Packet[] = [];
  const waiting: { cmd: PacketCmd; take: (packet: Packet) => void; fail: (error: Error) => void }[] = [];
  let acknowledged = (): void => undefined;
  let publishing = false;
  let failure = new Error('the connection was closed');
  let open = true;

  const parser = mqtt.parser({ protocolVersion: version });
  parser.on('packet', (packet) => {
    if (publishing && packet.cmd === 'puback') return acknowledged();
    const at = waiting.findIndex(({ cmd }) => cmd === packet.cmd);
    if (at < 0) arrived.push(packet);
    else waiting.splice(at, 1)[0]!.take(packet);
  });
  socket.on('data', (chunk) => parser.parse(chunk));
  socket.on('error', (error) => {
    failure = error;
  });
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      open = false;
      for (const { fail } of waiting.splice(0)) fail(failure);
      resolve();
    });
  });

  const send = (packet: Packet) => socket.write(mqtt.generate(packet, { protocolVersion: version }));
  const receive = (cmd: PacketCmd) =>
    new Promise<Packet>((take, fail) => {
      const at = arrived.findIndex((packet) => packet.cmd === cmd);
      if (at >= 0) take(arrived.splice(at, 1)[0]!);
      else if (open) waiting.push({ cmd, take, fail });
      else fail(failure);
    });

  const publishAll = (topic: string, payloads: readonly Uint8Array[], window = 100) =>
    new Promise<void>((resolve, reject) => {
      let sent = 0;
      let done = 0;
      const pump = () => {
        socket.cork();
        for (; sent < payloads.length && sent - done < window; sent++) {
          const payload = payloads[sent]!;
          socket.write(publishFrame(topic, (sent % 65_535) + 1, payload.length));
          socket.write(payload);
        }
        socket.uncork();
      };
      publishing = true;
      acknowledged = () => {
        done += 1;
        if (done === payloads.length) {
          publishing = false;
          resolve();
        } else pump();
      };
      void closed.then(() => reject(failure));
      pump();
    });

  socket.on('secureConnect', () =>
    send({
      cmd: 'connect',
      clientId,
      protocolId: 'MQTT',
      protocolVersion: version,
      clean: true,
      keepalive: 60,
      ...options.connect,
    }),
  );
  const connack = (await receive('connack')) as IConnackPacket;
  return {
    connack,
    send,
    sendBytes: (bytes) => void socket.write(bytes),
    receive,
    publishAll,
    closed,
    end: () => {
      socket.end();
      return closed;
    },
  };
};
