import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamRecord } from '#core/ports';
import { textOfMinute } from '#core/time';
import { stateDigest } from '../../local/digest.ts';
import { envelopeOf } from './events.ts';
import { memoryStore } from './memory-store.ts';
import { CRASH, runPipeline } from './pipeline.ts';
import { plant } from './plant.ts';

const FACILITY = 'P1';
const SOURCES = ['A', 'B'];
/** 2026-01-05T07:00Z. */
const FIRST_MINUTE = 29_460_900;
const WEEK_HOURS = 7 * 24;

/** A run of minutes one source reports, as one reading of its memory; another block may say something else of the same minutes. */
interface Block {
  readonly source: number;
  readonly hour: number;
  readonly from: number;
  readonly length: number;
  readonly level: number;
  readonly fired: number;
  readonly revision: number;
}

const block: fc.Arbitrary<Block> = fc.record({
  source: fc.nat(SOURCES.length - 1),
  hour: fc.oneof(fc.nat(4), fc.nat(WEEK_HOURS)),
  from: fc.nat(20),
  length: fc.integer({ min: 1, max: 100 }),
  level: fc.nat(3),
  fired: fc.constantFrom(60, 60, 60, 30, 0),
  revision: fc.constantFrom(0, 0, 1),
});

interface Fact {
  readonly source: number;
  readonly minute: number;
  readonly revision: number;
  readonly fired: number;
  readonly load: number | null;
  readonly readings: readonly (number | null)[];
  readonly statuses: string;
}

const factsOf = ({ source, hour, from, length, level, fired, revision }: Block): Fact[] =>
  Array.from({ length }, (_, i) => {
    const minute = FIRST_MINUTE + hour * 60 + from + i;
    const noFuelReading = level === 3 && i % 7 === 0;
    const calibrating = level === 2 && i % 30 < 10;
    return {
      source,
      minute,
      revision,
      fired,
      load: level === 1 ? null : 100 + level,
      readings: [
        noFuelReading ? null : 10_000 + 100 * level + (minute % 5),
        // Level 1 sticks, level 2 jumps.
        level === 1 ? 25 : 25 + (minute % 3) + (level === 2 && i % 11 === 0 ? 60 : 0),
        15 + (minute % 4) / 10,
      ],
      statuses: `${noFuelReading ? 'N' : 'V'}${calibrating ? 'C' : 'V'}V`,
    };
  });

/** Facts of one source, revision and consecutive minutes make a message. */
const messageOf = (facts: readonly Fact[]): StreamRecord => {
  const [{ source, minute, revision }] = facts as [Fact];
  return {
    key: FACILITY,
    data: envelopeOf(FACILITY, {
      v: 1,
      start: textOfMinute(minute),
      minutes: facts.length,
      channels: ['gas', 'nox', 'o2'],
      sources: [
        {
          source: SOURCES[source],
          revision,
          firedSeconds: facts.map(({ fired }) => fired),
          grossLoad: facts.map(({ load }) => load),
          readings: facts.flatMap(({ readings }) => readings),
          statuses: facts.map(({ statuses }) => statuses).join(''),
        },
      ],
    }),
  };
};

const cutInto = <T>(items: readonly T[], size: () => number): T[][] => {
  const pieces: T[][] = [];
  for (let i = 0; i < items.length; ) {
    const length = size();
    pieces.push(items.slice(i, i + length));
    i += length;
  }
  return pieces;
};

const randomOf = (seed: number) => {
  let state = seed | 0;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return ((state >>> 8) % 16_777_216) % below;
  };
};

const shuffled = <T>(items: readonly T[], random: (below: number) => number): T[] => {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
};

const digestOf = (store: ReturnType<typeof memoryStore>) =>
  stateDigest(
    store.storedHours().map(({ document }) => document),
    store
      .storedRecords()
      .sort((a, b) => (`${a.source} ${a.rule} ${a.windowEnd}` < `${b.source} ${b.rule} ${b.windowEnd}` ? -1 : 1)),
  );

const plans = [plant(FACILITY, SOURCES)];

describe('the state of the store', () => {
  it('does not depend on order, duplicates, cut, lateness up to a week, or crashes between any two writes', async () => {
    let hours = 0;
    let records = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 12 }), fc.integer(), async (blocks, seed) => {
        const facts = blocks.map(factsOf);
        const calm = memoryStore(plans);
        await runPipeline(calm, facts.flatMap((some) => cutInto(some, () => 60)).map(messageOf));

        const random = randomOf(seed);
        const messages = facts.flatMap((some) => cutInto(some, () => 1 + random(60))).map(messageOf);
        const twice = messages.filter(() => random(3) === 0);
        let untilCrash = 1 + random(30);
        const rough = memoryStore(plans, () => {
          if (--untilCrash > 0) return;
          untilCrash = 1 + random(60);
          throw new Error(CRASH);
        });
        await runPipeline(rough, shuffled([...messages, ...twice], random), (some) =>
          cutInto(some, () => 1 + random(8)),
        );

        expect(calm.quarantined.size + rough.quarantined.size).toBe(0);
        expect(rough.storedMinutes().length).toBe(calm.storedMinutes().length);
        expect(await digestOf(rough)).toBe(await digestOf(calm));
        expect(rough.marks()).toBe(0);
        hours += calm.storedHours().length;
        records += calm.storedRecords().length;
      }),
      { numRuns: 60 },
    );
    // The property says nothing if nothing was ever computed.
    expect(hours).toBeGreaterThan(200);
    expect(records).toBeGreaterThan(20);
  });
});
