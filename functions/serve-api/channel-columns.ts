import type { MinuteRow } from '#adapters/data-api-series';
import type { MinutePage, StoredMinute } from '#core/contracts/api/measurements';
import type { Channel, SourcePlan, SourceVersion } from '#core/contracts/monitoring-plan';
import { NOT_FITTED } from '#core/contracts/status';
import { inForce } from '#core/rules/dated';
import { textOfMinute } from '#core/time';

/** The version of a plan in force at a minute, or the first one before that. */
export const versionAt = ({ versions }: SourcePlan, minute: number): SourceVersion =>
  inForce(versions, textOfMinute(minute)) ?? versions[0]!;

export const columnOf = ({ channel, parameter, unit, basis }: Channel): MinutePage['channels'][number] => ({
  channel,
  parameter,
  unit,
  basis,
});

/** A stored minute with its readings in the order of the version's channels. */
export const minuteIn = (
  { channels }: SourceVersion,
  [minute, firedSeconds, grossLoad, readings, statuses]: MinuteRow,
): StoredMinute => ({
  minute: textOfMinute(minute),
  firedSeconds,
  grossLoad,
  readings: channels.map(({ position }) => readings[position - 1] ?? null),
  statuses: channels.map(({ position }) => statuses[position - 1] ?? NOT_FITTED).join(''),
});
