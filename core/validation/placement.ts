import type { SourceVersion } from '../contracts/monitoring-plan.ts';
import { NOT_FITTED } from '../contracts/status.ts';
import type { Range } from '../quality/range.ts';

/** One position of the stored minute. */
interface Place {
  /** Where the message has its reading; -1: the message does not have it. */
  readonly column: number;
  readonly range: Range;
  /** The letter when the message has nothing for it: no data, or not a channel of this version. */
  readonly absent: string;
}

/** Where the columns of a message go in the stored minute. */
export interface Placement {
  /** Index 0 is position 1. */
  readonly places: readonly Place[];
  /** Columns of the message that the version has no channel for. */
  readonly unfitted: readonly number[];
}

const ANY: Range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

const place = (version: SourceVersion, columns: readonly string[]): Placement => {
  const fitted = new Map(version.channels.map((channel) => [channel.channel, channel]));
  const width = Math.max(0, ...version.channels.map(({ position }) => position));
  const places: Place[] = Array.from({ length: width }, () => ({ column: -1, range: ANY, absent: NOT_FITTED }));
  for (const { channel, position, range } of version.channels)
    places[position - 1] = { column: columns.indexOf(channel), range, absent: 'N' };
  return { places, unfitted: columns.flatMap((name, column) => (fitted.has(name) ? [] : [column])) };
};

/** The last placement of each version: an agent names its channels in the same order minute after minute. */
const lastPlaced = new WeakMap<SourceVersion, { readonly columns: string; readonly placement: Placement }>();

/** @param key the columns' names as one text; they hold no spaces, so a space keeps them apart */
export const placementOf = (version: SourceVersion, columns: readonly string[], key: string): Placement => {
  const last = lastPlaced.get(version);
  if (last?.columns === key) return last.placement;
  const placement = place(version, columns);
  lastPlaced.set(version, { columns: key, placement });
  return placement;
};
