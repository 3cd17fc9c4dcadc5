/** The numbers that change with the size of the plant park. */
export interface Profile {
  /** Facilities it is meant for, at 20 sources of 15 channels each. */
  readonly facilities: number;
  /**
   * Shards of each stream. Kinesis at most doubles a stream in one step, so a stream of `large` goes to `xl` by way of
   * 4 shards (`aws kinesis update-shard-count`).
   */
  readonly shards: number;
  /** Invocations at a time for each shard; each takes the records of its own facilities, in order. */
  readonly parallelizationFactor: number;
  /** Aurora capacity units of each instance. */
  readonly minCapacity: number;
  readonly maxCapacity: number;
  /**
   * A second instance that takes over within a minute. Without it a lost writer is replaced within about ten minutes;
   * the streams hold seven days meanwhile.
   */
  readonly standby: boolean;
}

const profiles = {
  small: { facilities: 10, shards: 1, parallelizationFactor: 2, minCapacity: 0.5, maxCapacity: 4, standby: false },
  medium: { facilities: 50, shards: 1, parallelizationFactor: 4, minCapacity: 0.5, maxCapacity: 8, standby: true },
  large: { facilities: 200, shards: 2, parallelizationFactor: 8, minCapacity: 1, maxCapacity: 16, standby: true },
  xl: { facilities: 5000, shards: 8, parallelizationFactor: 8, minCapacity: 2, maxCapacity: 64, standby: true },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;
export const PROFILE_NAMES = Object.keys(profiles) as readonly ProfileName[];

const isProfileName = (name: unknown): name is ProfileName => PROFILE_NAMES.some((known) => known === name);

/**
 * The profile of that name; `small` when none is given.
 * @throws Error that lists the profiles when there is none of that name
 */
export const profileOf = (name: unknown = 'small'): Profile & { readonly name: ProfileName } => {
  if (!isProfileName(name))
    throw new Error(
      `unknown profile ${JSON.stringify(name)}: choose one of ${PROFILE_NAMES.join(', ')} (-c profile=medium)`,
    );
  return { name, ...profiles[name] };
};

/** Invocations of one consumer that Kinesis keeps going at a time. Fewer reserved ones would let records age unread. */
export const lanes = ({ shards, parallelizationFactor }: Profile): number => shards * parallelizationFactor;

/** Where minutes go for time-series queries besides the database, which has them in any case. */
export const TIME_SERIES_STORES = ['timestream', 'aurora'] as const;
export type TimeSeriesStore = (typeof TIME_SERIES_STORES)[number];

/**
 * Context `timeSeriesStore`: `timestream` (when none is given), or `aurora` for no store besides the database.
 * @throws Error that lists both when it is neither
 */
export const timeSeriesStoreOf = (name: unknown = 'timestream'): TimeSeriesStore => {
  const store = TIME_SERIES_STORES.find((known) => known === name);
  if (store) return store;
  throw new Error(
    `unknown timeSeriesStore ${JSON.stringify(name)}: choose one of ${TIME_SERIES_STORES.join(', ')} (-c timeSeriesStore=aurora)`,
  );
};
