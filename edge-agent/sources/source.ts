import type { FacilityMinutes } from '../message/facility-minutes.ts';

/** Where a facility's minutes come from. */
export interface Source {
  /** Names the data, not the run: the buffer remembers under it how far the source has got. */
  readonly key: string;
  /** Set for a source whose minutes are gone when they are not taken in time: an analyser, unlike a file. */
  readonly cannotWait?: true;
  /** Minutes it gives altogether, where that is known. */
  readonly totalMinutes?: number;
  /**
   * Blocks of minutes in order of time, none before `from` (undefined: from its beginning). Returns when there are no
   * more, or soon after `signal` is aborted. The next block is made only when it is asked for.
   */
  minutes(from: number | undefined, signal: AbortSignal): AsyncIterable<FacilityMinutes>;
  /** Minutes it gives before `from`; what a run that continues has behind it. */
  minutesBefore(from: number): number;
}
