import type { Status } from '#core/contracts/status';
import type { Noise } from './noise.ts';

const DAY = 86_400;

/** What goes on in a unit at one moment, before any analyser has looked at it. */
export interface Process {
  /** Gross load, MW. */
  readonly load: number;
  /** True values by channel, in the units of the plan. */
  readonly values: Readonly<Record<string, number>>;
}

export interface Analyser {
  readonly channel: string;
  /** Resolution of the minute value. */
  readonly decimals: number;
  /** Standard deviation of one reading. */
  readonly noise: number;
  /** Reads bottles of zero and span gas once a day. */
  readonly span?: number;
}

/** A unit of the simulated plant. Times are seconds since 1970 on the plant's clock (standard time). */
export interface SimulatedUnit {
  readonly source: string;
  readonly analysers: readonly Analyser[];
  /** Second of the day at which its analysers begin their daily calibration. */
  readonly calibrationAt: number;
  fired(second: number): boolean;
  process(second: number): Process;
}

export interface Reading {
  readonly value: number | null;
  readonly status: Status;
}

/** Zero gas, span gas, purge. Within one quarter of an hour, which keeps valid minutes before and after. */
const ZERO_SECONDS = 240;
const SPAN_SECONDS = 240;
const PURGE_SECONDS = 60;

/** About one reading in 500 gets lost between analyser and agent. */
const LOST = 0.002;
/** About one hour in 100 begins with two minutes in which a unit's analysers do not answer. */
const SILENT_HOURS = 0.01;
const SILENT_SECONDS = 120;

/** Reads one analyser of a unit, as the agent's scan does. `stream` sets the unit's noise apart from the others'. */
export const readAnalyser = (
  unit: SimulatedUnit,
  { channel, noise: deviation, span }: Analyser,
  process: Process | undefined,
  second: number,
  noise: Noise,
  stream: number,
): Reading => {
  const scan = Math.floor(second / 10);
  if (noise.unit(stream, scan) < LOST) return { value: null, status: 'N' };
  const hour = Math.floor(second / 3600);
  if (second % 3600 < SILENT_SECONDS && noise.unit(1, hour) < SILENT_HOURS) return { value: null, status: 'X' };
  const shot = deviation * noise.shot(stream, scan);
  const sinceCalibration = (second % DAY) - unit.calibrationAt;
  if (span !== undefined && sinceCalibration >= 0) {
    if (sinceCalibration < ZERO_SECONDS) return { value: shot, status: 'C' };
    if (sinceCalibration < ZERO_SECONDS + SPAN_SECONDS) return { value: span + shot, status: 'C' };
    if (sinceCalibration < ZERO_SECONDS + SPAN_SECONDS + PURGE_SECONDS) return { value: null, status: 'C' };
  }
  if (!process) return { value: null, status: 'O' };
  return { value: process.values[channel]! + shot, status: 'V' };
};

/** 0 at four in the morning, 1 at four in the afternoon: the demand for power through a day. */
export const demand = (second: number): number =>
  0.5 - 0.5 * Math.cos((2 * Math.PI * ((second % DAY) - 4 * 3600)) / DAY);

/** 0 before `begin`, 1 after `end`, straight between. */
export const ramp = (second: number, begin: number, end: number): number =>
  Math.min(1, Math.max(0, (second - begin) / (end - begin)));

/** Barometric pressure at the stack, inHg: weather passing over half a day. */
export const pressure = (noise: Noise, second: number): number => 27.2 + 0.25 * noise.wander(2, second, 43_200);
