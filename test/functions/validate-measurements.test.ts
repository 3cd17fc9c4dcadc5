import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { PlanStore } from '#core/ports';
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

describe('what would have held up the stream', () => {
  it.each([
    ['is nested deeper than any stack', 'WRONG_VERSION', `{"v":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['is nothing but nesting', 'CONTRACT', `${'['.repeat(400_000)}${']'.repeat(400_000)}`],
    ['has half a character for a name', 'CONTRACT', JSON.stringify(message({ '\ud83d': 1 }))],
    ['has an emoji where its reason is cut', 'CONTRACT', JSON.stringify(message({ start: '💨'.repeat(300) }))],
  ])('a message that %s is quarantined with a reason that every store takes', async (_, code, text) => {
    const { codes, quarantined } = await run([envelopeOf('P1', text)]);
    expect(codes).toEqual([code]);
    expect([...quarantined.values()][0]!.reason.isWellFormed()).toBe(true);
  });

  it.each([
    ['a thing that no thing may be called', { thing: 'a\u0000b' }],
    ['a time before 1970', { received: -9_000_000_000_000_000 }],
  ])('an envelope with %s is quarantined as BAD_ENVELOPE', async (_, change) => {
    const { codes } = await run([JSON.stringify({ ...JSON.parse(envelopeOf('P1', message())), ...change })]);
    expect(codes).toEqual(['BAD_ENVELOPE']);
  });

  it('a message whose minutes are longer than a record may be is passed on in several', async () => {
    const sources = Array.from({ length: 60 }, (_, s) => `S${s}`);
    const small = plant('P1', sources);
    const channels = Array.from({ length: 64 }, (_, c) => ({
      ...small.sources[0]!.versions[0]!.channels[0]!,
      channel: `c${c}`,
      position: c + 1,
    }));
    const versions = [{ ...small.sources[0]!.versions[0]!, channels, formulas: [], limits: [] }];
    const store = memoryStore([{ ...small, sources: sources.map((source) => ({ source, versions })) }]);
    const hour = {
      v: 1,
      start: '2026-01-05T10:00Z',
      minutes: 60,
      channels: ['c63'],
      sources: sources.map((source) => ({
        source,
        firedSeconds: Array(60).fill(60),
        grossLoad: Array(60).fill(1),
        readings: Array.from({ length: 60 }, (_, m) => m),
        statuses: 'V'.repeat(60),
      })),
    };
    await makeHandler({ ...store, now: () => NOW })(
      kinesisEvent([{ key: 'P1', data: envelopeOf('P1', hour) }]),
      context,
    );
    const parts = store.validated.records.map(({ data }) => JSON.parse(data));
    expect(parts.length).toBeGreaterThan(1);
    for (const { data } of store.validated.records) expect(data.length).toBeLessThan(1024 * 1024);
    expect(parts.flatMap((part) => part.sources[59].readings.map((row: number[]) => row[63]))).toEqual(
      Array.from({ length: 60 }, (_, m) => m),
    );
    expect(parts[0].start).toBe('2026-01-05T10:00Z');
    expect(parts.reduce((sum, { minutes }) => sum + minutes, 0)).toBe(60);
  });
});

describe('a plan that changed a moment ago', () => {
  const changed = { ...plant('P1', ['A', 'B']) };
  const now = () => NOW;
  /** Gives the old plan until a fresh one is asked for, as a cache does. */
  const cached = (fresh: PlanStore['planOf']) => {
    const old = memoryStore([plant('P1', ['A'])]).plans;
    const asked: string[] = [];
    const plans: PlanStore = {
      planOf: (facility, wanted) => {
        if (!wanted?.fresh) return old.planOf(facility);
        asked.push(facility);
        return fresh(facility);
      },
    };
    return { plans, asked };
  };
  const ofSource = (source: string) => envelopeOf('P1', message({ sources: [{ ...message().sources[0], source }] }));
  const through = async (plans: PlanStore, records: readonly string[]) => {
    const store = memoryStore([changed]);
    const event = kinesisEvent(records.map((data) => ({ key: 'P1', data })));
    await makeHandler({ ...store, plans, now })(event, context);
    return { taken: store.validated.records.length, codes: [...store.quarantined.values()].map(({ code }) => code) };
  };

  it('does not quarantine a message of a source that was just added', async () => {
    const { plans, asked } = cached(memoryStore([changed]).plans.planOf);
    expect(await through(plans, [ofSource('B')])).toEqual({ taken: 1, codes: [] });
    expect(asked).toEqual(['P1']);
  });

  it('is not asked for where the cached plan takes the message, or where the plan is not the reason', async () => {
    const { plans, asked } = cached(memoryStore([changed]).plans.planOf);
    const future = envelopeOf('P1', message({ start: '2026-01-05T12:30Z' }));
    expect(await through(plans, [ofSource('A'), future, 'no JSON'])).toEqual({
      taken: 1,
      codes: ['FUTURE', 'BAD_ENVELOPE'],
    });
    expect(asked).toEqual([]);
  });

  it('still quarantines what the fresh plan does not know either', async () => {
    const { plans } = cached(memoryStore([changed]).plans.planOf);
    expect(await through(plans, [ofSource('C')])).toEqual({ taken: 0, codes: ['UNKNOWN_SOURCE'] });
  });
});
