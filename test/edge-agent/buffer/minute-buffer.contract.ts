import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_COMPRESSED_BYTES } from '#core/contracts/measurement-message';
import type { MinuteBuffer } from '../../../edge-agent/buffer/minute-buffer.ts';
import type { BufferedMessage } from '../../../edge-agent/buffer/taking.ts';
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

  it('gives a live minute out of turn, once, and the backlog around it in order', async () => {
    const buffer = open();
    for (let i = 0; i < 3; i++) await buffer.append('s', blockOf(START + 60 * i, 60));
    for (let i = 180; i < 183; i++) await buffer.append('s', blockOf(START + i, 1));
    const isLive = ({ start }: { readonly start: number }) => start === START + 181;
    const first = buffer.take(isLive)!;
    expect(buffer.nextLive(isLive)!.start).toBe(START + 181);
    const live = buffer.takeLive(isLive)!;
    expect([live.start - START, live.minutes]).toEqual([181, 1]);
    expect(buffer.takeLive(isLive)).toBeUndefined();
    const rest = takeAll(buffer);
    expect([first, ...rest].map(({ start, minutes }) => [start - START, minutes])).toEqual([
      [0, 60],
      [60, 60],
      [120, 60],
      [180, 1],
      [182, 1],
    ]);
    for (const message of [live, ...rest, first]) await buffer.acknowledge(message);
    expect(buffer.pending()).toEqual({ minutes: 0, bytes: 0 });
    expect(buffer.waitingFrom()).toBeUndefined();
    await buffer.close();
  });

  it('stops a backlog before a live minute that is not due yet', async () => {
    const buffer = open();
    for (let i = 0; i < 5; i++) await buffer.append('s', blockOf(START + i, 1));
    const isLive = ({ start }: { readonly start: number }) => start >= START + 3;
    expect(buffer.take(isLive)!.minutes).toBe(3);
    expect(buffer.take(isLive)).toBeUndefined();
    expect(buffer.take()!.start).toBe(START + 3);
    await buffer.close();
  });

  it('gives every minute once, whatever is live and in whatever order lanes are asked', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ minutes: fc.integer({ min: 1, max: 3 }), live: fc.boolean() }), { maxLength: 20 }),
        fc.array(fc.constantFrom('append', 'take', 'live', 'all'), { maxLength: 60 }),
        async (blocks, lanes) => {
          const buffer = open();
          const liveStarts = new Set<number>();
          const isLive = ({ start }: { readonly start: number }) => liveStarts.has(start);
          const given: number[] = [];
          const taken = (message: BufferedMessage | undefined) => {
            for (let i = 0; message && i < message.minutes; i++) given.push(message.start + i);
          };
          let next = START;
          const left = [...blocks];
          for (const lane of [...lanes, ...left.map(() => 'append' as const)]) {
            if (lane === 'take') taken(buffer.take(isLive));
            else if (lane === 'live') taken(buffer.takeLive(isLive));
            else if (lane === 'all') taken(buffer.take());
            else {
              const block = left.shift();
              if (!block) continue;
              if (block.live) liveStarts.add(next);
              await buffer.append('s', blockOf(next, block.minutes));
              next += block.minutes;
            }
          }
          for (const message of takeAll(buffer)) taken(message);
          expect(given.toSorted((a, b) => a - b)).toEqual(Array.from({ length: next - START }, (_, i) => START + i));
          await buffer.close();
        },
      ),
      { numRuns: 40 },
    );
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
