import type { Channel, SourcePlan } from '#core/contracts/monitoring-plan';
import type { Noise } from './noise.ts';
import { type Analyser, demand, ramp, type SimulatedUnit } from './plant.ts';

const DAY = 86_400;
const HOUR = 3600;
const MAX_LOAD = 100;
/** Each unit's streams of noise begin here, apart from those of the boiler and the turbine. */
const FIRST_STREAM = 100_000;

/** EPA's codes of gas concentrations: their analysers read bottles of calibration gas once a day. */
const CALIBRATED = /^(SO2|NOX|CO2|O2|CO|HG|HCL|HF|NH3)C?$/;

const decimalsOf = ({ range }: Channel): number =>
  Math.max(-6, Math.min(6, 4 - Math.ceil(Math.log10(range.high - range.low))));

/** The latest word of the plan on each channel. */
const channelsOf = ({ versions }: SourcePlan): readonly Channel[] => [
  ...new Map(versions.flatMap(({ channels }) => channels.map((one) => [one.channel, one] as const))).values(),
];

/**
 * A unit of which only its channels are known: each reads between a quarter and three quarters of its range, follows
 * the load and wanders. It is fired from about five to about ten every day but one in ten. Nothing fits together by
 * chemistry: it shows a pipeline readings of the right form, not a plant.
 */
export const anyUnit = (source: SourcePlan, noise: Noise, index: number): SimulatedUnit => {
  const stream = FIRST_STREAM + 1000 * index;
  const channels = channelsOf(source);
  const runs = (day: number) => noise.unit(stream, day) >= 0.1;
  const start = (day: number) => day * DAY + Math.floor((5 + noise.unit(stream + 1, day)) * HOUR);
  const stop = (day: number) => day * DAY + Math.floor((21.5 + noise.unit(stream + 2, day)) * HOUR);
  return {
    source: source.source,
    calibrationAt: (6 + (index % 12)) * HOUR + 5 * 60,
    analysers: channels.map(
      (channel): Analyser => ({
        channel: channel.channel,
        decimals: decimalsOf(channel),
        noise: 0.0004 * (channel.range.high - channel.range.low),
        ...(CALIBRATED.test(channel.parameter) ? { span: 0.9 * channel.range.high } : {}),
      }),
    ),
    fired(second) {
      const day = Math.floor(second / DAY);
      return runs(day) && second >= start(day) && second < stop(day);
    },
    process(second) {
      const day = Math.floor(second / DAY);
      const upAndDown = ramp(second, start(day), start(day) + 1800) - ramp(second, stop(day) - 1800, stop(day));
      const part = 0.2 + upAndDown * (0.5 + 0.3 * demand(second));
      const values = channels.map(({ channel, range }, c) => {
        const level = 0.35 + 0.25 * part + 0.1 * noise.wander(stream + 10 + c, second, 5400);
        return [channel, range.low + level * (range.high - range.low)];
      });
      return { load: MAX_LOAD * part, values: Object.fromEntries(values) };
    },
  };
};
