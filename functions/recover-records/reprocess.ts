import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { RawRecord } from '#adapters/kinesis-stream';
import type { S3Objects } from '#adapters/s3-objects';
import { FACILITY_NAME } from '#core/contracts/measurement-message';
import type { RecoveryAnswer } from '#core/contracts/recovery';
import { reasonOf } from './reason.ts';

export interface Reprocess {
  readonly landing: Pick<S3Objects, 'read'>;
  readonly measurements: { put(records: readonly RawRecord[]): Promise<void> };
}

/** A quarantined record lies under its id, which is its SHA-256. */
const KEY = /^quarantine\/[A-Z_]+\/([0-9a-f]{64})\.json$/;

/**
 * Puts quarantined records back on the stream as they were received, in the given order. A record is what its key says
 * or it stays where it is: its id is the checksum of its bytes.
 * @throws Error when the stream refuses; then some of the records may be on it
 */
export const reprocess = async (
  keys: readonly string[],
  { landing, measurements }: Reprocess,
  { dryRun }: { readonly dryRun: boolean },
): Promise<RecoveryAnswer> => {
  const records = await Promise.all(keys.map((key) => recordOf(key, landing)));
  const good = records.flatMap((each) => ('why' in each ? [] : [each]));
  if (!dryRun && good.length > 0) await measurements.put(good.map(({ partition, data }) => ({ key: partition, data })));
  return {
    v: 1,
    putBack: good.map(({ key }) => ({ key, records: 1 })),
    gone: [],
    failures: records.flatMap((each) => ('why' in each ? [each] : [])),
    notTried: [],
    refusing: false,
  };
};

type Found =
  | { readonly key: string; readonly partition: string; readonly data: Uint8Array }
  | { readonly key: string; readonly why: string };

const recordOf = async (key: string, landing: Reprocess['landing']): Promise<Found> => {
  try {
    const [, recordId] = KEY.exec(key) ?? [];
    if (!recordId) return { key, why: `${key} does not end with the id of a record` };
    const data = await landing.read(key);
    if (!data) return { key, why: `${key} is not in the landing bucket` };
    if (createHash('sha256').update(data).digest('hex') !== recordId)
      return { key, why: `${key} is not the record that was quarantined: its SHA-256 is another` };
    return { key, partition: facilityOf(data) ?? recordId, data };
  } catch (error) {
    const { message, $metadata } = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
    // Nobody may list the landing bucket, and who may not list is not told what is missing.
    if ($metadata?.httpStatusCode === 403)
      return { key, why: `${key} is not in the landing bucket, or may not be read (${message})` };
    return { key, why: reasonOf(error) };
  }
};

const envelope = z.object({ facility: z.string().regex(FACILITY_NAME) });

/** The partition it arrived with; one that cannot be read as an envelope keeps no order with anything. */
const facilityOf = (data: Uint8Array): string | undefined => {
  try {
    return envelope.safeParse(JSON.parse(Buffer.from(data).toString('utf8'))).data?.facility;
  } catch {
    return undefined;
  }
};
