import { MAX_MINUTES } from '#core/contracts/measurement-message';
import type { MonitoringPlan, SourcePlan } from '#core/contracts/monitoring-plan';
import { NOT_FITTED } from '#core/contracts/status';
import type { Clock } from '../../clock.ts';
import { wrongClockAt } from '../../faults/agent-clock.ts';
import { minuteFaults, withFaults } from '../../faults/minute-faults.ts';
import { isDuring, type Numbered } from '../../faults/script.ts';
import { type FacilityMinutes, join, type SourceMinutes } from '../../message/facility-minutes.ts';
import { minuteMean, type Sample } from '../../minute/minute-mean.ts';
import type { Source } from '../source.ts';
import { anyUnit } from './any-unit.ts';
import { boiler } from './boiler.ts';
import { type Noise, noiseOf } from './noise.ts';
import { readAnalyser, type SimulatedUnit } from './plant.ts';
import { turbine } from './turbine.ts';

/** The analysers are scanned every ten seconds. */
const SCANS_PER_MINUTE = 6;
const MINUTE_MS = 60_000;

export interface SimulatorOptions {
  readonly seed: number;
  /** First minute on the very first start; later the source goes on after the last minute that was buffered. */
  readonly from: number;
  /** The minute before which it stops; undefined: never. */
  readonly until?: number | undefined;
  /** Simulated minutes per second of wall time while it lies behind; it never runs ahead of now. */
  readonly speed: 'max' | number;
  /** What goes wrong at the plant; faults of messages are not the source's matter. */
  readonly faults?: readonly Numbered[] | undefined;
}

/** The units of the plan: a boiler or a turbine where the plan has the channels of one, else a unit made from the plan. */
const unitsOf = (plan: MonitoringPlan, noise: Noise): SimulatedUnit[] => {
  const known = [boiler(noise), turbine(noise)];
  return plan.sources.map((source, index) => known.find((unit) => fits(unit, source)) ?? anyUnit(source, noise, index));
};

const fits = (unit: SimulatedUnit, { source, versions }: SourcePlan): boolean =>
  unit.source === source &&
  versions.every(({ channels }) =>
    channels.every(({ channel }) => unit.analysers.some((analyser) => analyser.channel === channel)),
  );

const firedSecondsIn = (unit: SimulatedUnit, begin: number): number => {
  const first = unit.fired(begin);
  if (first === unit.fired(begin + 59)) return first ? 60 : 0;
  let seconds = 0;
  for (let second = begin; second < begin + 60; second++) if (unit.fired(second)) seconds++;
  return seconds;
};

/** One minute of one unit: six scans of its analysers, put through the one-minute layer. It begins `early` seconds too soon. */
const sourceMinute = (
  unit: SimulatedUnit,
  index: number,
  minute: number,
  offset: number,
  channels: readonly string[],
  noise: Noise,
  early: number,
): SourceMinutes => {
  const begin = (minute + offset) * 60 - early;
  const samples = unit.analysers.map((): Sample[] => []);
  let load = 0;
  let firedScans = 0;
  for (let scan = 0; scan < SCANS_PER_MINUTE; scan++) {
    const second = begin + (scan * 60) / SCANS_PER_MINUTE;
    const process = unit.fired(second) ? unit.process(second) : undefined;
    if (process) {
      load += process.load;
      firedScans++;
    }
    for (const [a, analyser] of unit.analysers.entries()) {
      const reading = readAnalyser(unit, analyser, process, second, noise, 100 * (index + 1) + a);
      samples[a]!.push({ at: second + early - offset * 60, ...reading });
    }
  }
  const readings: (number | null)[] = [];
  let statuses = '';
  for (const channel of channels) {
    const a = unit.analysers.findIndex((analyser) => analyser.channel === channel);
    const mean = a < 0 ? undefined : minuteMean(samples[a]!, minute, SCANS_PER_MINUTE, unit.analysers[a]!.decimals);
    readings.push(mean?.value ?? null);
    statuses += mean?.status ?? NOT_FITTED;
  }
  return {
    source: unit.source,
    revision: 0,
    firedSeconds: [firedSecondsIn(unit, begin)],
    grossLoad: [firedScans === 0 ? 0 : Math.round((load / firedScans) * 10) / 10],
    readings,
    statuses,
  };
};

export interface Plant {
  /** A minute without faults, one that begins `early` seconds before its time. */
  cleanMinute(minute: number, early?: number): FacilityMinutes;
}

/** The minutes of a plant that does not exist, each a function of the seed and the minute alone. */
export const simulatedPlant = (plan: MonitoringPlan, seed: number): Plant => {
  const noise = noiseOf(seed);
  const units = unitsOf(plan, noise);
  const channels = [...new Set(units.flatMap((unit) => unit.analysers.map(({ channel }) => channel)))];
  return {
    cleanMinute: (minute, early = 0) => ({
      start: minute,
      minutes: 1,
      channels,
      sources: units.map((unit, u) => sourceMinute(unit, u, minute, plan.utcOffsetMinutes, channels, noise, early)),
    }),
  };
};

const minutesIn = (from: number, until: number, faults: readonly Numbered[]): number => {
  const silent = faults.filter(({ fault }) => fault.kind === 'outage' && fault.of === 'agent');
  if (silent.length === 0 || !Number.isFinite(until)) return Math.max(0, until - from);
  let count = 0;
  for (let minute = from; minute < until; minute++) if (!silent.some((one) => isDuring(one, minute))) count++;
  return count;
};

/**
 * A plant that does not exist: seeded, and the same minutes for the same seed whenever it is started.
 * It runs fast through the past, and at now gives each minute when it has ended.
 */
export const simulator = (
  plan: MonitoringPlan,
  { seed, from: first, until = Number.POSITIVE_INFINITY, speed, faults = [] }: SimulatorOptions,
  clock: Clock,
): Source => {
  const plant = simulatedPlant(plan, seed);
  const going = minuteFaults(faults, plant.cleanMinute, seed);
  const minuteAt = (minute: number): FacilityMinutes | undefined =>
    withFaults(plant.cleanMinute(minute, wrongClockAt(faults, minute).early), going);
  const endedMinutes = () => Math.floor(clock.now() / MINUTE_MS);
  // Behind now, a block is what the speed gives in a quarter of a second, at most to the end of its clock hour.
  const blockMinutes = speed === 'max' ? MAX_MINUTES : Math.max(1, Math.min(MAX_MINUTES, Math.round(speed / 4)));

  return {
    key: `simulator ${seed}`,
    ...(Number.isFinite(until) ? { totalMinutes: minutesIn(first, until, faults) } : {}),
    minutesBefore: (from) => minutesIn(first, Math.min(from, until), faults),
    async *minutes(from = first, signal) {
      let minute = from;
      while (minute < until && !signal.aborted) {
        const ready = Math.min(endedMinutes(), until) - minute;
        if (ready <= 0) {
          await clock.sleep((minute + 1) * MINUTE_MS - clock.now(), signal);
          continue;
        }
        const count = Math.min(ready, blockMinutes, 60 - (minute % 60));
        yield* inRow(Array.from({ length: count }, (_, i) => minuteAt(minute + i)));
        minute += count;
        if (speed !== 'max' && ready > count) await clock.sleep((1000 * count) / speed, signal);
      }
    },
  };
};

/** Joins minutes that follow one another; where one is missing, a new block begins. */
function* inRow(minutes: readonly (FacilityMinutes | undefined)[]): Generator<FacilityMinutes> {
  let row: FacilityMinutes[] = [];
  for (const minute of [...minutes, undefined]) {
    if (minute) row.push(minute);
    else if (row.length > 0) {
      yield join(row);
      row = [];
    }
  }
}
