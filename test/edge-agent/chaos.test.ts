import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runAgent } from '../../edge-agent/agent.ts';
import { memoryStore } from '../../edge-agent/buffer/memory-store.ts';
import { minuteBuffer } from '../../edge-agent/buffer/minute-buffer.ts';
import type { ChaosKind } from '../../edge-agent/chaos.ts';
import { emptyMinute, type FacilityMinutes } from '../../edge-agent/message/facility-minutes.ts';
import { blockOf, countMinutes, fakeClock, fakeUplink, listSource, minuteSet } from './fakes.ts';

const START = 25_278_480;
const LATER = (START + 1_000_000) * 60_000;

const sent = async (blocks: readonly FacilityMinutes[], seed: number, kinds: readonly ChaosKind[]) => {
  const { uplink, arrived } = fakeUplink();
  const buffer = minuteBuffer(memoryStore(), 1_000_000_000);
  await runAgent(
    {
      facility: '1',
      thing: 'edge-1',
      source: listSource('list', blocks),
      buffer,
      uplink,
      clock: fakeClock(LATER),
      report: () => {},
      chaos: { seed, kinds },
    },
    new AbortController().signal,
  );
  expect(buffer.pending().minutes).toBe(0);
  return arrived;
};

const hours = (count: number) => Array.from({ length: count }, (_, i) => blockOf(START + 60 * i, 60));
const starts = (blocks: readonly FacilityMinutes[]) => blocks.map(({ start }) => start);

describe('chaos', () => {
  it('loses and invents no minute, whatever the kinds, the seed and the lengths of the messages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 60 }),
        fc.subarray<ChaosKind>(['duplicate', 'reorder', 'late'], { minLength: 1 }),
        fc.nat(1_000_000),
        async (sizes, kinds, seed) => {
          const blocks: FacilityMinutes[] = [];
          let next = START;
          for (const size of sizes) {
            blocks.push(blockOf(next, size, ['A', 'B']));
            next += size;
          }
          blocks.push(emptyMinute(next + 15));
          const arrived = await sent(blocks, seed, kinds);
          expect(minuteSet(arrived)).toEqual(minuteSet(blocks));
          expect(starts(arrived)).toContain(next + 15);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is the same for the same seed', async () => {
    const once = await sent(hours(100), 7, ['duplicate', 'reorder', 'late']);
    expect(await sent(hours(100), 7, ['duplicate', 'reorder', 'late'])).toEqual(once);
    expect(await sent(hours(100), 8, ['duplicate', 'reorder', 'late'])).not.toEqual(once);
  });

  it('duplicate: sends minutes again, and some of them cut elsewhere', async () => {
    const arrived = await sent(hours(200), 1, ['duplicate']);
    expect(countMinutes(arrived)).toBeGreaterThan(1.2 * 200 * 60);
    expect(arrived.filter(({ start }) => (start - START) % 60 !== 0).length).toBeGreaterThan(10);
    for (const { minutes } of arrived) expect(minutes).toBeLessThanOrEqual(60);
  });

  it('reorder: sends each message once, in another order, some far from their place', async () => {
    const arrived = await sent(hours(200), 1, ['reorder']);
    expect(countMinutes(arrived)).toBe(200 * 60);
    const moved = starts(arrived).map((start, place) => Math.abs((start - START) / 60 - place));
    expect(Math.max(...moved)).toBeGreaterThan(20);
  });

  it('late: holds some messages back for up to a week of event time, and sends them at the end at the latest', async () => {
    const arrived = await sent(hours(500), 1, ['late']);
    expect(countMinutes(arrived)).toBe(500 * 60);
    let newest = 0;
    const lateness = starts(arrived).map((start) => {
      newest = Math.max(newest, start);
      return newest - start;
    });
    expect(lateness.filter((minutes) => minutes > 1440).length).toBeGreaterThan(5);
    // A held message leaves with the first message that starts after its time: an hour later at most.
    expect(Math.max(...lateness)).toBeLessThanOrEqual(7 * 1440 + 60);
  });
});
