import { describe, expect, it } from 'vitest';
import { textOfMinute } from '#core/time';
import { plan, type Scene, throughPipeline } from './through-pipeline.ts';

/** Six hours of a running boiler; the plan calls a channel stuck from the 45th equal reading on, stale after an hour. */
const EVENING = { from: '2026-01-05T18:00Z', until: '2026-01-06T00:00Z' };
const run = (faults: readonly unknown[], scene: Omit<Scene, 'faults'> = EVENING) =>
  throughPipeline({ ...scene, faults });
const so2 = (result: Awaited<ReturnType<typeof run>>, hour: string) => result.hour('B1', hour)?.channels.so2;

const clean = await run([]);
const sameHours = (result: Awaited<ReturnType<typeof run>>) =>
  expect([...result.hours.values()]).toEqual([...clean.hours.values()]);

const at = { source: 'B1', channel: 'so2', from: '2026-01-05T19:00Z' };

describe('what the pipeline makes of a plant without faults', () => {
  it('stores every minute and every hour with all its values', () => {
    expect(clean.codes).toEqual([]);
    expect(clean.gaps()).toEqual([]);
    expect(clean.hours.size).toBe(12);
    expect(so2(clean, '2026-01-05T19:00Z')).toEqual({ average: '54.6033333333', validMinutes: 60, leftOut: {} });
  });
});

describe('what the pipeline makes of a fault of an analyser', () => {
  it('stuck: finding S from the 45th equal reading on, and no valid hour while it lasts', async () => {
    const result = await run([{ kind: 'stuck', ...at, minutes: 180 }]);
    // The reading before the fault is the first of the equal ones: 43 more of them are still believed.
    expect(so2(result, '2026-01-05T19:00Z')).toEqual({ average: null, validMinutes: 43, leftOut: { S: 17 } });
    expect(so2(result, '2026-01-05T20:00Z')).toEqual({ average: null, validMinutes: 0, leftOut: { S: 60 } });
    expect(result.hour('B1', '2026-01-05T20:00Z')!.values.so2MassRate!.value).toBeNull();
    expect(so2(result, '2026-01-05T22:00Z')).toEqual(so2(clean, '2026-01-05T22:00Z'));
  });

  it('spike: finding R at the jump up and at the jump back, and the hour is averaged without them', async () => {
    const result = await run([{ kind: 'spike', ...at, minutes: 60, height: 80, count: 3 }]);
    expect(so2(result, '2026-01-05T19:00Z')).toMatchObject({ validMinutes: 54, leftOut: { R: 6 } });
    const apart = Number(so2(result, '2026-01-05T19:00Z')!.average) - Number(so2(clean, '2026-01-05T19:00Z')!.average);
    expect(Math.abs(apart)).toBeLessThan(0.2);
  });

  it('spike out of range: the range check sees it as well, and a jump that is smaller than allowed is believed', async () => {
    const high = await run([{ kind: 'spike', ...at, minutes: 60, height: 200, count: 1 }]);
    expect(so2(high, '2026-01-05T19:00Z')).toMatchObject({ validMinutes: 58, leftOut: { H: 1, R: 1 } });
    const small = await run([{ kind: 'spike', ...at, minutes: 60, height: 30, count: 1 }]);
    expect(so2(small, '2026-01-05T19:00Z')).toMatchObject({ validMinutes: 60, leftOut: {} });
  });

  it('dropout: status N, then T when there has been no reading for longer than an hour; both hours are lost', async () => {
    const result = await run([{ kind: 'dropout', ...at, minutes: 120 }]);
    expect(so2(result, '2026-01-05T19:00Z')).toEqual({ average: null, validMinutes: 0, leftOut: { N: 60 } });
    expect(so2(result, '2026-01-05T20:00Z')).toEqual({ average: null, validMinutes: 0, leftOut: { T: 60 } });
    expect(so2(result, '2026-01-05T21:00Z')).toEqual(so2(clean, '2026-01-05T21:00Z'));
  });

  it('dropout of every fifth reading: the hour stays valid on the readings that are left', async () => {
    const result = await run([{ kind: 'dropout', ...at, minutes: 60, share: 0.2 }]);
    const { average, validMinutes, leftOut } = so2(result, '2026-01-05T19:00Z')!;
    expect(validMinutes + leftOut.N!).toBe(60);
    expect(leftOut.N).toBeGreaterThan(5);
    expect(average).not.toBeNull();
  });

  it('an analyser down: its minutes come with status X and no value, its hours are not valid, the others are', async () => {
    const result = await run([{ kind: 'outage', of: 'analyser', ...at, minutes: 120 }]);
    expect(so2(result, '2026-01-05T20:00Z')).toEqual({ average: null, validMinutes: 0, leftOut: { X: 60 } });
    expect(result.gaps()).toEqual([]);
    expect(result.hour('B1', '2026-01-05T20:00Z')!.values.noxRate).toEqual(
      clean.hour('B1', '2026-01-05T20:00Z')!.values.noxRate,
    );
  });

  it('an analyser down for three days: every minute of them is stored, without a value', async () => {
    const scene = { from: '2026-01-05T18:00Z', until: '2026-01-09T00:00Z', minutesPerMessage: 60 };
    const result = await run(
      [{ kind: 'outage', of: 'analyser', source: 'B1', from: '2026-01-05T20:00Z', minutes: 4320 }],
      scene,
    );
    expect(result.gaps()).toEqual([]);
    expect(result.minute('B1', '2026-01-08T19:59Z')!.statuses).toBe('XXXXXXXX');
    expect(result.minute('B1', '2026-01-08T20:00Z')!.statuses).not.toContain('X');
  });
});

describe('what the pipeline does not notice, because each reading by itself can be believed', () => {
  it('drift: the hours are wrong and valid; only the jump back at the repair is found, as R', async () => {
    const result = await run([{ kind: 'drift', ...at, minutes: 180, perHour: 20 }]);
    expect(so2(result, '2026-01-05T21:00Z')).toMatchObject({ validMinutes: 60, leftOut: {} });
    expect(Number(so2(result, '2026-01-05T21:00Z')!.average)).toBeGreaterThan(
      Number(so2(clean, '2026-01-05T21:00Z')!.average) + 45,
    );
    expect(so2(result, '2026-01-05T22:00Z')!.leftOut).toEqual({ R: 1 });
  });

  it('stale repeat: an hour that is sent again as the next one counts as the next one', async () => {
    const result = await run([{ kind: 'stale-repeat', source: 'B1', from: at.from, minutes: 60, block: 60 }]);
    expect(so2(result, '2026-01-05T19:00Z')).toEqual(so2(clean, '2026-01-05T18:00Z'));
    expect(result.hour('B1', '2026-01-05T19:00Z')!.values).toEqual(clean.hour('B1', '2026-01-05T18:00Z')!.values);
  });

  it('wrong calibration gas: calibration readings are in no average, and the adjusted analyser is believed', async () => {
    const morning = { from: '2026-01-06T12:00Z', until: '2026-01-06T16:00Z' };
    const right = await run([], morning);
    const gas = { kind: 'wrong-calibration-gas', source: 'B1', channel: 'so2', from: '2026-01-06T13:00Z', level: 0.8 };
    const wrong = await run([{ ...gas, minutes: 120 }], morning);
    // The bottle says 180 ppm and holds 144.
    expect(wrong.minute('B1', '2026-01-06T13:10Z')!.readings[0]).toBeCloseTo(144, 0);
    expect(so2(wrong, '2026-01-06T13:00Z')!.leftOut).toEqual({ C: 9 });
    expect(Number(so2(wrong, '2026-01-06T14:00Z')!.average)).toBeCloseTo(
      Number(so2(right, '2026-01-06T14:00Z')!.average) / 0.8,
      3,
    );
    expect(so2(wrong, '2026-01-06T15:00Z')).toEqual(so2(right, '2026-01-06T15:00Z'));
  });
});

describe('what the pipeline makes of an outage', () => {
  it('agent down: a gap of exactly those minutes, and an hour without a quadrant is not valid', async () => {
    const result = await run([{ kind: 'outage', of: 'agent', from: '2026-01-05T19:30Z', minutes: 90 }]);
    const gaps = result.gaps();
    expect([gaps.length, gaps[0], gaps.at(-1)]).toEqual([90, '2026-01-05T19:30Z', '2026-01-05T20:59Z']);
    expect(so2(result, '2026-01-05T19:00Z')).toMatchObject({ average: null, validMinutes: 30 });
    expect(result.hour('B1', '2026-01-05T20:00Z')).toBeUndefined();
    expect(so2(result, '2026-01-05T21:00Z')).toEqual(so2(clean, '2026-01-05T21:00Z'));
  });

  it('agent down for three days: 4,320 minutes are missing, and no other', async () => {
    const scene = { from: '2026-01-05T18:00Z', until: '2026-01-09T00:00Z', minutesPerMessage: 60 };
    const result = await run([{ kind: 'outage', of: 'agent', from: '2026-01-05T20:00Z', minutes: 4320 }], scene);
    const gaps = result.gaps();
    expect([gaps.length, gaps[0], gaps.at(-1)]).toEqual([4320, '2026-01-05T20:00Z', '2026-01-08T19:59Z']);
  });

  it('uplink down: every minute comes later, an hour to a message, and the hours are the same', async () => {
    const result = await run([{ kind: 'outage', of: 'uplink', from: '2026-01-05T19:30Z', minutes: 90 }]);
    expect(result.sent).toBe(clean.sent - 90 + 2);
    sameHours(result);
  });
});

describe('what the pipeline makes of a wrong clock', () => {
  it('an hour ahead: quarantined as FUTURE, minute by minute, until the clock is right', async () => {
    const result = await run([{ kind: 'clock-jump', from: '2026-01-05T19:00Z', minutes: 90, hours: 1 }]);
    expect(result.codes).toEqual(Array(90).fill('FUTURE'));
    expect(result.gaps()).toHaveLength(90);
    expect(so2(result, '2026-01-05T21:00Z')).toEqual(so2(clean, '2026-01-05T21:00Z'));
  });

  it('an hour back: the hour before is sent a second time, for each minute the greater one stays', async () => {
    const result = await run([{ kind: 'clock-jump', from: '2026-01-05T20:00Z', minutes: 60, hours: -1 }]);
    expect(result.codes).toEqual([]);
    const gaps = result.gaps();
    expect([gaps.length, gaps[0], gaps.at(-1)]).toEqual([60, '2026-01-05T20:00Z', '2026-01-05T20:59Z']);
    for (let minute = 0; minute < 60; minute++) {
      const text = `2026-01-05T19:${String(minute).padStart(2, '0')}Z`;
      const [first, second] = [text, text.replace('T19', 'T20')].map((one) => clean.minute('B1', one)!);
      // Of equal revisions the one with more seconds fired stays, then the one with the higher load.
      const greater = second!.grossLoad! > first!.grossLoad! ? second! : first!;
      expect(result.minute('B1', text)).toEqual({ ...greater, minute: first!.minute });
    }
  });

  it('15 minutes ahead are taken, and leave a gap behind them; 16 are quarantined', async () => {
    const ahead = (minutes: number) => ({
      kind: 'clock-skew',
      from: '2026-01-05T19:00Z',
      minutes: 90,
      seconds: 60 * minutes,
    });
    // A message is sent when its minute has ended, a minute after it began: 16 minutes ahead are 15 then.
    const taken = await run([ahead(16)]);
    expect(taken.codes).toEqual([]);
    expect(taken.gaps()).toHaveLength(16);
    const refused = await run([ahead(17)]);
    expect(refused.codes).toEqual(Array(90).fill('FUTURE'));
  });

  it('150 s ahead: two minutes are missing where it began, and readings are half a minute old', async () => {
    const result = await run([{ kind: 'clock-skew', from: '2026-01-05T19:30Z', minutes: 90, seconds: 150 }]);
    expect(result.codes).toEqual([]);
    expect(result.gaps()).toEqual(['2026-01-05T19:30Z', '2026-01-05T19:31Z']);
    expect(result.hour('B1', '2026-01-05T19:00Z')!.minutes).toBe(58);
  });
});

describe('what the pipeline makes of messages in trouble', () => {
  const hour = { from: '2026-01-05T19:00Z', minutes: 90 };

  it.each([
    ['duplicate', { kind: 'duplicate', ...hour }],
    ['reorder', { kind: 'reorder', ...hour, messages: 60 }],
    ['late by more than three hours', { kind: 'late', ...hour, share: 0.5, held: 200 }],
  ])('%s: nothing is quarantined and every hour is the same', async (_, fault) => {
    const result = await run([fault]);
    expect(result.codes).toEqual([]);
    expect(result.truth.faults[0]!.places.length).toBeGreaterThan(20);
    sameHours(result);
  });
});

describe('the ground truth', () => {
  it('names of each fault exactly the stored minutes that differ', async () => {
    const result = await run([{ kind: 'stuck', ...at, minutes: 50 }]);
    const channel = plan.sources[0]!.versions[0]!.channels.find((one) => one.channel === 'so2')!;
    const different = result.stored
      .filter(({ sourceId, minute, readings }) => {
        const before = clean.stored.find((one) => one.sourceId === sourceId && one.minute === minute)!;
        return before.readings[channel.position - 1] !== readings[channel.position - 1];
      })
      .map(({ minute }) => textOfMinute(minute));
    const told = result.truth.faults[0]!.places.flatMap(({ source, channel: name, from, until }) => {
      expect([source, name]).toEqual(['B1', 'so2']);
      return clean.stored
        .filter(
          ({ sourceId, minute }) => sourceId === 1 && textOfMinute(minute) >= from && textOfMinute(minute) < until,
        )
        .map(({ minute }) => textOfMinute(minute));
    });
    expect(told.sort()).toEqual([...new Set(different)].sort());
  });
});
