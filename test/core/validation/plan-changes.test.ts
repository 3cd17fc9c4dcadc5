import { describe, expect, it } from 'vitest';
import { keptSources, planChanges, positionConflicts } from '#core/validation/plan-changes';
import { channel, planOf, stackVersion, turbineVersion } from '../sample-plan.ts';

const later = turbineVersion({ effectiveFrom: '2026-01-01T00:00Z' });

describe('what changes when a plan comes into force', () => {
  it('is nothing when it says the same, in whatever order', () => {
    const plan = planOf([turbineVersion(), later], [stackVersion()]);
    const turned = planOf([later, turbineVersion()], [stackVersion()]);
    const sorted = JSON.parse(JSON.stringify(turned, Object.keys(flat(turned)).sort()));
    expect(planChanges(plan, sorted)).toEqual([]);
  });

  it('names details, sources and versions that are new, other or gone', () => {
    const before = planOf([turbineVersion(), later]);
    const after = {
      ...planOf([turbineVersion({ formulas: [], limits: [] })], [stackVersion()]),
      utcOffsetMinutes: -480,
    };
    expect(planChanges(before, after)).toEqual([
      'utcOffsetMinutes: -420 becomes -480',
      'source U1: the version from 2017-01-01T00:00Z has other formulas, limits',
      'source U1: the version from 2026-01-01T00:00Z is taken out',
      'source U2: new, 4 channels in 1 version',
    ]);
  });

  it('leaves a source alone that the new plan does not name', () => {
    const before = planOf([turbineVersion()], [stackVersion()]);
    const after = planOf([turbineVersion()]);
    expect(planChanges(before, after)).toEqual([]);
    expect(keptSources(before, after)).toEqual(['U2']);
  });
});

describe('a position', () => {
  const before = planOf([turbineVersion()]);

  it('may get a new channel when nobody had it', () => {
    const channels = [...turbineVersion().channels, channel('CO', 4)];
    expect(positionConflicts(before, planOf([turbineVersion({ channels })]))).toEqual([]);
  });

  it('is never given to another channel, also not by another version', () => {
    const channels = [...turbineVersion().channels.slice(0, 2), channel('CO', 3)];
    const version = { ...later, channels, formulas: [], limits: [] };
    expect(positionConflicts(before, planOf([version]))).toEqual([
      'source U1: position 3 of CO belongs to O2, also in stored readings',
    ]);
  });
});

/** Every key that stands anywhere in a value. */
const flat = (value: unknown): Record<string, true> => {
  if (typeof value !== 'object' || value === null) return {};
  return Object.assign(
    Array.isArray(value) ? {} : Object.fromEntries(Object.keys(value).map((key) => [key, true])),
    ...Object.values(value).map(flat),
  );
};
