import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { measurementMessage } from '#core/contracts/measurement-message';
import { monitoringPlan } from '#core/contracts/monitoring-plan';
import { computeHour } from '#core/hour/compute-hour';
import type { LookBack } from '#core/quality/look-back';
import { minuteOfText, textOfMinute } from '#core/time';
import { planDefects } from '#core/validation/plan-defects';
import { numbered } from '../../../edge-agent/faults/script.ts';
import { cut, type FacilityMinutes, join } from '../../../edge-agent/message/facility-minutes.ts';
import { simulatedPlant, simulator } from '../../../edge-agent/sources/simulator/simulator.ts';
import { fakeClock } from '../fakes.ts';

const plan = monitoringPlan.parse(JSON.parse(readFileSync('edge-agent/sources/simulator/plant.plan.json', 'utf8')));
const NOW = minuteOfText('2026-03-10T12:00Z');
const never = new AbortController().signal;

const run = async (from: number, until: number, seed = 1, resume?: number) => {
  const clock = fakeClock(NOW * 60_000);
  const source = simulator(plan, { seed, from, until, speed: 'max' }, clock);
  const blocks: FacilityMinutes[] = [];
  for await (const block of source.minutes(resume, never)) blocks.push(block);
  return blocks;
};

const singles = (blocks: readonly FacilityMinutes[]) =>
  blocks.flatMap((block) => Array.from({ length: block.minutes }, (_, i) => cut(block, i, i + 1)));

describe('the plan of the simulated plant', () => {
  it('keeps the contract and has no defects', () => {
    expect(planDefects(plan)).toEqual([]);
  });

  it('says of every limit that its permit is fictional', () => {
    const citations = plan.sources.flatMap(({ versions }) =>
      versions.flatMap(({ limits }) => limits.flatMap((limit) => limit.versions.map(({ citation }) => citation))),
    );
    expect(citations.length).toBeGreaterThan(2);
    for (const citation of citations) expect(citation).toMatch(/^Fictional permit/);
  });
});

describe('the simulated plant', () => {
  it('gives the same minutes for the same seed, and others for another', async () => {
    const day = await run(NOW - 1440, NOW);
    expect(await run(NOW - 1440, NOW)).toEqual(day);
    expect(await run(NOW - 1440, NOW, 2)).not.toEqual(day);
  });

  it('goes on after a restart with the minutes that it would have given anyway', async () => {
    const whole = singles(await run(NOW - 300, NOW));
    // An end is no end of time: a later run with a later end goes on where this one ended.
    const first = singles(await run(NOW - 300, NOW - 137));
    const second = singles(await run(NOW - 300, NOW, 1, NOW - 137));
    expect([...first, ...second]).toEqual(whole);
  });

  it('gives messages that keep the measurement contract', async () => {
    for (const block of await run(NOW - 2880, NOW))
      measurementMessage.parse({ v: 1, ...block, start: textOfMinute(block.start) });
  });

  it('never gives a minute that has not ended, and then gives each when it has', async () => {
    const clock = fakeClock(NOW * 60_000 + 12_345);
    const source = simulator(plan, { seed: 1, from: NOW - 3, until: NOW + 3, speed: 'max' }, clock);
    const given: [number, number, number][] = [];
    for await (const { start, minutes } of source.minutes(undefined, never))
      given.push([start - NOW, minutes, clock.now()]);
    expect(given).toEqual([
      [-3, 3, NOW * 60_000 + 12_345],
      [0, 1, (NOW + 1) * 60_000],
      [1, 1, (NOW + 2) * 60_000],
      [2, 1, (NOW + 3) * 60_000],
    ]);
  });

  it('runs through the past at the given speed: 120 minutes a second are an hour in half a second', async () => {
    const clock = fakeClock(NOW * 60_000);
    const source = simulator(plan, { seed: 1, from: NOW - 60, until: NOW, speed: 120 }, clock);
    for await (const { minutes } of source.minutes(undefined, never)) expect(minutes).toBeLessThanOrEqual(30);
    expect(clock.now() - NOW * 60_000).toBeLessThanOrEqual(500);
    expect(clock.now() - NOW * 60_000).toBeGreaterThanOrEqual(250);
  });

  it('stops soon after it is told to', async () => {
    const stop = new AbortController();
    const source = simulator(plan, { seed: 1, from: NOW - 6000, speed: 'max' }, fakeClock(NOW * 60_000));
    let blocks = 0;
    for await (const _ of source.minutes(undefined, stop.signal)) if (++blocks === 3) stop.abort();
    expect(blocks).toBe(3);
  });

  it('makes a unit from the plan where it knows none of that name with those channels', async () => {
    const other = { ...plan, sources: plan.sources.map((source) => ({ ...source, source: `X${source.source}` })) };
    const source = simulator(other, { seed: 1, from: NOW - 1440, until: NOW, speed: 'max' }, fakeClock(NOW * 60_000));
    let fired = 0;
    for await (const block of source.minutes(undefined, never)) {
      measurementMessage.parse({ v: 1, ...block, start: textOfMinute(block.start) });
      fired += block.sources[0]!.firedSeconds.reduce((sum, seconds) => sum + seconds, 0);
    }
    expect(fired).toBeGreaterThan(12 * 3600);
  });

  it('reads channels it does not know inside their range, and steadily enough for the checks of the plan', () => {
    const other = { ...plan, sources: plan.sources.map((source) => ({ ...source, source: `X${source.source}` })) };
    const { cleanMinute } = simulatedPlant(other, 1);
    const minutes = Array.from({ length: 1440 }, (_, i) => cleanMinute(NOW - 1440 + i));
    let jumps = 0;
    let valid = 0;
    for (const [s, { versions }] of other.sources.entries())
      for (const { channel, range, maxChangePerMinute } of versions[0]!.channels) {
        const column = minutes[0]!.channels.indexOf(channel);
        let before: number | undefined;
        for (const { sources } of minutes) {
          const value = sources[s]!.statuses[column] === 'V' ? sources[s]!.readings[column]! : undefined;
          if (value !== undefined) {
            valid++;
            if (value < range.low || value > range.high) throw new Error(`${channel} reads ${value}`);
            if (before !== undefined && Math.abs(value - before) > maxChangePerMinute!) jumps++;
          }
          before = value;
        }
      }
    expect(valid).toBeGreaterThan(10_000);
    expect(jumps).toBe(0);
  });
});

describe('the simulated plant with a fault script', () => {
  const outage = { kind: 'outage', of: 'agent', from: textOfMinute(NOW - 100), minutes: 50 } as const;
  const stuck = { kind: 'stuck', source: 'B1', from: textOfMinute(NOW - 280), minutes: 200 } as const;
  const faulty = async (from: number, resume?: number) => {
    const faults = numbered([stuck, outage]);
    const source = simulator(plan, { seed: 1, from, until: NOW, speed: 'max', faults }, fakeClock(NOW * 60_000));
    const blocks: FacilityMinutes[] = [];
    for await (const block of source.minutes(resume, never)) blocks.push(block);
    return { source, minutes: singles(blocks) };
  };

  it('has the same faults after a restart in the middle of them', async () => {
    const whole = await faulty(NOW - 300);
    const rest = await faulty(NOW - 300, NOW - 150);
    expect(rest.minutes).toEqual(whole.minutes.filter(({ start }) => start >= NOW - 150));
    const column = whole.minutes[0]!.channels.indexOf('nox');
    expect(new Set(rest.minutes.slice(0, 50).map(({ sources }) => sources[0]!.readings[column])).size).toBe(1);
  });

  it('does not make the minutes of an outage of the agent, and does not count them', async () => {
    const { source, minutes } = await faulty(NOW - 300);
    expect(minutes).toHaveLength(250);
    expect(source.totalMinutes).toBe(250);
    expect(source.minutesBefore(NOW - 60)).toBe(200);
  });
});

describe('two weeks of the simulated plant, computed by the rules', async () => {
  const from = Math.floor(NOW / 60) * 60 - 14 * 1440;
  const blocks = (await run(from, NOW)).filter(({ sources }) => sources.length > 0);
  const hours = new Map<number, FacilityMinutes[]>();
  for (const block of blocks) {
    const hour = Math.floor(block.start / 60);
    hours.set(hour, [...(hours.get(hour) ?? []), block]);
  }
  const documents = plan.sources.map((source, s) => {
    let before: LookBack | undefined;
    return [...hours].map(([hour, parts]) => {
      const { channels, start, sources } = join(parts);
      const version = source.versions[0]!;
      const width = Math.max(...version.channels.map(({ position }) => position));
      const { firedSeconds, grossLoad, readings, statuses } = sources[s]!;
      const places = Array.from({ length: width }, (_, i) =>
        channels.indexOf(version.channels.find(({ position }) => position === i + 1)!.channel),
      );
      const computed = computeHour({
        plan,
        source,
        hour,
        before,
        minutes: firedSeconds.map((seconds, i) => ({
          sourceId: s,
          minute: start + i,
          revision: 0,
          firedSeconds: seconds,
          grossLoad: grossLoad[i]!,
          readings: places.map((place) => readings[i * channels.length + place]!),
          statuses: places.map((place) => statuses[i * channels.length + place]!).join(''),
        })),
      });
      before = computed.lookBack;
      return computed.document;
    });
  });
  const operating = documents.map((list) => list.filter(({ operatingTime }) => Number(operatingTime) > 0));
  const [boiler, turbine] = operating;
  const numbers = (list: typeof boiler, parameter: 'noxRate' | 'so2MassRate' | 'heatInputRate') =>
    list!.flatMap(({ values }) => (values[parameter]?.value ? [Number(values[parameter].value)] : []));

  it('has every value in all but a few operating hours', () => {
    for (const list of operating) {
      const complete = list.filter(({ values }) => Object.values(values).every(({ value }) => value !== null));
      expect(complete.length / list.length).toBeGreaterThan(0.98);
    }
  });

  it('runs the boiler nearly always and the turbine by day, with partial hours at start and stop', () => {
    expect(boiler!.length).toBeGreaterThan(250);
    expect(turbine!.length).toBeGreaterThan(150);
    expect(turbine!.length).toBeLessThan(280);
    expect(turbine!.some(({ operatingTime }) => Number(operatingTime) < 1)).toBe(true);
  });

  it('has no reading out of range, and next to none that a check of the plan takes for stuck or too fast', () => {
    let minutes = 0;
    let findings = 0;
    for (const { channels } of documents.flat())
      for (const { validMinutes, leftOut } of Object.values(channels)) {
        minutes += validMinutes;
        expect(leftOut.H ?? 0).toBe(0);
        expect(leftOut.L ?? 0).toBe(0);
        findings += (leftOut.R ?? 0) + (leftOut.S ?? 0);
      }
    expect(findings / minutes).toBeLessThan(0.0005);
  });

  it('calibrates the gas analysers of both units every day', () => {
    for (const list of operating) {
      const days = new Set(list.map(({ date }) => date));
      const calibrated = new Set(list.filter(({ channels }) => channels.nox!.leftOut.C).map(({ date }) => date));
      expect(calibrated.size).toBeGreaterThan(days.size * 0.7);
    }
  });

  it('has rates as such units have them', () => {
    // Bituminous coal with a scrubber: 0.1 to 0.3 lb/mmBtu; a turbine with dry low-NOx burners: 0.03 once it is warm.
    for (const rate of numbers(boiler, 'noxRate')) expect(rate).toBeGreaterThan(0.1);
    for (const rate of numbers(boiler, 'noxRate')) expect(rate).toBeLessThan(0.3);
    const turbineRates = numbers(turbine, 'noxRate').sort((a, b) => a - b);
    expect(turbineRates[Math.floor(turbineRates.length / 2)]).toBeGreaterThan(0.02);
    expect(turbineRates[Math.floor(turbineRates.length / 2)]).toBeLessThan(0.045);
    for (const rate of numbers(boiler, 'heatInputRate')) expect(rate).toBeLessThan(2800);
    for (const rate of numbers(turbine, 'heatInputRate')) expect(rate).toBeLessThan(1800);
  });

  it('comes near the limits of its permit, and goes over one now and then', () => {
    const so2 = numbers(boiler, 'so2MassRate');
    const threeHours = so2.slice(2).map((_, i) => (so2[i]! + so2[i + 1]! + so2[i + 2]!) / 3);
    const over = threeHours.filter((average) => average > 440).length;
    expect(over).toBeGreaterThan(0);
    expect(over / threeHours.length).toBeLessThan(0.15);
    expect(threeHours.filter((average) => average > 0.85 * 440).length).toBeGreaterThan(over);
  });
});
