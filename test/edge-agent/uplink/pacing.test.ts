import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { phaseSeconds, retryDelayMs } from '../../../edge-agent/uplink/pacing.ts';
import { outcomeOf } from '../../../edge-agent/uplink/uplink.ts';

describe('the phase of a thing', () => {
  it('is always the same, and between 0 and 49 seconds', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (thing) => {
        const phase = phaseSeconds(thing);
        expect(phase).toBe(phaseSeconds(thing));
        expect(Number.isInteger(phase) && phase >= 0 && phase < 50).toBe(true);
      }),
    );
  });

  it('spreads 5,000 things evenly: no second has more than twice its share', () => {
    const counts = new Map<number, number>();
    for (let i = 0; i < 5000; i++) {
      const phase = phaseSeconds(`edge-${i}`);
      counts.set(phase, (counts.get(phase) ?? 0) + 1);
    }
    expect(counts.size).toBe(50);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(200);
  });
});

describe('the wait before a refused message is sent again', () => {
  it('is drawn from 0 up to 1 s, 2 s, 4 s and so on, at most a minute', () => {
    expect([1, 2, 3, 7, 20].map((retry) => retryDelayMs(retry, 1))).toEqual([1000, 2000, 4000, 60_000, 60_000]);
    expect(retryDelayMs(5, 0)).toBe(0);
    expect(retryDelayMs(2, 0.25)).toBe(500);
  });
});

describe('a PUBACK', () => {
  it.each([
    ['0x00, success', 0x00, 'acknowledged', undefined],
    ['0x10, no matching subscribers: Basic Ingest has none', 0x10, 'acknowledged', undefined],
    ['0x80, unspecified', 0x80, 'refused', false],
    ['0x83, implementation specific', 0x83, 'refused', false],
    ['0x87, not authorised: the policy can be mended', 0x87, 'refused', false],
    ['0x97, quota exceeded', 0x97, 'refused', false],
    ['0x95, packet too large', 0x95, 'refused', true],
    ['0x99, payload format invalid', 0x99, 'refused', true],
  ])('with %s', (_, code, kind, final) => {
    expect(outcomeOf(code, 'reason')).toMatchObject(final === undefined ? { kind } : { kind, final, code });
  });
});
