import * as z from 'zod';

/** Messages that the stream refused, in the failed bucket. */
export const IOT_FAILED = 'iot-failed/';
/** Batches that ran out of retries, in the failed bucket. */
export const FAILED_BATCHES = 'aws/lambda/';
/** Messages that can never be valid, in the landing bucket. */
export const QUARANTINED = 'quarantine/';

/** Keys a request: some seconds of work, and an answer that is far from the 6 MB that one may have. */
export const MOST_KEYS = 25;

/** S3's limit. */
const MAX_KEY_LENGTH = 1024;

const keysUnder = (...prefixes: readonly string[]) =>
  z
    .array(
      z
        .string()
        .max(MAX_KEY_LENGTH)
        .refine(
          (key) => prefixes.some((prefix) => key.startsWith(prefix)),
          `expected a key under ${prefixes.join(' or ')}`,
        ),
    )
    .min(1)
    .max(MOST_KEYS);

/** Read and check everything, and change nothing. */
const dryRun = z.boolean().default(false);

/**
 * What recover-records is asked for: to put back what lies under these keys. There is no way to give it a record, so
 * that whoever may ask can put on a stream only what was once taken from it, or on its way to it.
 */
export const recoveryRequest = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('failed'), keys: keysUnder(IOT_FAILED, FAILED_BATCHES), dryRun }),
  z.strictObject({ from: z.literal('quarantine'), keys: keysUnder(QUARANTINED), dryRun }),
]);

export type RecoveryRequest = z.infer<typeof recoveryRequest>;

/** What recover-records answers: each key of the request once. */
export const recoveryAnswer = z.strictObject({
  v: z.literal(1),
  /** Back on their streams, or with `dryRun` those that would be. */
  putBack: z.array(z.strictObject({ key: z.string(), records: z.int().min(0) })),
  /** Somebody else was faster. */
  gone: z.array(z.string()),
  failures: z.array(z.strictObject({ key: z.string(), why: z.string() })),
  /** The last of the keys: time was up, or the streams take nothing. */
  notTried: z.array(z.string()),
  /** The streams take nothing: what is left would not fare better. */
  refusing: z.boolean(),
});

export type RecoveryAnswer = z.infer<typeof recoveryAnswer>;
