import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database, Execute } from '#adapters/data-api';
import { dataApiCompliance } from '#adapters/data-api-compliance';
import { dataApiHours } from '#adapters/data-api-hours';
import { dataApiMinutes } from '#adapters/data-api-minutes';
import { applyPlan, dataApiPlans } from '#adapters/data-api-plans';
import { dataApiQuarantine } from '#adapters/data-api-quarantine';
import { dataApiRecords } from '#adapters/data-api-records';
import type { StreamRecord } from '#core/ports';
import { textOfMinute } from '#core/time';
import { stateDigest } from '../../local/digest.ts';
import { type Role, testDatabase } from './database.ts';
import { envelopeOf } from './events.ts';
import { type AtWrite, memoryStore } from './memory-store.ts';
import { CRASH, type PipelineStore, runPipeline } from './pipeline.ts';
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

const plans = [plant(FACILITY, SOURCES)];

const digestInMemory = (store: ReturnType<typeof memoryStore>) =>
  stateDigest(
    store.storedHours().map(({ document }) => document),
    store
      .storedRecords()
      .sort((a, b) => (`${a.source} ${a.rule} ${a.windowEnd}` < `${b.source} ${b.rule} ${b.windowEnd}` ? -1 : 1)),
  );

/** Every block once, in order, an hour a message, nothing disturbed. */
const calmRun = async (blocks: readonly Block[]) => {
  const store = memoryStore(plans);
  await runPipeline(store, blocks.flatMap((some) => cutInto(factsOf(some), () => 60)).map(messageOf));
  expect(store.quarantined.size).toBe(0);
  return store;
};

/** The same minutes cut anew, some messages twice, all shuffled, in small batches. */
const roughRun = (store: PipelineStore, blocks: readonly Block[], random: (below: number) => number) => {
  const messages = blocks.flatMap((some) => cutInto(factsOf(some), () => 1 + random(60))).map(messageOf);
  const twice = messages.filter(() => random(3) === 0);
  return runPipeline(store, shuffled([...messages, ...twice], random), (some) => cutInto(some, () => 1 + random(8)));
};

/** Throws before or after a write now and then. */
const crashes = (random: (below: number) => number): AtWrite => {
  let left = 1 + random(30);
  return () => {
    if (--left > 0) return;
    left = 1 + random(60);
    throw new Error(CRASH);
  };
};

const blocks = fc.array(block, { minLength: 1, maxLength: 12 });

describe('the state of the store', () => {
  it('does not depend on order, duplicates, cut, lateness up to a week, or crashes between any two writes', async () => {
    let hours = 0;
    let records = 0;
    await fc.assert(
      fc.asyncProperty(blocks, fc.integer(), async (some, seed) => {
        const calm = await calmRun(some);
        const random = randomOf(seed);
        const rough = memoryStore(plans, crashes(random));
        await roughRun(rough, some, random);
        expect(rough.quarantined.size).toBe(0);
        expect(await digestInMemory(rough)).toBe(await digestInMemory(calm));
        expect(rough.marks()).toBe(0);
        hours += calm.storedHours().length;
        records += calm.storedRecords().length;
      }),
      { numRuns: 100 },
    );
    // The property says nothing if nothing was ever computed.
    expect(hours).toBeGreaterThan(300);
    expect(records).toBeGreaterThan(30);
  });

  describe('in the database', () => {
    let database: Awaited<ReturnType<typeof testDatabase>>;
    beforeAll(async () => {
      database = await testDatabase();
    });
    afterAll(() => database.stop());

    it('is the same as in memory, whatever the disturbance, with crashes between any two statements', async () => {
      await fc.assert(
        fc.asyncProperty(blocks, fc.integer(), async (some, seed) => {
          const calm = await calmRun(some);
          const random = randomOf(seed);
          await database.empty();
          for (const plan of plans) await applyPlan(database.as('owner'), plan);
          const atWrite = crashes(random);
          const as = (role: Role) => crashing(database.as(role), atWrite);
          await roughRun(
            {
              ...memoryStore(plans),
              plans: dataApiPlans(database.as('calculate_emissions')),
              minutes: dataApiMinutes(as('calculate_emissions')),
              hours: dataApiHours(as('calculate_emissions')),
              compliance: dataApiCompliance(as('check_compliance')),
              quarantine: dataApiQuarantine(as('validate_measurements')),
              silence: async () => {
                await database.as('owner').execute("update facility_clock set arrived_at = now() - interval '1 hour'");
              },
            },
            some,
            random,
          );
          const records = dataApiRecords(database.as('owner'));
          const digest = await stateDigest(records.hours([FACILITY]), records.compliance([FACILITY]));
          expect(digest).toBe(await digestInMemory(calm));
          const [marks] = await database
            .as('owner')
            .execute('select (select count(*) from dirty_hour) + (select count(*) from unpublished_hour)');
          expect(marks).toEqual([0]);
        }),
        { numRuns: 10 },
      );
    }, 120_000);
  });
});

/** A database whose answers get lost: the statement may have run, and the caller does not know. */
const crashing = (database: Database, atWrite: AtWrite): Database => {
  const guarded =
    (execute: Execute): Execute =>
    async (sql, parameters) => {
      atWrite('before', sql);
      const rows = await execute(sql, parameters);
      atWrite('after', sql);
      return rows;
    };
  return {
    execute: guarded(database.execute),
    transaction: (work) => database.transaction((execute) => work(guarded(execute))),
  };
};
