import { MAX_MINUTES, type MeasurementMessage } from '#core/contracts/measurement-message';
import { NOT_FITTED } from '#core/contracts/status';

export type SourceMinutes = MeasurementMessage['sources'][number];

/** Consecutive minutes of one facility, in the columns of the measurement message. Minutes count from 1970 in UTC. */
export interface FacilityMinutes {
  readonly start: number;
  readonly minutes: number;
  readonly channels: readonly string[];
  readonly sources: readonly SourceMinutes[];
}

/** A minute that only says that time has passed: it moves the facility's watermark and holds no reading. */
export const emptyMinute = (start: number): FacilityMinutes => ({ start, minutes: 1, channels: [], sources: [] });

/** Readings that the minutes speak for: every fitted channel of every source, whatever its status. */
export const countSamples = ({ sources }: FacilityMinutes): number => {
  let count = 0;
  for (const { statuses } of sources) for (let i = 0; i < statuses.length; i++) if (statuses[i] !== NOT_FITTED) count++;
  return count;
};

const sameNames = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((x, i) => x === b[i]);

/** May `next` follow in the same message? It must continue the time, and hold the same channels and sources. */
export const continues = (before: FacilityMinutes, next: FacilityMinutes): boolean =>
  next.start === before.start + before.minutes &&
  before.minutes + next.minutes <= MAX_MINUTES &&
  sameNames(before.channels, next.channels) &&
  before.sources.length === next.sources.length &&
  before.sources.every((a, i) => a.source === next.sources[i]?.source && a.revision === next.sources[i]?.revision);

/** Joins minutes that continue one another (see `continues`) into one block. */
export const join = (blocks: readonly FacilityMinutes[]): FacilityMinutes => {
  const [first] = blocks;
  if (!first) throw new RangeError('expected at least one block of minutes to join');
  if (blocks.length === 1) return first;
  return {
    start: first.start,
    minutes: blocks.reduce((sum, block) => sum + block.minutes, 0),
    channels: first.channels,
    sources: first.sources.map(({ source, revision }, s) => {
      const parts = blocks.map((block) => block.sources[s]!);
      return {
        source,
        revision,
        firedSeconds: parts.flatMap((part) => part.firedSeconds),
        grossLoad: parts.flatMap((part) => part.grossLoad),
        readings: parts.flatMap((part) => part.readings),
        statuses: parts.map((part) => part.statuses).join(''),
      };
    }),
  };
};

/** The minutes from index `from` up to, not including, index `to`. */
export const cut = (block: FacilityMinutes, from: number, to: number): FacilityMinutes => {
  if (!(0 <= from && from < to && to <= block.minutes))
    throw new RangeError(`expected a part of ${block.minutes} minutes, got ${from} to ${to}`);
  if (from === 0 && to === block.minutes) return block;
  const width = block.channels.length;
  return {
    start: block.start + from,
    minutes: to - from,
    channels: block.channels,
    sources: block.sources.map((source) => ({
      ...source,
      firedSeconds: source.firedSeconds.slice(from, to),
      grossLoad: source.grossLoad.slice(from, to),
      readings: source.readings.slice(from * width, to * width),
      statuses: source.statuses.slice(from * width, to * width),
    })),
  };
};
