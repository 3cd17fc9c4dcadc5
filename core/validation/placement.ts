import type { SourceVersion } from '../contracts/monitoring-plan.ts';
import { NOT_FITTED } from '../contracts/status.ts';

/** Where the columns of a message go in the stored minute. Index 0 is position 1. */
export interface Placement {
  /** Of each position: its column in the message; -1: the message does not have it. */
  readonly columns: Int8Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Of each position: the letter when the message has nothing for it, "no data" or "not fitted". */
  readonly absent: string;
  /** Columns of the message that the version has no channel for. */
  readonly unfitted: readonly number[];
  /** The message has the plan's channels in the order of their positions and no others: nothing has to be moved. */
  readonly inPlace: boolean;
}

const place = (version: SourceVersion, columns: readonly string[]): Placement => {
  const fitted = new Map(version.channels.map((channel) => [channel.position, channel]));
  const width = Math.max(0, ...fitted.keys());
  const atPositions = Array.from({ length: width }, (_, index) => fitted.get(index + 1));
  const from = atPositions.map((channel) => (channel ? columns.indexOf(channel.channel) : -1));
  const names = new Set(version.channels.map(({ channel }) => channel));
  return {
    columns: Int8Array.from(from),
    low: Float64Array.from(atPositions, (channel) => channel?.range.low ?? Number.NEGATIVE_INFINITY),
    high: Float64Array.from(atPositions, (channel) => channel?.range.high ?? Number.POSITIVE_INFINITY),
    absent: atPositions.map((channel) => (channel ? 'N' : NOT_FITTED)).join(''),
    unfitted: columns.flatMap((name, column) => (names.has(name) ? [] : [column])),
    inPlace: columns.length === width && from.every((column, index) => column === index),
  };
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
