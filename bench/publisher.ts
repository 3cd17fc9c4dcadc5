// A process that publishes prepared messages over one TLS connection a facility, as many edge agents would.
// It is started by other benchmarks, which leave its CPU out of the figures.
import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { generate, parser } from 'mqtt-packet';
import { messages } from './workload.ts';

export interface Device {
  readonly facility: string;
  readonly thing: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface Order {
  readonly host: string;
  readonly port: number;
  readonly caFile: string;
  readonly ruleName: string;
  readonly devices: readonly Device[];
  readonly minutes: number;
  /** First minute of the messages, milliseconds since 1970. */
  readonly start: number;
  /** A last message without sources, which closes the hour. */
  readonly closing?: { readonly start: string };
  /**
   * A facility's messages a minute apart and the facilities spread over the minute, as live agents send; what would be
   * sent later than this is not. Without it everything is sent as fast as it is acknowledged.
   */
  readonly live?: { readonly forMs: number };
}

/** What a live publisher says of each message when it has sent it. */
export interface Published {
  readonly facility: string;
  /** Which of the facility's messages, from 0. */
  readonly message: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Publishes in flight on a connection; IoT Core takes 100. */
const WINDOW = 20;
const MINUTE_MS = 60_000;
/** All connections are open by then. */
const CONNECTED_AFTER_MS = 3000;

const publishAll = async (order: Order, payloads: ReadonlyMap<string, readonly Buffer[]>): Promise<void> => {
  const begin = Date.now() + CONNECTED_AFTER_MS;
  await Promise.all(
    order.devices.map((device, i) => {
      const own = payloads.get(device.facility)!;
      if (!order.live) return publishOne(order, device, own);
      const { forMs } = order.live;
      // 77 has no divisor in common with 200: neighbours are far apart, and no two at the same time.
      const phase = (((i * 77) % order.devices.length) / order.devices.length) * MINUTE_MS;
      const times = own.map((_, message) => phase + message * MINUTE_MS).filter((time) => time < forMs);
      return publishOne(order, device, own.slice(0, times.length), (message) => begin + times[message]!);
    }),
  );
};

/** @param due when a message is to be sent, milliseconds since 1970. Without it: as soon as there is room for it */
const publishOne = (
  { host, port, caFile, ruleName }: Order,
  device: Device,
  payloads: readonly Buffer[],
  due?: (message: number) => number,
) =>
  new Promise<void>((resolve, reject) => {
    const topic = `$aws/rules/${ruleName}/emissionwatch/v1/${device.facility}/${device.thing}/minutes`;
    const socket: TLSSocket = connect({
      host,
      port,
      ca: readFileSync(caFile),
      cert: readFileSync(device.certificateFile),
      key: readFileSync(device.keyFile),
    });
    const read = parser({ protocolVersion: 5 });
    let sent = 0;
    let acknowledged = 0;
    const send = () => {
      if (due) sendAt(due(sent));
      else while (sent < payloads.length && sent - acknowledged < WINDOW) sendNext();
    };
    const sendAt = (time: number) =>
      setTimeout(() => {
        process.send!({ facility: device.facility, message: sent, at: Date.now() } satisfies Published);
        sendNext();
      }, time - Date.now());
    const sendNext = () => {
      const payload = payloads[sent++]!;
      const packet = {
        cmd: 'publish',
        topic,
        payload,
        qos: 1,
        dup: false,
        retain: false,
        messageId: (sent % 65_535) + 1,
      } as const;
      socket.write(generate(packet, { protocolVersion: 5 }));
    };
    read.on('packet', (packet) => {
      if (packet.cmd === 'connack') {
        if (packet.reasonCode !== 0) reject(new Error(`${device.thing} refused: reason ${packet.reasonCode}`));
        send();
      } else if (packet.cmd === 'puback') {
        acknowledged++;
        if (acknowledged === payloads.length) {
          socket.end(generate({ cmd: 'disconnect', reasonCode: 0 }, { protocolVersion: 5 }));
          resolve();
        } else send();
      }
    });
    socket.on('data', (data) => read.parse(data));
    socket.on('error', reject);
    socket.on('close', () => {
      if (acknowledged < payloads.length)
        reject(new Error(`${device.thing} lost its connection after ${acknowledged} messages`));
    });
    socket.on('secureConnect', () =>
      socket.write(
        generate({
          cmd: 'connect',
          clientId: device.thing,
          protocolId: 'MQTT',
          protocolVersion: 5,
          clean: true,
          keepalive: 60,
        }),
      ),
    );
  });

process.once('message', (order: Order) => {
  const payloads = new Map<string, Buffer[]>(order.devices.map(({ facility }) => [facility, []]));
  for (const { facility, json } of messages(order.devices.length, order.minutes, order.start))
    payloads.get(facility)!.push(gzipSync(json));
  if (order.closing) {
    const closing = JSON.stringify({ v: 1, start: order.closing.start, minutes: 1, channels: [], sources: [] });
    for (const list of payloads.values()) list.push(gzipSync(closing));
  }
  process.once('message', () => {
    publishAll(order, payloads).then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.send!('ready');
});
