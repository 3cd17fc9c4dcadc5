import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_COMPRESSED_BYTES, measurementMessage } from '#core/contracts/measurement-message';
import { decode, encode, encodeWhole } from '../../../edge-agent/message/encode.ts';
import { continues, countSamples, cut, emptyMinute, join } from '../../../edge-agent/message/facility-minutes.ts';
import { blockOf } from '../fakes.ts';

const START = 25_278_480;

/** Readings that gzip cannot make smaller. */
const incompressible = (minutes: number, sources: number, channels: number) => {
  const names = Array.from({ length: channels }, (_, i) => `c${i}`);
  const block = blockOf(
    START,
    minutes,
    Array.from({ length: sources }, (_, i) => `S${i}`),
    names,
  );
  return { ...block, sources: block.sources.map((s) => ({ ...s, readings: s.readings.map(() => Math.random()) })) };
};

describe('minutes of a facility', () => {
  it('are the same again when they are cut anywhere and joined', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), fc.integer({ min: 1, max: 3 }), (minutes, at, sources) => {
        const block = blockOf(START, minutes, ['A', 'B', 'C'].slice(0, sources));
        const middle = 1 + (at % (minutes - 1));
        const parts = [cut(block, 0, middle), cut(block, middle, minutes)] as const;
        expect(continues(...parts)).toBe(true);
        expect(join(parts)).toEqual(block);
      }),
    );
  });

  it('do not join across a gap, over 60 minutes, or with other channels or sources', () => {
    const block = blockOf(START, 10);
    expect(continues(block, blockOf(START + 10, 50))).toBe(true);
    expect(continues(block, blockOf(START + 11, 1))).toBe(false);
    expect(continues(block, blockOf(START + 10, 51))).toBe(false);
    expect(continues(block, blockOf(START + 10, 1, ['S1'], ['b', 'a']))).toBe(false);
    expect(continues(block, blockOf(START + 10, 1, ['S2']))).toBe(false);
    expect(continues(block, emptyMinute(START + 10))).toBe(false);
  });

  it('count every reading of a fitted channel as a sample, whatever its status', () => {
    const block = blockOf(START, 1, ['S1'], ['a', 'b', 'c']);
    expect(countSamples({ ...block, sources: [{ ...block.sources[0]!, statuses: 'VN.' }] })).toBe(2);
  });
});

describe('a message', () => {
  it('is the gzip of JSON that keeps the measurement contract', () => {
    const [message] = encode(blockOf(START, 3));
    const json: unknown = JSON.parse(gunzipSync(message!.body).toString());
    expect(measurementMessage.parse(json)).toMatchObject({
      v: 1,
      start: '2018-01-23T12:00Z',
      minutes: 3,
      channels: ['a', 'b'],
    });
  });

  it('gives the minutes back that were put in', () => {
    const block = blockOf(START, 60, ['A', 'B']);
    expect(decode(encodeWhole(block)!.body)).toEqual(block);
  });

  it('is under 96 KB: minutes that would be longer go into several, and not one is lost', () => {
    const block = incompressible(60, 20, 15);
    expect(gzipSync(JSON.stringify(block)).length).toBeGreaterThan(MAX_COMPRESSED_BYTES);
    const messages = encode(block);
    expect(messages.length).toBeGreaterThan(1);
    for (const { body } of messages) expect(body.length).toBeLessThan(MAX_COMPRESSED_BYTES);
    expect(join(messages.map(({ body }) => decode(body)))).toEqual(block);
  });

  it('holds an hour of 20 sources with 15 channels of real resolution', () => {
    const block = incompressible(60, 20, 15);
    const rounded = block.sources.map((s) => ({ ...s, readings: s.readings.map((r) => Math.round(r! * 1000) / 10) }));
    expect(encode({ ...block, sources: rounded })).toHaveLength(1);
  });

  it('is refused with advice when a single minute is too long', () => {
    expect(() => encode(incompressible(1, 200, 64))).toThrow(/does not fit in a message .* two agents/);
  });
});
