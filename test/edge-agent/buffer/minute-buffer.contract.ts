import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_COMPRESSED_BYTES } from '#core/contracts/measurement-message';
import type { BufferedMessage, MinuteBuffer } from '../../../edge-agent/buffer/minute-buffer.ts';
import { decode } from '../../../edge-agent/message/encode.ts';
import { join } from '../../../edge-agent/message/facility-minutes.ts';
import { blockOf } from '../fakes.ts';

const START = 25_278_480;
const takeAll = (buffer: MinuteBuffer) => {
  const messages: BufferedMessage[] = [];
  for (let message = buffer.take(); message; message = buffer.take()) messages.push(message);
  return messages;
};

/** What every buffer has to do, whatever keeps its entries. `open` gives a new, empty one. */
export const minuteBufferContract = (open: (maxBytes?: number) => MinuteBuffer): void => {
  it('gives minutes back in the order in which they were put in', async () => {
    const buffer = open();
    for (let hour = 0; hour < 3; hour++) await buffer.append('s', blockOf(START + 60 * hour, 60));
    const messages = takeAll(buffer);
    expect(messages.map(({ start, minutes }) => [start - START, minutes])).toEqual([
      [0, 60],
      [60, 60],
      [120, 60],
    ]);
    expect(decode(messages[1]!.body)).toEqual(blockOf(START + 60, 60));
    await buffer.close();
  });

  it('sends single minutes that had to wait together, as many as fit: at most 60', async () => {
    const buffer = open();
    for (let i = 0; i < 130; i++) await buffer.append('s', blockOf(START + i, 1));
    const messages = takeAll(buffer);
    expect(messages.map(({ minutes }) => minutes)).toEqual([60, 60, 10]);
    expect(messages.flatMap(({ body }) => decode(body).sources[0]!.grossLoad)).toEqual(
      Array.from({ length: 130 }, (_, i) => START + i),
    );
    await buffer.close();
  });

  it('keeps messages under 96 KB', async () => {
    const buffer = open();
    const names = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}`);
    for (let i = 0; i < 60; i++) {
      const block = blockOf(START + i, 1, names('S', 20), names('c', 15));
      const sources = block.sources.map((s) => ({ ...s, readings: s.readings.map(() => Math.random()) }));
      await buffer.append('s', { ...block, sources });
    }
    const messages = takeAll(buffer);
    expect(messages.length).toBeGreaterThan(1);
    for (const { body } of messages) expect(body.length).toBeLessThan(MAX_COMPRESSED_BYTES);
    expect(join(messages.map(({ body }) => decode(body))).minutes).toBe(60);
    await buffer.close();
  });

  it('does not join minutes across a gap or with other channels', async () => {
    const buffer = open();
    await buffer.append('s', blockOf(START, 1));
    await buffer.append('s', blockOf(START + 2, 1));
    await buffer.append('s', blockOf(START + 3, 1, ['S1'], ['b', 'a']));
    expect(takeAll(buffer).map(({ start }) => start - START)).toEqual([0, 2, 3]);
    await buffer.close();
  });

  it('keeps what was taken until it is acknowledged, and only then lets go of it', async () => {
    const buffer = open();
    await buffer.append('s', blockOf(START, 60));
    const message = buffer.take()!;
    expect(buffer.pending().minutes).toBe(60);
    expect(buffer.take()).toBeUndefined();
    await buffer.acknowledge(message);
    expect(buffer.pending()).toEqual({ minutes: 0, bytes: 0 });
    await buffer.close();
  });

  it('lets go of exactly the minutes of the message, in whatever order messages are acknowledged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        async (sizes, seed) => {
          const buffer = open();
          let next = START;
          for (const size of sizes) {
            await buffer.append('s', blockOf(next, size));
            next += size;
          }
          const messages = takeAll(buffer);
          expect(messages.reduce((sum, { minutes }) => sum + minutes, 0)).toBe(next - START);
          let left = next - START;
          while (messages.length > 0) {
            const [message] = messages.splice(seed % messages.length, 1);
            await buffer.acknowledge(message!);
            left -= message!.minutes;
            expect(buffer.pending().minutes).toBe(left);
          }
          await buffer.close();
        },
      ),
      { numRuns: 20 },
    );
  });

  it('remembers for every source where it is to go on, also when all is acknowledged', async () => {
    const buffer = open();
    expect(buffer.resumeAt('s')).toBeUndefined();
    await buffer.append('s', blockOf(START, 60));
    await buffer.append('t', blockOf(START + 500, 5));
    await buffer.acknowledge(buffer.take()!);
    expect(buffer.resumeAt('s')).toBe(START + 60);
    expect(buffer.resumeAt('t')).toBe(START + 505);
    await buffer.close();
  });

  it('refuses minutes that it was given before', async () => {
    const buffer = open();
    await buffer.append('s', blockOf(START, 60));
    await expect(buffer.append('s', blockOf(START + 59, 1))).rejects.toThrow(/has to go on from 2018-01-23T13:00Z/);
    expect(buffer.pending().minutes).toBe(60);
    await buffer.close();
  });

  it('sets a message aside whole, with the reason, and goes on with the next', async () => {
    const buffer = open();
    await buffer.append('s', blockOf(START, 60));
    await buffer.append('s', blockOf(START + 60, 60));
    await buffer.setAside(buffer.take()!, 'reason code 153: too strange');
    expect([...buffer.aside()]).toEqual([{ start: START, minutes: 60, reason: 'reason code 153: too strange' }]);
    expect(buffer.pending().minutes).toBe(60);
    expect(buffer.take()!.start).toBe(START + 60);
    await buffer.close();
  });

  it('says when it is full, and when there is room again', async () => {
    const buffer = open(200);
    expect(buffer.hasRoom()).toBe(true);
    await buffer.append('s', blockOf(START, 60));
    expect(buffer.hasRoom()).toBe(false);
    await buffer.acknowledge(buffer.take()!);
    expect(buffer.hasRoom()).toBe(true);
    await buffer.close();
  });
};
