import { sha256 } from '#adapters/data-api-audit';
import type { QuarantineEntry } from '#adapters/data-api-reprocessing';
import type { RawRecord } from '#adapters/kinesis-stream';
import { recordAt } from './quarantined-record.ts';

export interface ReprocessWith {
  /** The record whole; undefined when it is not there. */
  readonly read: (objectKey: string) => Promise<Uint8Array | undefined>;
  /** Before records are put back. */
  readonly mark: (recordIds: readonly string[]) => Promise<void>;
  readonly put: (records: readonly RawRecord[]) => Promise<void>;
  /** After they are on the stream. */
  readonly putBack: (recordIds: readonly string[]) => Promise<void>;
  readonly stop: AbortSignal;
  readonly progress: (done: number) => void;
}

export interface ReprocessResult {
  readonly putBack: string[];
  readonly failures: { readonly recordId: string; readonly why: string }[];
  notTried: number;
}

const CHUNK = 50;

/**
 * Puts quarantined records back on the stream as they were received. Each is marked first: one that fails again is
 * quarantined anew whenever that happens, and one whose way is interrupted is found by its mark.
 * @throws Error when the stream or the database refuses; what was put back until then stays so
 */
export const reprocess = async (
  entries: readonly QuarantineEntry[],
  { read, mark, put, putBack, stop, progress }: ReprocessWith,
): Promise<ReprocessResult> => {
  const result: ReprocessResult = { putBack: [], failures: [], notTried: 0 };
  for (let first = 0; first < entries.length; first += CHUNK) {
    if (stop.aborted) {
      result.notTried = entries.length - first;
      break;
    }
    const chunk = await Promise.all(entries.slice(first, first + CHUNK).map((entry) => recordOf(entry, read)));
    const good = chunk.flatMap((each) => ('why' in each ? [] : [each]));
    result.failures.push(...chunk.flatMap((each) => ('why' in each ? [each] : [])));
    const ids = good.map(({ recordId }) => recordId);
    if (ids.length > 0) {
      await mark(ids);
      await put(good);
      await putBack(ids);
      result.putBack.push(...ids);
    }
    progress(first + chunk.length);
  }
  return result;
};

const recordOf = async (
  { recordId, facility, objectKey }: QuarantineEntry,
  read: ReprocessWith['read'],
): Promise<(RawRecord & { readonly recordId: string }) | ReprocessResult['failures'][number]> => {
  const data = await recordAt(read, objectKey);
  if (typeof data === 'string') return { recordId, why: data };
  if (sha256(Buffer.from(data).toString('utf8')) !== recordId)
    return { recordId, why: `${objectKey} is not the record that was quarantined: its SHA-256 is another` };
  // One without a facility cannot be read as an envelope, and keeps no order with anything.
  return { recordId, key: facility ?? recordId, data };
};
