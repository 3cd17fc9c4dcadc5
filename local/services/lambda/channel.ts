import type { Duplex } from 'node:stream';

const LENGTHS = 8;

/**
 * One message between the local cloud and a function instance: two lengths (4 bytes each), a JSON header, a text.
 * The text (an event of up to 6 MB) is not parsed or escaped on its way.
 */
export const send = (channel: Duplex, header: object, text = ''): void => {
  const head = Buffer.from(JSON.stringify(header));
  const body = Buffer.from(text);
  const lengths = Buffer.alloc(LENGTHS);
  lengths.writeUInt32LE(head.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  channel.cork();
  channel.write(lengths);
  channel.write(head);
  channel.write(body);
  channel.uncork();
};

export const receive = (channel: Duplex, take: (header: unknown, text: string) => void): void => {
  let chunks: Buffer[] = [];
  let held = 0;
  let wanted = LENGTHS;
  channel.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    held += chunk.length;
    while (held >= wanted) {
      const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, held);
      chunks = [bytes];
      const head = bytes.readUInt32LE(0);
      const end = LENGTHS + head + bytes.readUInt32LE(4);
      wanted = end;
      if (held < end) return;
      chunks = held > end ? [bytes.subarray(end)] : [];
      held -= end;
      wanted = LENGTHS;
      take(JSON.parse(bytes.toString('utf8', LENGTHS, LENGTHS + head)), bytes.toString('utf8', LENGTHS + head, end));
    }
  });
};
