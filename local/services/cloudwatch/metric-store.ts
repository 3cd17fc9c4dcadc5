export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** A metric that an alarm reads. */
export interface WatchedMetric extends MetricId {
  /** How far back it is read. */
  readonly keepMinutes: number;
  /** Whether a percentile of it is asked for, which needs every value. */
  readonly everyValue: boolean;
}

/** Where the values of one metric go. */
export interface Series {
  /** Counts a value for the minute of the store's clock. */
  add(value: number): void;
}

export interface MetricStore {
  /** Undefined for a metric that no alarm reads: it is kept nowhere. */
  series(id: MetricId): Series | undefined;
  add(id: MetricId, value: number): void;
  /** Statistic over minutes, counted from 1970, `to` excluded; undefined when nothing was counted in them. */
  statistic(id: MetricId, statistic: string, from: number, to: number): number | undefined;
}

export const MINUTE_MS = 60_000;

interface Bucket {
  count: number;
  sum: number;
  min: number;
  max: number;
  readonly values: number[];
}

export const keyOf = ({ namespace, name, dimensions }: MetricId): string => {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, ...sorted.flat()]);
};

/**
 * Metrics by minute, of those only that somebody asks for, each as far back as it is asked for. A value counts for the
 * minute in which it gets here: on one machine that is the minute in which it came about.
 */
export const metricStore = (watched: readonly WatchedMetric[], now: () => number): MetricStore => {
  const kept = new Map<string, MinuteSeries>();
  for (const metric of watched) {
    const key = keyOf(metric);
    const { keepMinutes = 0, everyValue = false } = kept.get(key) ?? {};
    kept.set(
      key,
      minuteSeries(Math.max(keepMinutes, metric.keepMinutes), everyValue || metric.everyValue, () =>
        Math.floor(now() / MINUTE_MS),
      ),
    );
  }
  return {
    series: (id) => kept.get(keyOf(id)),
    add: (id, value) => kept.get(keyOf(id))?.add(value),
    statistic: (id, statistic, from, to) => {
      const buckets = kept.get(keyOf(id))?.between(from, to) ?? [];
      return buckets.length === 0 ? undefined : statisticOf(statistic, buckets);
    },
  };
};

interface MinuteSeries extends Series {
  readonly keepMinutes: number;
  readonly everyValue: boolean;
  between(from: number, to: number): Bucket[];
}

const minuteSeries = (keepMinutes: number, everyValue: boolean, minuteNow: () => number): MinuteSeries => {
  const buckets = new Map<number, Bucket>();
  const open = (minute: number): Bucket => {
    for (const old of buckets.keys()) {
      // A map gives its keys in the order in which they came, and minutes come in order.
      if (old >= minute - keepMinutes) break;
      buckets.delete(old);
    }
    const bucket = { count: 0, sum: 0, min: Infinity, max: -Infinity, values: [] };
    buckets.set(minute, bucket);
    return bucket;
  };
  return {
    keepMinutes,
    everyValue,
    add: (value) => {
      const minute = minuteNow();
      const bucket = buckets.get(minute) ?? open(minute);
      bucket.count++;
      bucket.sum += value;
      if (value < bucket.min) bucket.min = value;
      if (value > bucket.max) bucket.max = value;
      if (everyValue) bucket.values.push(value);
    },
    between: (from, to) => [...buckets].filter(([minute]) => minute >= from && minute < to).map(([, bucket]) => bucket),
  };
};

const total = (buckets: readonly Bucket[], value: (bucket: Bucket) => number): number =>
  buckets.reduce((sum, bucket) => sum + value(bucket), 0);

const PLAIN: Readonly<Record<string, (buckets: readonly Bucket[]) => number>> = {
  Sum: (buckets) => total(buckets, ({ sum }) => sum),
  SampleCount: (buckets) => total(buckets, ({ count }) => count),
  Average: (buckets) => total(buckets, ({ sum }) => sum) / total(buckets, ({ count }) => count),
  Minimum: (buckets) => Math.min(...buckets.map(({ min }) => min)),
  Maximum: (buckets) => Math.max(...buckets.map(({ max }) => max)),
};

const PERCENTILE = /^p(\d{1,2}(?:\.\d+)?|100)$/;

export const isPercentile = (statistic: string): boolean => PERCENTILE.test(statistic);
export const isStatistic = (statistic: string): boolean => statistic in PLAIN || isPercentile(statistic);

const statisticOf = (statistic: string, buckets: readonly Bucket[]): number => {
  const plain = PLAIN[statistic];
  if (plain) return plain(buckets);
  const share = Number(PERCENTILE.exec(statistic)![1]) / 100;
  const values = buckets.flatMap((bucket) => bucket.values).sort((a, b) => a - b);
  return values[Math.max(0, Math.ceil(share * values.length) - 1)]!;
};
