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

/** Until when nobody can delete an archived report, not even the account's owner; `governance-1d` is for sandboxes. */
export const OBJECT_LOCKS = {
  compliance: { mode: 'COMPLIANCE', days: 2557 },
  'governance-1d': { mode: 'GOVERNANCE', days: 1 },
} as const;
export type ObjectLock = (typeof OBJECT_LOCKS)[keyof typeof OBJECT_LOCKS];

/**
 * Context `objectLock`: `compliance`, seven years with two leap days in them (when none is given), or `governance-1d`.
 * @throws Error that lists both when it is neither
 */
export const objectLockOf = (name: unknown = 'compliance'): ObjectLock => {
  const found = Object.entries(OBJECT_LOCKS).find(([known]) => known === name);
  if (found) return found[1];
  throw new Error(
    `unknown objectLock ${JSON.stringify(name)}: choose one of ${Object.keys(OBJECT_LOCKS).join(', ')} (-c objectLock=governance-1d)`,
  );
};

/**
 * Context `notify`: e-mail addresses, with commas between them, that get every notice; none when it is not given.
 * @throws Error for what is no e-mail address
 */
export const addressesOf = (notify: unknown = ''): readonly string[] => {
  const addresses = String(notify)
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  const wrong = addresses.find((address) => !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address));
  if (wrong === undefined) return addresses;
  throw new Error(
    `notify has ${JSON.stringify(wrong)}, which is no e-mail address: give addresses with commas between them (-c notify=shift@plant.example,air@plant.example)`,
  );
};
