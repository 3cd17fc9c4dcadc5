/**
 * Minutes from EPA's published hours.
 *
 * The hours are real, the minutes are reconstructed: each analyser is taken to have read one and the same value in
 * every minute in which fuel was fired, the value from which the regulation's equations give the published hour again.
 * So a replay proves the pipeline (nothing lost, doubled, or rounded in the wrong place), not the equations, and says
 * nothing about how the plant's real minutes looked.
 */
import type { SourceVersion } from '#core/contracts/monitoring-plan';
import { NOT_FITTED, type Status } from '#core/contracts/status';
import { K_NOX, OXYGEN_OF_AIR } from '#core/rules/cfr40-60/method-19';
import { Decimal } from '#core/units/decimal';
import type { SourceMinutes } from '../message/facility-minutes.ts';
import type { EpaHour } from './epa-hours.ts';

/** O2 at which every turbine hour is reconstructed, % dry: the reference of turbine limits, near what turbines read. */
export const REPLAY_O2 = 15;
const BELOW_AIR = OXYGEN_OF_AIR.minus(REPLAY_O2);

/** What the analysers of a unit read in every fired minute of one hour. */
export interface HourSignals {
  /** Seconds of the hour in which fuel was fired, 0 to 3600. */
  readonly firedSeconds: number;
  /** Fuel flow, 100 scf/h. */
  readonly gas: number | null;
  /** NOx, ppm dry; null in an hour that EPA flags as substituted: the analyser had failed. */
  readonly nox: number | null;
  readonly noxFailed: boolean;
  /** Gross load, MW, or 1000 lb/h of steam where the unit makes steam only. */
  readonly load: number | null;
}

/** The channels of a source that a replay can speak for, by their part in the plan's equations. */
export interface ReplayChannels {
  readonly gas: string;
  readonly nox: string;
  readonly o2: string;
}

/**
 * Finds the channels in the plan's formulas.
 * @throws Error when the plan makes heat input other than by D-15A or the NOx rate other than by 19-1 or F-5
 */
export const replayChannels = (source: string, { formulas }: SourceVersion): ReplayChannels => {
  const fuel = formulas.find((formula) => formula.equation === 'D-15A');
  const rate = formulas.find((formula) => formula.equation === '19-1' || formula.equation === 'F-5');
  if (!fuel || !rate)
    throw new Error(
      `a replay can reconstruct sources with heat input by D-15A and NOx rate by 19-1 or F-5; the plan of ${source} has ${formulas.map(({ equation }) => equation).join(', ') || 'no formula'}`,
    );
  return { gas: fuel.fuelFlow, nox: rate.nox, o2: rate.o2 };
};

/**
 * Turns the equations of the hour round.
 *
 *     heat input rate = HEAT_INPUT / OP_TIME, to 0.1 mmBtu/h     (40 CFR 75 App. F 5.5.2: the hour is rate x time)
 *     gas = rate x 1e6 / GCV, to 0.1 of 100 scf/h                 (App. D, Eq. D-6)
 *     NOx = rate x (20.9 - O2) / (K x Fd x 20.9), to 0.1 ppm dry  (Method 19, Eq. 19-1), O2 = 15.0 % dry
 *
 * Rounding to 0.1 is what the analysers' records show, and loses nothing: a tenth of a ppm moves the NOx rate by
 * 0.0004 lb/mmBtu, half of it less than half of its last digit.
 *
 * @throws Error when the plan's fuel has no GCV or Fd
 */
export const signalsOfHour = (hour: EpaHour, { fuel }: SourceVersion): HourSignals => {
  const time = new Decimal(hour.operatingTime);
  if (time.isZero()) return { firedSeconds: 0, gas: null, nox: null, noxFailed: false, load: null };
  const { gcv, fd } = fuel;
  if (!gcv || !fd) throw new Error(`a replay needs GCV and Fd of the fuel ${fuel.fuel} of unit ${hour.unit}`);
  const heatRate = hour.heatInput === null ? null : new Decimal(hour.heatInput).div(time).toDecimalPlaces(1);
  const noxFailed = hour.noxRateFlag?.includes('Substitute') ?? false;
  const load = hour.grossLoad ?? hour.steamLoad;
  return {
    // At least one second: an hour with any operating time is an operating hour (75.57(b)(2)).
    firedSeconds: Math.max(1, time.times(3600).toDecimalPlaces(0).toNumber()),
    gas: heatRate === null ? null : heatRate.times(1e6).div(gcv).toDecimalPlaces(1).toNumber(),
    nox:
      hour.noxRate === null || noxFailed
        ? null
        : new Decimal(hour.noxRate)
            .times(BELOW_AIR)
            .div(K_NOX.times(fd).times(OXYGEN_OF_AIR))
            .toDecimalPlaces(1)
            .toNumber(),
    noxFailed,
    load: load === null ? null : Number(load),
  };
};

/**
 * Fired seconds of the 60 minutes: together `total`, in minutes without a gap. They stand at the end of the hour when
 * the unit had been off before (it started within the hour), else at its beginning (it ran on, and may have stopped).
 * @example firedSecondsOf(2988, true) // 49 minutes of 60 s, one of 48 s, ten of 0 s: 0.83 h
 */
export const firedSecondsOf = (total: number, ranBefore: boolean): number[] => {
  const fromStart = Array.from({ length: 60 }, (_, minute) => Math.max(0, Math.min(60, total - 60 * minute)));
  return ranBefore ? fromStart : fromStart.reverse();
};

/** The 60 minutes of an hour in the message's columns. Minutes without fire hold no readings (status O). */
export const minutesOfHour = (
  source: string,
  channels: readonly string[],
  roles: ReplayChannels,
  signals: HourSignals,
  ranBefore: boolean,
): SourceMinutes => {
  const firedSeconds = firedSecondsOf(signals.firedSeconds, ranBefore);
  const fired: (number | null)[] = [];
  let firedStatuses = '';
  let offStatuses = '';
  for (const channel of channels) {
    const [reading, status] = readingOf(channel, roles, signals);
    fired.push(reading);
    firedStatuses += status;
    offStatuses += status === NOT_FITTED ? NOT_FITTED : 'O';
  }
  const readings: (number | null)[] = [];
  let statuses = '';
  for (const seconds of firedSeconds) {
    for (const reading of fired) readings.push(seconds > 0 ? reading : null);
    statuses += seconds > 0 ? firedStatuses : offStatuses;
  }
  return {
    source,
    revision: 0,
    firedSeconds,
    grossLoad: firedSeconds.map((seconds) => (seconds > 0 ? signals.load : 0)),
    readings,
    statuses,
  };
};

const readingOf = (
  channel: string,
  roles: ReplayChannels,
  { gas, nox, noxFailed }: HourSignals,
): [reading: number | null, status: Status | typeof NOT_FITTED] => {
  const measured = (reading: number | null): [number | null, Status] => [reading, reading === null ? 'N' : 'V'];
  if (channel === roles.gas) return measured(gas);
  if (channel === roles.nox) return noxFailed ? [null, 'F'] : measured(nox);
  if (channel === roles.o2) return measured(REPLAY_O2);
  return [null, NOT_FITTED];
};
