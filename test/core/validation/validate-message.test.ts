import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measurementMessage } from '#core/contracts/measurement-message';
import { validatedMinutes } from '#core/contracts/validated-minutes';
import { minuteOfText, textOfMinute } from '#core/time';
import { QUARANTINE } from '#core/validation/quarantine-codes';
import { validateMessage } from '#core/validation/validate-message';
import { channel, planned, planOf, turbineVersion } from '../sample-plan.ts';

const START = minuteOfText('2018-01-23T12:00Z');
const NOW = START + 1;
const facility = planned(
  planOf(
    [turbineVersion()],
    [turbineVersion({ channels: turbineVersion().channels.slice(1), formulas: [], limits: [] })],
  ),
);

interface Part {
  readonly source?: string;
  readonly readings: (number | null)[];
  readonly statuses: string;
}

const message = (channels: string[], parts: Part[], minutes = 1, start = START) =>
  measurementMessage.parse({
    v: 1,
    start: textOfMinute(start),
    minutes,
    channels,
    sources: parts.map(({ source = 'U1', readings, statuses }) => ({
      source,
      revision: 3,
      firedSeconds: Array.from({ length: minutes }, () => 60),
      grossLoad: Array.from({ length: minutes }, () => 136),
      readings,
      statuses,
    })),
  });

const validate = (...given: Parameters<typeof message>) => validateMessage(message(...given), facility, NOW);

/** The validated parts, or the code. */
const partsOf = (result: ReturnType<typeof validateMessage>) => {
  if (!result.ok) return result.code;
  expect(() => validatedMinutes.parse(result.validated)).not.toThrow();
  return result.validated.sources.map(({ readings, statuses }) => ({ readings, statuses }));
};

describe("placing readings at the plan's positions", () => {
  it('keeps a message in the order of the plan as it is', () => {
    const result = validate(['GAS', 'NOX', 'O2'], [{ readings: [1000, 21.4, 15.6], statuses: 'VCV' }]);
    expect(result).toEqual({
      ok: true,
      validated: {
        v: 1,
        facility: 'PLANT',
        start: '2018-01-23T12:00Z',
        minutes: 1,
        channels: [['GAS', 'NOX', 'O2']],
        sources: [
          {
            sourceId: 1,
            source: 'U1',
            revision: 3,
            firedSeconds: [60],
            grossLoad: [136],
            readings: [[1000, 21.4, 15.6]],
            statuses: ['VCV'],
          },
        ],
      },
    });
  });

  it('puts columns in another order where they belong, and calls a channel that is not in the message "no data"', () => {
    const parts = [{ readings: [15.6, 1000, 15.7, 1001], statuses: 'VVCV' }];
    expect(partsOf(validate(['O2', 'GAS'], parts, 2, START - 1))).toEqual([
      {
        readings: [
          [1000, null, 15.6],
          [1001, null, 15.7],
        ],
        statuses: ['VNV', 'VNC'],
      },
    ]);
  });

  it('leaves the place of a channel that the source does not have', () => {
    const parts = [{ source: 'U2', readings: [null, 21.4, 15.6], statuses: '.VV' }];
    expect(partsOf(validate(['GAS', 'NOX', 'O2'], parts))).toEqual([
      { readings: [[null, 21.4, 15.6]], statuses: ['.VV'] },
    ]);
  });

  it('calls a channel that the plan has and the agent leaves out "no data"', () =>
    expect(partsOf(validate(['GAS', 'NOX', 'O2'], [{ readings: [1000, null, 15.6], statuses: 'V.V' }]))).toEqual([
      { readings: [[1000, null, 15.6]], statuses: ['VNV'] },
    ]));

  it('gives the same minutes whatever the order of the columns', () => {
    const names = ['GAS', 'NOX', 'O2'];
    const reading = fc.option(fc.integer({ min: -100, max: 60_000 }));
    const row = fc.tuple(reading, reading, reading, fc.constantFrom('V', 'C', 'U', 'X'));
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 3 }),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        (rows, order) => {
          const build = (columns: readonly number[]) =>
            message(
              columns.map((c) => names[c] as string),
              [
                {
                  readings: rows.flatMap((r) => columns.map((c) => r[c] as number | null)),
                  statuses: rows.flatMap((r) => columns.map((c) => (r[c] === null ? 'N' : r[3]))).join(''),
                },
              ],
              rows.length,
              START - 2,
            );
          expect(partsOf(validateMessage(build(order), facility, NOW))).toEqual(
            partsOf(validateMessage(build([0, 1, 2]), facility, NOW)),
          );
        },
      ),
    );
  });
});

describe('range check', () => {
  it('marks what is out of range, in every minute and at the right place', () => {
    const parts = [{ readings: [-1, 1001, 25, 50_000, 0, 25.1], statuses: 'VVVVVV' }];
    expect(partsOf(validate(['GAS', 'NOX', 'O2'], parts, 2, START - 1))).toEqual([
      {
        readings: [
          [-1, 1001, 25],
          [50_000, 0, 25.1],
        ],
        statuses: ['LHV', 'VVH'],
      },
    ]);
  });

  it('leaves a calibration a calibration', () =>
    expect(partsOf(validate(['NOX'], [{ readings: [5000], statuses: 'C' }]))).toMatchObject([{ statuses: ['NCN'] }]));
});

describe('what is not taken', () => {
  const code = (result: ReturnType<typeof validateMessage>) => (result.ok ? 'ok' : result.code);

  it('is a source that the facility does not have, or that has no number in the store', () => {
    const stranger = { source: 'U3', readings: [1], statuses: 'V' };
    expect(code(validate(['PLUTONIUM'], [stranger]))).toBe('UNKNOWN_SOURCE');
    expect(code(validate([], [{ source: 'U3', readings: [], statuses: '' }]))).toBe('UNKNOWN_SOURCE');
    const unnumbered = { ...facility, sourceIds: new Map() };
    expect(code(validateMessage(message([], [{ readings: [], statuses: '' }]), unnumbered, NOW))).toBe(
      'UNKNOWN_SOURCE',
    );
  });

  it('is a channel that no source has, even without readings', () => {
    const result = validate(['NOX', 'PLUTONIUM'], [{ readings: [1, null], statuses: 'V.' }]);
    expect(result).toMatchObject({ code: 'UNKNOWN_CHANNEL', reason: 'facility PLANT has no channel PLUTONIUM' });
  });

  it.each(['V', 'X', 'N'])('is a status %s of a channel that another source has, but not this one', (letter) => {
    const parts = [{ source: 'U2', readings: [letter === 'N' ? null : 1, 2, 3], statuses: `${letter}VV` }];
    expect(validate(['GAS', 'NOX', 'O2'], parts)).toMatchObject({
      code: 'CHANNEL_NOT_FITTED',
      reason: `source U2 has no channel GAS at 2018-01-23T12:00Z, expected status ., got ${letter}`,
    });
  });

  it('is a minute more than 15 minutes ahead of now, without limit backwards', () => {
    const at = (ahead: number, minutes = 1) =>
      code(validateMessage(message([], [], minutes, NOW + ahead), facility, NOW));
    expect(at(15)).toBe('ok');
    expect(at(16)).toBe('FUTURE');
    expect(at(14, 2)).toBe('ok');
    expect(at(14, 3)).toBe('FUTURE');
    expect(at(-1_000_000)).toBe('ok');
  });

  it("is a minute before the source's plan", () => {
    const before = minuteOfText('2016-12-31T23:59Z');
    const parts = [{ readings: [1], statuses: 'V' }];
    expect(code(validate(['NOX'], parts, 1, before))).toBe('NO_PLAN_IN_FORCE');
    expect(code(validate(['NOX'], [{ readings: [1, 1], statuses: 'VV' }], 2, before))).toBe('NO_PLAN_IN_FORCE');
    expect(code(validate(['NOX'], parts, 1, before + 1))).toBe('ok');
  });

  it('takes the message down with it: a message is taken whole or not at all', () => {
    const good = { readings: [1], statuses: 'V' };
    expect(code(validate(['NOX'], [good, { ...good, source: 'U9' }]))).toBe('UNKNOWN_SOURCE');
  });

  it('has a sentence for every code', () => {
    for (const sentence of Object.values(QUARANTINE)) expect(sentence.length).toBeGreaterThan(10);
  });
});

describe('a message across the border of two plan versions', () => {
  const widened = turbineVersion({
    effectiveFrom: '2018-01-23T12:00Z',
    channels: [...turbineVersion().channels, channel('SO2', 5, { range: { low: 0, high: 10 } })],
  });
  const changing = planned(planOf([widened, turbineVersion()]));
  const across = (statuses: string) =>
    validateMessage(
      message(['SO2', 'NOX'], [{ readings: [statuses[0] === '.' ? null : 1, 21.4, 11, 21.4], statuses }], 2, START - 1),
      changing,
      NOW,
    );

  it('places each minute by the version in force in it', () =>
    expect(partsOf(across('.VVV'))).toEqual([
      {
        readings: [
          [null, 21.4, null],
          [null, 21.4, null, null, 11],
        ],
        statuses: ['NVN', 'NVN.H'],
      },
    ]));

  it('does not take the new channel before its day', () =>
    expect(across('VVVV')).toMatchObject({ code: 'CHANNEL_NOT_FITTED' }));
});
