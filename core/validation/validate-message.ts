import type { MeasurementMessage } from '../contracts/measurement-message.ts';
import type { MonitoringPlan, SourcePlan, SourceVersion } from '../contracts/monitoring-plan.ts';
import { NOT_FITTED, type Status } from '../contracts/status.ts';
import type { ValidatedMinutes } from '../contracts/validated-minutes.ts';
import type { PlannedFacility } from '../ports.ts';
import { statusInRange } from '../quality/range.ts';
import { inForce } from '../rules/dated.ts';
import { minuteOfText, textOfMinute } from '../time.ts';
import { type Placement, placementOf } from './placement.ts';
import type { QuarantineCode } from './quarantine-codes.ts';

export type ValidatedMessage =
  | { readonly ok: true; readonly validated: ValidatedMinutes }
  | { readonly ok: false; readonly code: QuarantineCode; readonly reason: string };

const ABSENT = NOT_FITTED.charCodeAt(0);

/** How far a plant's clock may be ahead of ours. */
const MINUTES_AHEAD = 15;

type MessageSource = MeasurementMessage['sources'][number];
type ValidatedSource = ValidatedMinutes['sources'][number];

type MinuteOfReadings = [readings: readonly (number | null)[], statuses: string];

interface PlanIndex {
  readonly sources: ReadonlyMap<string, SourcePlan>;
  /** Every channel of every source and version. */
  readonly channels: ReadonlySet<string>;
  /** Channel names of each source by position; sources with the same names have the same array. */
  readonly names: ReadonlyMap<string, string[]>;
}

/** Plans are read for thousands of messages; what is looked up in them is put in order once. */
const indexes = new WeakMap<MonitoringPlan, PlanIndex>();

const indexOf = (plan: MonitoringPlan): PlanIndex => {
  const known = indexes.get(plan);
  if (known) return known;
  const versions = plan.sources.flatMap((source) => source.versions);
  const index = {
    sources: new Map(plan.sources.map((source) => [source.source, source])),
    channels: new Set(versions.flatMap((version) => version.channels.map(({ channel }) => channel))),
    names: namesOf(plan),
  };
  indexes.set(plan, index);
  return index;
};

/** A position is never given to another channel, so the names hold for every version of the plan. */
const namesOf = ({ sources }: MonitoringPlan): Map<string, string[]> => {
  const lists = new Map<string, string[]>();
  return new Map(
    sources.map(({ source, versions }) => {
      const names: string[] = [];
      for (const { channels } of versions) for (const { position, channel } of channels) names[position - 1] = channel;
      const list = Array.from(names, (name) => name ?? '');
      const key = list.join(' ');
      if (!lists.has(key)) lists.set(key, list);
      return [source, lists.get(key)!];
    }),
  );
};

const moved = (from: MessageSource, first: number, { columns }: Placement): MinuteOfReadings => {
  const readings: (number | null)[] = [];
  let statuses = '';
  for (const column of columns) {
    readings.push(column < 0 ? null : (from.readings[first + column] ?? null));
    statuses += column < 0 ? NOT_FITTED : (from.statuses[first + column] ?? NOT_FITTED);
  }
  return [readings, statuses];
};

/** A message of one minute, the usual one, is passed on as it is, without a copy. */
const cut = ({ readings, statuses }: MessageSource, first: number, end: number): MinuteOfReadings =>
  end - first === readings.length ? [readings, statuses] : [readings.slice(first, end), statuses.slice(first, end)];

const withLetter = (statuses: string, index: number, letter: string): string =>
  statuses.slice(0, index) + letter + statuses.slice(index + 1);

/** Puts one minute's readings at the plan's positions and checks their range; returns a column that is not fitted. */
const placeMinute = (
  from: MessageSource,
  first: number,
  placement: Placement,
  into: ValidatedSource,
): number | undefined => {
  const { columns, low, high, absent, unfitted, inPlace } = placement;
  for (const column of unfitted) if (from.statuses[first + column] !== NOT_FITTED) return column;
  const end = first + columns.length;
  let [readings, statuses] = inPlace ? cut(from, first, end) : moved(from, first, placement);
  for (let i = 0; i < readings.length; i++) {
    const reading = readings[i] ?? null;
    // Nearly every reading is there and in range: letters are changed one by one where one is not.
    if (reading === null) {
      if (statuses.charCodeAt(i) === ABSENT) statuses = withLetter(statuses, i, absent[i] ?? NOT_FITTED);
    } else if (reading < (low[i] ?? reading) || reading > (high[i] ?? reading)) {
      const range = { low: low[i] ?? reading, high: high[i] ?? reading };
      statuses = withLetter(statuses, i, statusInRange(statuses[i] as Status, reading, range));
    }
  }
  into.readings.push(readings);
  into.statuses.push(statuses);
  return undefined;
};

/**
 * Holds a message against the facility's monitoring plan and puts every reading at its position, range checked. The
 * message is taken whole or refused whole.
 * @param nowMinute the wall clock, in minutes since 1970: the only thing it decides is whether a message is from the future
 */
export const validateMessage = (
  message: MeasurementMessage,
  { plan, sourceIds }: PlannedFacility,
  nowMinute: number,
): ValidatedMessage => {
  const refuse = (code: QuarantineCode, reason: string): ValidatedMessage => ({ ok: false, code, reason });
  const start = minuteOfText(message.start);
  const last = start + message.minutes - 1;
  if (last > nowMinute + MINUTES_AHEAD)
    return refuse(
      'FUTURE',
      `the last minute is ${textOfMinute(last)}, at most ${MINUTES_AHEAD} minutes after ${textOfMinute(nowMinute)} are taken`,
    );
  const index = indexOf(plan);
  const unknown = message.channels.find((channel) => !index.channels.has(channel));
  if (unknown !== undefined) {
    // A source that nobody knows explains its channels, too.
    const stranger = message.sources.find(({ source }) => !index.sources.has(source));
    return stranger
      ? refuse('UNKNOWN_SOURCE', `facility ${plan.facility} has no source ${stranger.source}`)
      : refuse('UNKNOWN_CHANNEL', `facility ${plan.facility} has no channel ${unknown}`);
  }

  const columns = message.channels.length;
  const key = message.channels.join(' ');
  const lastText = last === start ? message.start : textOfMinute(last);
  const sources: ValidatedSource[] = [];
  const channels: string[][] = [];
  for (const from of message.sources) {
    const source = index.sources.get(from.source);
    const sourceId = sourceIds.get(from.source);
    if (!source || sourceId === undefined)
      return refuse('UNKNOWN_SOURCE', `facility ${plan.facility} has no source ${from.source}`);
    const { revision, firedSeconds, grossLoad } = from;
    const names = index.names.get(from.source)!;
    if (!channels.includes(names)) channels.push(names);
    const layout = channels.indexOf(names);
    const into: ValidatedSource = {
      sourceId,
      source: from.source,
      revision,
      firedSeconds,
      grossLoad,
      readings: [],
      statuses: [],
    };
    if (layout > 0) into.layout = layout;
    const atEnd = inForce(source.versions, lastText);
    let version: SourceVersion | undefined = inForce(source.versions, message.start);
    for (let m = 0; m < message.minutes; m++) {
      // Most messages lie within one version; only one that crosses a border asks minute by minute.
      if (m > 0 && version !== atEnd) version = inForce(source.versions, textOfMinute(start + m));
      if (!version)
        return refuse('NO_PLAN_IN_FORCE', `source ${from.source} has no plan in force at ${textOfMinute(start + m)}`);
      const wrong = placeMinute(from, m * columns, placementOf(version, message.channels, key), into);
      if (wrong !== undefined)
        return refuse(
          'CHANNEL_NOT_FITTED',
          `source ${from.source} has no channel ${message.channels[wrong]} at ${textOfMinute(start + m)}, expected status ${NOT_FITTED}, got ${from.statuses[m * columns + wrong]}`,
        );
    }
    sources.push(into);
  }
  return {
    ok: true,
    validated: { v: 1, facility: plan.facility, start: message.start, minutes: message.minutes, channels, sources },
  };
};
