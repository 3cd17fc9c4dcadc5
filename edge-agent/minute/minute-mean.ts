import type { Status } from '#core/contracts/status';
import { weightier } from '#core/quality/precedence';

/** One reading of an analyser as the source scanned it. */
export interface Sample {
  /** Seconds since 1970, UTC. */
  readonly at: number;
  readonly value: number | null;
  readonly status: Status;
}

export interface MinuteReading {
  readonly value: number | null;
  readonly status: Status;
}

const NO_DATA: MinuteReading = { value: null, status: 'N' };

/** Whole thousands for -3, hundredths for 2: multiplied by whole powers of ten only, which leaves no 0.30000000000000004. */
const roundTo = (value: number, decimals: number): number =>
  decimals < 0
    ? Math.round(value / 10 ** -decimals) * 10 ** -decimals
    : Math.round(value * 10 ** decimals) / 10 ** decimals;

/**
 * One channel's minute: the mean of the samples scanned within it.
 *
 * - Samples from before the minute (an analyser that repeats its last value) or after it do not count.
 * - At least 75 % of the scheduled samples must be there, else the minute has no data.
 * - Of several statuses the first in the order of precedence holds for the minute (see STATUS), and the mean is taken
 *   over the samples that have it: gas from a calibration bottle is never averaged with stack gas.
 *
 * The mean is rounded to `decimals`, the resolution of the analyser. Binary arithmetic is right here: the regulation
 * rounds hours, not minutes.
 *
 * @param minute counted from 1970, UTC
 * @param scheduled samples that a minute should have
 * @example a minute of five valid samples of six is their mean; of four it is no data
 */
export const minuteMean = (
  samples: readonly Sample[],
  minute: number,
  scheduled: number,
  decimals: number,
): MinuteReading => {
  let present = 0;
  let status: Status | undefined;
  let sum = 0;
  let values = 0;
  for (const sample of samples) {
    if (sample.status === 'N' || sample.at < minute * 60 || sample.at >= (minute + 1) * 60) continue;
    present++;
    if (status === undefined || (sample.status !== status && weightier(sample.status, status) === sample.status)) {
      status = sample.status;
      sum = 0;
      values = 0;
    }
    if (sample.status === status && sample.value !== null) {
      sum += sample.value;
      values++;
    }
  }
  if (status === undefined || present < 0.75 * scheduled) return NO_DATA;
  if (values > 0) return { value: roundTo(sum / values, decimals), status };
  return status === 'V' ? NO_DATA : { value: null, status };
};
