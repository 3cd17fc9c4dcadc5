import { describe, expect, it } from 'vitest';
import { computeHour } from '#core/hour/compute-hour';
import { complianceLine, hourLine } from '#core/hour/digest';
import { HOUR, hourOf, minute, planOf, turbineVersion } from '../sample-plan.ts';

/** As a store may give a document back: the keys of every object in another order. */
const reordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reordered);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reordered(item)]),
  );
};

describe('the line of an hour', () => {
  const plan = planOf([turbineVersion()]);
  const compute = (revision: number) => {
    const minutes = hourOf((m) => minute(m, [1000, 21.4, 15.6], { revision, statuses: m < 3 ? 'VCV' : 'VVV' }));
    return computeHour({ plan, source: plan.sources[0] as never, hour: HOUR, minutes, before: undefined }).document;
  };

  it('is the same in whatever order a store keeps the keys', () => {
    const document = compute(0);
    const shuffled = reordered(document) as typeof document;
    expect(JSON.stringify(shuffled)).not.toBe(JSON.stringify(document));
    expect(hourLine(shuffled)).toBe(hourLine(document));
  });

  it('does not know how often a minute was sent', () => expect(hourLine(compute(7))).toBe(hourLine(compute(0))));

  it('changes with any number of the hour, and is one line', () => {
    const document = compute(0);
    expect(hourLine({ ...document, grossLoad: 137 })).not.toBe(hourLine(document));
    expect(hourLine(document)).toMatch(/^hour \{.*\}$/);
    expect(hourLine(document)).not.toContain('\n');
  });
});

describe('the line of a compliance record', () => {
  it('holds the record with its keys in order', () => {
    const record = { v: 1, state: 'within', rule: 'R', headroom: { nextHour: '1', hoursToLimit: null } };
    expect(complianceLine(record as never)).toBe(
      'compliance {"headroom":{"hoursToLimit":null,"nextHour":"1"},"rule":"R","state":"within","v":1}',
    );
  });
});
