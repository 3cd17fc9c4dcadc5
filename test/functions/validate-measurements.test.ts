import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { makeHandler } from '../../functions/validate-measurements/handler.ts';
import { context, envelopeOf, kinesisEvent } from './events.ts';
import { memoryStore } from './memory-store.ts';
import { plant } from './plant.ts';

const NOW = Date.UTC(2026, 0, 5, 12);
const message = (change: Record<string, unknown> = {}) => ({
  v: 1,
  start: '2026-01-05T11:00Z',
  minutes: 1,
  channels: ['gas', 'nox', 'o2'],
  sources: [{ source: 'A', firedSeconds: [60], grossLoad: [100], readings: [10_000, 25, 15], statuses: 'VVV' }],
  ...change,
});

const run = async (records: readonly string[]) => {
  const store = memoryStore([plant('P1', ['A'])]);
  const handler = makeHandler({ ...store, now: () => NOW });
  const event = kinesisEvent(records.map((data) => ({ key: 'P1', data })));
  const answer = await handler(event, context);
  return { ...store, answer, codes: [...store.quarantined.values()].map(({ code }) => code) };
};

describe('validate-measurements', () => {
  it('passes on a good message at the positions of the plan', async () => {
    const { validated, quarantined } = await run([envelopeOf('P1', message())]);
    expect(quarantined.size).toBe(0);
    expect(JSON.parse(validated.records[0]!.data)).toMatchObject({
      facility: 'P1',
      start: '2026-01-05T11:00Z',
      sources: [{ sourceId: 1, firedSeconds: [60], readings: [[10_000, 25, 15]], statuses: ['VVV'] }],
    });
  });

  it('takes facility and thing from the envelope, never from the payload', async () => {
    const { codes } = await run([envelopeOf('P1', message({ facility: 'P2' }))]);
    expect(codes).toEqual(['CONTRACT']);
  });

  it.each([
    ['BAD_ENVELOPE', 'no JSON'],
    ['BAD_ENVELOPE', JSON.stringify({ payload: 'x' })],
    ['NOT_COMPRESSED', JSON.stringify({ ...JSON.parse(envelopeOf('P1', '')), payload: 'aGVsbG8=' })],
    ['UNREADABLE_COMPRESSION', JSON.stringify({ ...JSON.parse(envelopeOf('P1', '')), payload: 'H4sIAAAA' })],
    ['TOO_LARGE', envelopeOf('P1', ' '.repeat(2_000_000))],
    ['UNREADABLE', envelopeOf('P1', '{"v":1,')],
    ['WRONG_VERSION', envelopeOf('P1', message({ v: 2 }))],
    ['CONTRACT', envelopeOf('P1', message({ minutes: 61 }))],
    ['UNKNOWN_FACILITY', envelopeOf('P9', message())],
    ['UNKNOWN_CHANNEL', envelopeOf('P1', message({ channels: ['gas', 'nox', 'hg'] }))],
    ['FUTURE', envelopeOf('P1', message({ start: '2026-01-05T12:16Z' }))],
  ])('quarantines what cannot be taken as %s, and keeps the good message beside it', async (code, bad) => {
    const { codes, validated, quarantined, objects } = await run([bad, envelopeOf('P1', message())]);
    expect(codes).toEqual([code]);
    expect(validated.records).toHaveLength(1);
    const [record] = [...quarantined.values()];
    expect(record!.reason).not.toBe('');
    expect(objects.get(record!.objectKey)).toBe(bad);
  });

  it('quarantines a payload over the size that travels, whatever it unpacks to', async () => {
    const noise = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 251));
    const large = { ...JSON.parse(envelopeOf('P1', '')), payload: gzipSync(noise, { level: 0 }).toString('base64') };
    const { codes } = await run([JSON.stringify(large)]);
    expect(codes).toEqual(['TOO_LARGE']);
  });

  it('takes a message 15 minutes ahead of now', async () => {
    const { codes } = await run([envelopeOf('P1', message({ start: '2026-01-05T12:15Z' }))]);
    expect(codes).toEqual([]);
  });

  it('keeps the batch as received, under the same key when it is given again', async () => {
    const records = [envelopeOf('P1', message()), 'no JSON'];
    const first = await run(records);
    const again = await run(records);
    const landed = (objects: Map<string, string>) => [...objects].filter(([key]) => key.startsWith('measurements/'));
    expect(landed(first.objects)).toEqual(landed(again.objects));
    expect(landed(first.objects)[0]![1]).toBe(`${records.join('\n')}\n`);
  });

  it('quarantines the same record once', async () => {
    const { quarantined } = await run(['no JSON', 'no JSON']);
    expect(quarantined.size).toBe(1);
  });
});
