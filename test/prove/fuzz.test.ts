import { describe, expect, it } from 'vitest';
import { QUARANTINE } from '#core/validation/quarantine-codes';
import { fuzzedRecord, MAKERS } from './fuzz/messages.ts';
import { fuzz } from './fuzz/run.ts';

describe('validate-measurements and 20,000 fuzzed messages', () => {
  it('takes every good one whole, quarantines every bad one under its code, and fails at none', async () => {
    const figures = await fuzz({ messages: 20_000, seed: 20_260_105 });
    expect(figures.failures).toEqual([]);
    // It says nothing if the messages were all alike.
    expect(Object.keys(figures.quarantined).sort()).toEqual(Object.keys(QUARANTINE).sort());
    expect(Object.keys(figures.ways).sort()).toEqual(Object.keys(MAKERS).sort());
    expect(figures.good).toBeGreaterThan(5000);
    expect(figures.split).toBeGreaterThan(5);
  }, 120_000);

  it('can make one of them again by its number', () => {
    for (const n of [0, 17, 4711]) expect(fuzzedRecord(3, n)).toEqual(fuzzedRecord(3, n));
    expect(fuzzedRecord(3, 5)).not.toEqual(fuzzedRecord(4, 5));
  });
});
