import { createHash } from 'node:crypto';
import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import { inForce } from '#core/rules/dated';
import { minuteOfText, textOfMinute } from '#core/time';
import type { Clock } from '../clock.ts';
import { cut, emptyMinute, type FacilityMinutes } from '../message/facility-minutes.ts';
import type { EpaHour } from './epa-hours.ts';
import { type HourSignals, minutesOfHour, type ReplayChannels, replayChannels, signalsOfHour } from './reconstruct.ts';
import type { Source } from './source.ts';

/**
 * After this many minutes past its end an hour may be closed. The last message of a replay speaks for the minute after
 * them, so that the facility's watermark closes the last hour.
 */
const CLOSING_MINUTES = 15;

interface Unit {
  readonly source: string;
  /** Keyed by the hour's first minute, UTC. Numbers only: a year of a unit is under a megabyte. */
  readonly hours: Map<number, { readonly signals: HourSignals; readonly roles: ReplayChannels }>;
}

export interface Refused {
  /** `unplanned`: the plan says nothing about it. `repeated`: this hour of this unit was given before. */
  readonly kind: 'unplanned' | 'repeated';
  readonly reason: string;
}

/** The hours of one facility, gathered from files in any order. */
export interface Replay {
  /** Takes one hour of a unit, or says why it cannot be replayed. */
  add(hour: EpaHour): Refused | undefined;
  /** All that was added; `speed` in replayed minutes per second of wall time. */
  source(speed: 'max' | number, clock: Clock): Source;
}

const unplanned = (reason: string): Refused => ({ kind: 'unplanned', reason });

const startOf = ({ date, hour }: EpaHour, utcOffsetMinutes: number): number =>
  minuteOfText(`${date}T00:00Z`) + 60 * hour - utcOffsetMinutes;

/**
 * Replays published hours as minutes, the units of the facility merged by time.
 * EPA's hours are local standard time; the plan's offset takes them to UTC.
 */
export const replay = (plan: MonitoringPlan): Replay => {
  const units = new Map<string, Unit>(plan.sources.map(({ source }) => [source, { source, hours: new Map() }]));
  const channels: string[] = [];
  const content = createHash('sha256');
  return {
    add(hour) {
      const unit = units.get(hour.unit);
      const sourcePlan = plan.sources.find(({ source }) => source === hour.unit);
      if (!unit || !sourcePlan) return unplanned(`unit ${hour.unit} is not in the monitoring plan of ${plan.facility}`);
      const start = startOf(hour, plan.utcOffsetMinutes);
      if (unit.hours.has(start))
        return { kind: 'repeated', reason: `the hour ${hour.date} ${hour.hour} of unit ${hour.unit} was given before` };
      const version = inForce(sourcePlan.versions, textOfMinute(start));
      if (!version) return unplanned(`the monitoring plan of unit ${hour.unit} begins after ${hour.date}`);
      const roles = replayChannels(hour.unit, version);
      const signals = signalsOfHour(hour, version);
      for (const channel of [roles.gas, roles.nox, roles.o2]) if (!channels.includes(channel)) channels.push(channel);
      content.update(`${hour.unit} ${start} ${JSON.stringify(signals)}\n`);
      unit.hours.set(start, { signals, roles });
      return undefined;
    },
    // The same hours again go on where they were; others are another source, and begin at their beginning.
    source: (speed, clock) =>
      replaySource(`replay ${content.copy().digest('hex')}`, channels, [...units.values()], speed, clock),
  };
};

const replaySource = (
  key: string,
  channels: readonly string[],
  units: readonly Unit[],
  speed: 'max' | number,
  clock: Clock,
): Source => {
  const starts = [...new Set(units.flatMap(({ hours }) => [...hours.keys()]))].sort((a, b) => a - b);
  const last = starts.at(-1);
  const blockAt = (start: number): FacilityMinutes => ({
    start,
    minutes: 60,
    channels,
    sources: units.flatMap(({ source, hours }) => {
      const hour = hours.get(start);
      if (!hour) return [];
      const ranBefore = (hours.get(start - 60)?.signals.firedSeconds ?? 0) > 0;
      return [minutesOfHour(source, channels, hour.roles, hour.signals, ranBefore)];
    }),
  });
  const closing = last === undefined ? [] : [emptyMinute(last + 60 + CLOSING_MINUTES)];
  return {
    key,
    totalMinutes: 60 * starts.length + closing.length,
    minutesBefore: (from) =>
      starts.reduce((sum, start) => sum + Math.max(0, Math.min(60, from - start)), 0) +
      closing.filter(({ start }) => start < from).length,
    async *minutes(from = Number.NEGATIVE_INFINITY, signal) {
      for (const start of starts) {
        if (signal.aborted) return;
        if (start + 60 <= from) continue;
        const block = blockAt(start);
        yield start < from ? cut(block, from - start, 60) : block;
        if (speed !== 'max') await clock.sleep((1000 * 60) / speed, signal);
      }
      for (const block of closing) if (block.start >= from && !signal.aborted) yield block;
    },
  };
};
