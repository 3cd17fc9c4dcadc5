import mqtt, { type Packet } from 'mqtt-packet';
import { MAX_PACKET } from './limits.ts';
import { type PublishProperties, unsoundProperty, willProperties } from './publish-properties.ts';
import { type Problem, REASON } from './reason-codes.ts';

export interface Read {
  /** The packets that are complete now, in order. */
  readonly packets: readonly Packet[];
  /** Why nothing more can be read from this connection; it holds after the packets. */
  readonly problem: Problem | undefined;
}

const withMessageId = new Set<Packet['cmd']>(['subscribe', 'unsubscribe', 'puback']);

const propertiesOf = (packet: Packet): PublishProperties | undefined => {
  if (packet.cmd === 'publish') return packet.properties;
  return packet.cmd === 'connect' && packet.will ? willProperties(packet.will) : undefined;
};

/** What the parser lets pass and MQTT forbids; undefined when the packet is whole. */
const missing = (packet: Packet): string | undefined => {
  const needsId = withMessageId.has(packet.cmd) || (packet.cmd === 'publish' && packet.qos > 0);
  // The parser gives -1 for a message id that is cut off; 0 is not one (MQTT 5, 2.2.1).
  if (needsId && !(packet.messageId !== undefined && packet.messageId > 0)) return 'message id';
  if (packet.cmd === 'subscribe' && packet.subscriptions.length === 0) return 'topic filter';
  if (packet.cmd === 'unsubscribe' && packet.unsubscriptions.length === 0) return 'topic filter';
  const unsound = unsoundProperty(propertiesOf(packet));
  return unsound === undefined ? undefined : `a sound property ${unsound}`;
};

/** Cuts the bytes of one connection into packets, however they arrive. */
export const packetReader = (): ((chunk: Buffer) => Read) => {
  const parser = mqtt.parser();
  let packets: Packet[] = [];
  let problem: Problem | undefined;
  const malformed = (reason: string) => {
    problem ??= [REASON.malformedPacket, `malformed packet: ${reason}`];
  };
  parser.on('packet', (packet) => {
    if (problem) return;
    const lack = missing(packet);
    if (lack === undefined) packets.push(packet);
    else malformed(`${packet.cmd} without ${lack}`);
  });
  parser.on('error', (error: Error) => malformed(error.message));
  return (chunk) => {
    packets = [];
    try {
      // What is left over belongs to one unfinished packet.
      const unfinished = parser.parse(chunk);
      if (unfinished > MAX_PACKET) problem ??= [REASON.packetTooLarge, `a packet has at most ${MAX_PACKET} bytes`];
    } catch (error) {
      // The parser reads past the end of a packet that is cut short.
      malformed((error as Error).message);
    }
    return { packets, problem };
  };
};
