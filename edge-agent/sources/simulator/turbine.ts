import type { Noise } from './noise.ts';
import { demand, pressure, ramp, type SimulatedUnit } from './plant.ts';

const DAY = 86_400;
const HOUR = 3600;
const MAX_LOAD = 170;
/** Pipeline natural gas, Btu/100 scf; the plan says the same. */
const GCV = 103_000;
const FD = 8710;

/**
 * GT1: a 170 MW gas turbine with dry low-NOx burners, started every morning and stopped every evening; about one day
 * in ten it stays off. Below 55 % of load the burners cannot premix and NOx is several times higher, so that the hours
 * of start-up and shut-down stand out, as they do in the records of real turbines.
 */
export const turbine = (noise: Noise): SimulatedUnit => {
  const runs = (day: number) => noise.unit(40, day) >= 0.1;
  const start = (day: number) => day * DAY + Math.floor((5.5 + 2 * noise.unit(41, day)) * HOUR);
  const stop = (day: number) => day * DAY + Math.floor((21 + 2.5 * noise.unit(42, day)) * HOUR);
  const fired = (second: number) => {
    const day = Math.floor(second / DAY);
    return runs(day) && second >= start(day) && second < stop(day);
  };
  return {
    source: 'GT1',
    calibrationAt: 13 * HOUR + 5 * 60,
    analysers: [
      { channel: 'nox', decimals: 2, noise: 0.12, span: 60 },
      { channel: 'o2', decimals: 2, noise: 0.04, span: 21 },
      { channel: 'flow', decimals: -3, noise: 150_000 },
      { channel: 'moisture', decimals: 2, noise: 0.08 },
      { channel: 'temperature', decimals: 1, noise: 1.5 },
      { channel: 'pressure', decimals: 3, noise: 0.004 },
      { channel: 'gas', decimals: 0, noise: 25 },
    ],
    fired,
    process(second) {
      const day = Math.floor(second / DAY);
      const begin = start(day);
      const end = stop(day);
      const upAndDown =
        0.05 + 0.95 * ramp(second, begin + 12 * 60, begin + 27 * 60) - 0.95 * ramp(second, end - 12 * 60, end);
      const part = upAndDown * (0.7 + 0.25 * demand(second) + 0.03 * noise.wander(50, second, 1200));
      const heat = MAX_LOAD * (2.2 + 7.6 * part) * (1 + 0.008 * noise.wander(51, second, 3600));
      const o2 = 15 + 1.8 * (1 - part) ** 1.5 + 0.08 * noise.wander(52, second, 2400);
      const moisture = 7.5 + 0.8 * part + 0.3 * noise.wander(53, second, 7200);
      const at15 =
        8.5 * (1 + 0.1 * noise.wander(54, second, 10_800) + 0.06 * noise.wander(55, second, 1200)) +
        80 * Math.max(0, 0.55 - part);
      return {
        load: MAX_LOAD * part,
        values: {
          nox: (at15 * (20.9 - o2)) / 5.9,
          o2,
          flow: (heat * FD * 20.9) / (20.9 - o2) / (1 - moisture / 100),
          moisture,
          temperature: 620 + 480 * Math.sqrt(Math.max(0, part)) + 4 * noise.wander(56, second, 3600),
          pressure: pressure(noise, second),
          gas: (heat * 1e6) / GCV,
        },
      };
    },
  };
};
