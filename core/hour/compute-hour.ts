import type { EmissionHour, HourlyChannel } from '../contracts/emission-hour.ts';
import type { MonitoringPlan, SourcePlan } from '../contracts/monitoring-plan.ts';
import type { SourceMinute } from '../ports.ts';
import { type LastReading, type LookBack, lastReadingOf, traceOf } from '../quality/look-back.ts';
import { grossLoad } from '../reduction/gross-load.ts';
import { operatingTime } from '../reduction/operating-time.ts';
import { type ReducedChannel, reduceChannel } from '../reduction/reduce-channel.ts';
import { plantClock, textOfHour } from '../time.ts';
import { type Decimal, decimalText } from '../units/decimal.ts';
import { hourValues } from './hour-values.ts';
import { versionOfHour, workingPlan } from './working-plan.ts';

export interface HourToCompute {
  readonly plan: MonitoringPlan;
  readonly source: SourcePlan;
  /** Counted from 1970, UTC. */
  readonly hour: number;
  /** The stored minutes of the hour, in order. */
  readonly minutes: readonly SourceMinute[];
  /** What the latest stored hour before this one left; undefined when there is none. */
  readonly before: LookBack | undefined;
}

export interface ComputedHour {
  readonly document: EmissionHour;
  readonly lookBack: LookBack;
}

/** Significant digits of an average as stored: more than any analyser gives. */
const AVERAGE_DIGITS = 12;

const firedSecondsOf = (minutes: readonly SourceMinute[], start: number): number => {
  let seconds = 0;
  let previous = start - 1;
  for (const { minute, firedSeconds } of minutes) {
    if (minute <= previous || minute > start + 59)
      throw new RangeError(`expected the minutes of ${textOfHour(start / 60)} in order, got minute ${minute - start}`);
    previous = minute;
    seconds += firedSeconds;
  }
  return seconds;
};

const channelDocument = ({ average, validMinutes, leftOut }: ReducedChannel): HourlyChannel => ({
  average: average === undefined ? null : decimalText(average.toSignificantDigits(AVERAGE_DIGITS)),
  validMinutes,
  leftOut,
});

/**
 * One hour of one source, from its stored minutes, the plan, and what the checks carry over from before. It depends on
 * nothing else, so that an hour computed again, anywhere, in any order, is the same.
 * @throws DefectivePlanError when the plan cannot be worked out for this hour
 * @throws RangeError when the minutes are not those of the hour, in order
 */
export const computeHour = ({ plan, source, hour, minutes, before }: HourToCompute): ComputedHour => {
  const working = workingPlan(versionOfHour(source, hour));
  const start = hour * 60;
  const firedSeconds = firedSecondsOf(minutes, start);
  const time = operatingTime(firedSeconds);

  const channels: Record<string, HourlyChannel> = {};
  const averages = new Map<string, Decimal>();
  // Positions that this version does not have keep what they had: another version may have them again.
  const last: (LastReading | null)[] = before ? [...before.channels] : [];
  for (const channel of working.channels) {
    const { name, index } = channel;
    while (last.length <= index) last.push(null);
    const trace = traceOf(last[index]);
    const reduced = reduceChannel(minutes, start, channel, trace);
    last[index] = lastReadingOf(trace);
    channels[name] = channelDocument(reduced);
    if (reduced.average !== undefined) averages.set(name, reduced.average);
  }

  const document: EmissionHour = {
    v: 1,
    facility: plan.facility,
    source: source.source,
    hour: textOfHour(hour),
    ...plantClock(hour, plan.utcOffsetMinutes),
    minutes: minutes.length,
    operatingTime: decimalText(time),
    grossLoad: grossLoad(minutes),
    channels,
    values: firedSeconds > 0 ? hourValues(working, averages, time) : {},
  };
  return { document, lookBack: { channels: last } };
};
