import type { IPublishPacket } from 'mqtt-packet';
import { RECEIVE_MAXIMUM } from './limits.ts';

/** Publications on their way to one subscriber. */
export interface Deliveries {
  /** Returns false when so many wait that the subscriber must be given up. */
  send(packet: Omit<IPublishPacket, 'cmd' | 'dup' | 'retain' | 'messageId'>): boolean;
  acknowledged(messageId: number): void;
}

const MAX_WAITING = 1000;

/** QoS 1 waits while the client has as many unacknowledged as it takes; nothing is sent twice on one connection. */
export const deliveries = (write: (packet: IPublishPacket) => void, receiveMaximum: number): Deliveries => {
  const window = Math.min(receiveMaximum, RECEIVE_MAXIMUM);
  const inFlight = new Set<number>();
  const waiting: IPublishPacket[] = [];
  let lastId = 0;

  const pump = () => {
    while (waiting.length > 0 && inFlight.size < window) {
      do lastId = lastId === 65_535 ? 1 : lastId + 1;
      while (inFlight.has(lastId));
      inFlight.add(lastId);
      write({ ...waiting.shift()!, messageId: lastId });
    }
  };

  return {
    send: (packet) => {
      const whole: IPublishPacket = { ...packet, cmd: 'publish', dup: false, retain: false };
      if (whole.qos === 0) {
        write(whole);
        return true;
      }
      if (waiting.length >= MAX_WAITING) return false;
      waiting.push(whole);
      pump();
      return true;
    },
    acknowledged: (messageId) => {
      if (inFlight.delete(messageId)) pump();
    },
  };
};
