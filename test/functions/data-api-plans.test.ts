import { describe, expect, it } from 'vitest';
import type { Database, Row } from '#adapters/data-api';
import { dataApiPlans } from '#adapters/data-api-plans';
import { plant } from './plant.ts';

/** A database of facilities, that counts how often it is asked; `sources` may be added to. */
const countingDatabase = (sources: string[]) => {
  let statements = 0;
  const database: Database = {
    execute: async (sql, parameters = {}): Promise<readonly Row[]> => {
      statements++;
      if (parameters.facility !== 'P1') return [];
      if (sql.startsWith('select plan_revision')) return [[sources.length]];
      const plan = plant('P1', sources);
      return plan.sources.map((source, s) => [
        source.source,
        s + 1,
        JSON.stringify(source),
        sources.length,
        false,
        JSON.stringify({ ...plan, sources: [] }),
      ]);
    },
    transaction: () => Promise.reject(new Error('plans are only read here')),
  };
  return { database, asked: () => statements };
};

const namesOf = (planned: Awaited<ReturnType<ReturnType<typeof dataApiPlans>['planOf']>>) =>
  planned?.plan.sources.map(({ source }) => source);

describe('monitoring plans in the database', () => {
  it('are read again after a minute, or after five seconds where a fresh one is wanted', async () => {
    let now = 0;
    const sources = ['A'];
    const { database } = countingDatabase(sources);
    const { planOf } = dataApiPlans(database, () => now);
    expect(namesOf(await planOf('P1'))).toEqual(['A']);
    sources.push('B');
    now = 59_000;
    expect(namesOf(await planOf('P1'))).toEqual(['A']);
    expect(namesOf(await planOf('P1', { fresh: true }))).toEqual(['A', 'B']);
    sources.push('C');
    now = 63_000;
    expect(namesOf(await planOf('P1', { fresh: true }))).toEqual(['A', 'B']);
    now = 64_001;
    expect(namesOf(await planOf('P1', { fresh: true }))).toEqual(['A', 'B', 'C']);
  });

  it('are not asked for by a flood of bad messages more than once in five seconds', async () => {
    let now = 0;
    const { database, asked } = countingDatabase(['A']);
    const { planOf } = dataApiPlans(database, () => now);
    await planOf('P1');
    const before = asked();
    for (now = 1; now < 60_000; now += 10) await planOf('P1', { fresh: true });
    expect(asked() - before).toBeLessThanOrEqual(12);
  });

  it('of a facility that has none: asked for once in five seconds, and found as soon as they are there', async () => {
    let now = 0;
    const { database, asked } = countingDatabase([]);
    const { planOf } = dataApiPlans(database, () => now);
    expect(await planOf('P9')).toBeUndefined();
    const once = asked();
    for (now = 1; now < 5000; now += 10) {
      await planOf('P9');
      await planOf('P9', { fresh: true });
    }
    expect(asked()).toBe(once);
    now = 5001;
    await planOf('P9');
    expect(asked()).toBe(2 * once);
  });
});
