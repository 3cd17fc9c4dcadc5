/** Answers QoS 1 publications in the order in which they came (MQTT 4.6), whatever order their actions end in. */
export interface Acknowledgements {
  /** Publications not yet acknowledged. */
  count(): number;
  /** Takes a publication; the returned function says that it is done. */
  expect(messageId: number): () => void;
}

interface Pending {
  readonly messageId: number;
  done: boolean;
}

const PUBACK = 0x40;

/** `write` gets whole PUBACK packets (success, the same four bytes in MQTT 3.1.1 and 5), several at once when it can. */
export const acknowledgements = (write: (packets: Buffer) => void): Acknowledgements => {
  const pending: Pending[] = [];
  let scheduled = false;

  const flush = () => {
    scheduled = false;
    let ready = 0;
    while (ready < pending.length && pending[ready]!.done) ready += 1;
    if (ready === 0) return;
    const packets = Buffer.allocUnsafe(4 * ready);
    for (const [i, { messageId }] of pending.splice(0, ready).entries()) {
      packets.writeUInt16BE((PUBACK << 8) | 2, 4 * i);
      packets.writeUInt16BE(messageId, 4 * i + 2);
    }
    write(packets);
  };

  return {
    count: () => pending.length,
    expect: (messageId) => {
      const entry: Pending = { messageId, done: false };
      pending.push(entry);
      return () => {
        entry.done = true;
        // Actions that end in the same turn share a TLS record: one record an acknowledgement costs more than the rest.
        if (scheduled || pending[0] !== entry) return;
        scheduled = true;
        setImmediate(flush);
      };
    },
  };
};
