import type { FacilityRange } from '#adapters/data-api-continuity';

/** Source-minutes a statement may look at: about a second, far from the 45 that the Data API allows. */
const PORTION = 500_000;
/** Ranges a statement may name: it may have 4 MiB. */
const MOST_RANGES = 20_000;

export interface SizedRange extends FacilityRange {
  readonly sources: number;
}

/** The ranges in portions that one statement each can look at; a longer range is cut. */
export const portions = (ranges: readonly SizedRange[], most = PORTION): FacilityRange[][] => {
  const all: FacilityRange[][] = [];
  let left = 0;
  for (const { facility, sources, from, until } of ranges) {
    const width = Math.max(1, sources);
    for (let at = from; at < until; ) {
      if (left < width || all.at(-1)!.length >= MOST_RANGES) {
        all.push([]);
        left = Math.max(most, width);
      }
      const end = Math.min(until, at + Math.floor(left / width));
      all.at(-1)!.push({ facility, from: at, until: end });
      left -= (end - at) * width;
      at = end;
    }
  }
  return all;
};
