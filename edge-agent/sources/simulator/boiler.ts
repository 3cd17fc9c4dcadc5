import type { Noise } from './noise.ts';
import { demand, pressure, ramp, type SimulatedUnit } from './plant.ts';

const DAY = 86_400;
const HOUR = 3600;
const MAX_LOAD = 250;
/** Bituminous coal, 40 CFR 75 App. F Table 1. */
const FC = 1800;
const FD = 9780;

/**
 * B1: a 250 MW boiler on bituminous coal with a wet scrubber. It runs for days; about one day in eight it is shut down
 * at ten in the evening and started again at six.
 *
 * Heat input follows load, CO2 follows excess air, and flow follows both by Eq. F-15 turned round; SO2 and NOx are
 * wandering emission rates put into that gas. Once a day the scrubber loses a pump for two to four hours and SO2 rises
 * by 15 to 65 %: on some days that is too much for the permit.
 */
export const boiler = (noise: Noise): SimulatedUnit => {
  const offTonight = (day: number) => noise.unit(10, day) < 0.125;
  /** End of the last start and beginning of the next shut-down, where there are any near. */
  const start = (day: number) =>
    offTonight(day - 1) ? day * DAY + 6 * HOUR + Math.floor(noise.unit(11, day) * 1800) : undefined;
  const stop = (day: number) =>
    offTonight(day) ? day * DAY + 22 * HOUR + Math.floor(noise.unit(12, day) * 1800) : undefined;
  const fired = (second: number) => {
    const day = Math.floor(second / DAY);
    return second >= (start(day) ?? 0) && second < (stop(day) ?? Number.POSITIVE_INFINITY);
  };
  const scrubber = (second: number) => {
    const day = Math.floor(second / DAY);
    const begin = day * DAY + (10 + 4 * noise.unit(13, day)) * HOUR;
    const end = begin + (2 + 2 * noise.unit(14, day)) * HOUR;
    const lost = ramp(second, begin, begin + 600) - ramp(second, end, end + 1800);
    return 1 + lost * (0.15 + 0.5 * noise.unit(15, day));
  };
  return {
    source: 'B1',
    calibrationAt: 6 * HOUR + 5 * 60,
    analysers: [
      { channel: 'so2', decimals: 1, noise: 0.6, span: 180 },
      { channel: 'nox', decimals: 1, noise: 0.8, span: 270 },
      { channel: 'co2', decimals: 2, noise: 0.05, span: 18 },
      { channel: 'o2', decimals: 2, noise: 0.05, span: 21 },
      { channel: 'flow', decimals: -3, noise: 120_000 },
      { channel: 'moisture', decimals: 2, noise: 0.08 },
      { channel: 'temperature', decimals: 1, noise: 0.6 },
      { channel: 'pressure', decimals: 3, noise: 0.004 },
    ],
    fired,
    process(second) {
      const day = Math.floor(second / DAY);
      const begin = start(day);
      const end = stop(day);
      const startUp = begin === undefined ? 1 : ramp(second, begin, begin + 3 * HOUR);
      const shutDown = end === undefined ? 0 : ramp(second, end - HOUR, end);
      const dispatched = 0.55 + 0.36 * demand(second) + 0.05 * noise.wander(20, second, 2700);
      const part = Math.max(0.12, dispatched * startUp * (1 - 0.75 * shutDown));
      const heat = (60 + 9.6 * MAX_LOAD * part) * (1 + 0.01 * noise.wander(21, second, 5400));
      const co2 = 10.2 + 2.2 * part + 0.25 * noise.wander(22, second, 1800);
      const flow = (heat * FC * 100) / co2;
      const moisture = 8.6 + 0.8 * part + 0.4 * noise.wander(23, second, 7200);
      const dry = 1 - moisture / 100;
      const so2Rate = 0.13 * (1 + 0.18 * noise.wander(24, second, 21_600) + 0.08 * noise.wander(25, second, 2400));
      const noxRate =
        0.19 *
        (1 + 0.15 * (part - 0.7) + 0.08 * noise.wander(26, second, 18_000) + 0.05 * noise.wander(27, second, 1500));
      return {
        load: MAX_LOAD * part,
        values: {
          so2: (so2Rate * scrubber(second) * heat) / (1.66e-7 * flow),
          nox: (noxRate * co2) / (1.194e-7 * FC * 100),
          co2,
          // Oxygen that fits the CO2, by Eq. F-14A turned round and taken to the wet basis.
          o2: (20.9 - ((co2 / dry) * FD * 20.9) / (100 * FC)) * dry,
          flow,
          moisture,
          temperature: 128 + 14 * part + 2 * noise.wander(28, second, 3600),
          pressure: pressure(noise, second),
        },
      };
    },
  };
};
