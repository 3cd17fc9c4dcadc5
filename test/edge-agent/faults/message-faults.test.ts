import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOfMinute } from '#core/time';
import { copyOf, withMessageFaults } from '../../../edge-agent/faults/message-faults.ts';
import { type Fault, numbered } from '../../../edge-agent/faults/script.ts';
import { decode, encode } from '../../../edge-agent/message/encode.ts';
import type { FacilityMinutes } from '../../../edge-agent/message/facility-minutes.ts';
import type { Outgoing } from '../../../edge-agent/outgoing.ts';
import { blockOf, countMinutes, minuteSet } from '../fakes.ts';

const START = 25_278_480;
const at = (minute: number, minutes: number) => ({ from: textOfMinute(START + minute), minutes });

/** Sends everything; the answer tells which originals were acknowledged. */
const send = async (blocks: readonly FacilityMinutes[], faults: readonly Fault[], seed = 1) => {
  const acknowledged: number[] = [];
  async function* originals(): AsyncGenerator<Outgoing> {
    for (const message of blocks.flatMap(encode))
      yield {
        ...copyOf(message),
        async acknowledge() {
          acknowledged.push(message.start);
        },
      };
  }
  const sent: Outgoing[] = [];
  for await (const message of withMessageFaults(originals(), numbered(faults), seed)) sent.push(message);
  return { sent, blocks: sent.map(({ body }) => decode(body)), acknowledged };
};

const messages = (sizes: readonly number[]) => {
  let next = START;
  return sizes.map((size) => {
    next += size;
    return blockOf(next - size, size, ['A', 'B']);
  });
};
const minutes = (count: number) => messages(Array(count).fill(1));

const faultOf: fc.Arbitrary<Fault> = fc.oneof(
  fc
    .record({ from: fc.nat(200), length: fc.integer({ min: 1, max: 100 }), share: fc.constantFrom(0.3, 1) })
    .map(({ from, length, share }): Fault => ({ kind: 'duplicate', ...at(from, length), share })),
  fc
    .record({ from: fc.nat(200), length: fc.integer({ min: 1, max: 100 }), held: fc.integer({ min: 1, max: 150 }) })
    .map(({ from, length, held }): Fault => ({ kind: 'late', ...at(from, length), held, share: 0.5 })),
  fc
    .record({ from: fc.nat(200), length: fc.integer({ min: 1, max: 100 }), messages: fc.integer({ min: 2, max: 9 }) })
    .map(({ from, length, messages: size }): Fault => ({ kind: 'reorder', ...at(from, length), messages: size })),
  fc
    .record({ from: fc.nat(200), length: fc.integer({ min: 1, max: 100 }) })
    .map(({ from, length }): Fault => ({ kind: 'outage', of: 'uplink', ...at(from, length) })),
);

describe('faults of messages', () => {
  it('lose and invent no minute, and acknowledge each message of the buffer once, whatever the script', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 40 }),
        fc.array(faultOf, { maxLength: 4 }),
        fc.nat(1_000_000),
        async (sizes, faults, seed) => {
          const given = messages(sizes);
          const { sent, blocks, acknowledged } = await send(given, faults, seed);
          expect(minuteSet(blocks)).toEqual(minuteSet(given));
          for (const message of sent) await message.acknowledge();
          expect(acknowledged.sort()).toEqual(given.map(({ start }) => start).sort());
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are the same for the same seed and others for another', async () => {
    const faults: Fault[] = [
      { kind: 'duplicate', ...at(0, 200), share: 0.3 },
      { kind: 'reorder', ...at(0, 200), messages: 9 },
    ];
    const once = (await send(minutes(200), faults)).blocks;
    expect((await send(minutes(200), faults)).blocks).toEqual(once);
    expect((await send(minutes(200), faults, 2)).blocks).not.toEqual(once);
  });

  it('strike only the messages that begin within the fault', async () => {
    const { blocks } = await send(minutes(30), [{ kind: 'reorder', ...at(10, 10), messages: 10 }]);
    const starts = blocks.map(({ start }) => start - START);
    expect(starts.slice(0, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(starts.slice(20)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
    expect(starts.slice(10, 20)).not.toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it('an outage of the uplink ends in messages of up to an hour, oldest first', async () => {
    const { sent, blocks } = await send(minutes(200), [{ kind: 'outage', of: 'uplink', ...at(10, 150) }]);
    expect(blocks.slice(10, 13).map(({ start, minutes: length }) => [start - START, length])).toEqual([
      [10, 60],
      [70, 60],
      [130, 30],
    ]);
    expect(sent[13]!.start - START).toBe(160);
    expect(countMinutes(blocks)).toBe(200);
  });

  it('a wrong clock names minutes wrongly, and cuts a message at the minute where it becomes wrong and right', async () => {
    const { sent, blocks, acknowledged } = await send(messages([60]), [
      { kind: 'clock-jump', ...at(20, 10), hours: -1 },
    ]);
    expect(blocks.map(({ start, minutes: length }) => [start - START, length])).toEqual([
      [0, 20],
      [20 - 60, 10],
      [30, 30],
    ]);
    expect(sent.map(({ start }) => start - START)).toEqual([0, 20, 30]);
    await sent[0]!.acknowledge();
    await sent[2]!.acknowledge();
    expect(acknowledged).toEqual([]);
    await sent[1]!.acknowledge();
    expect(acknowledged).toEqual([START]);
  });

  it('two wrong clocks add up, and part of a minute does not change its name', async () => {
    const { blocks } = await send(minutes(3), [
      { kind: 'clock-skew', ...at(1, 2), seconds: 59 },
      { kind: 'clock-skew', ...at(2, 1), seconds: -120 },
    ]);
    expect(blocks.map(({ start }) => start - START)).toEqual([0, 1, 0]);
  });
});
