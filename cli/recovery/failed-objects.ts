import type { S3Objects } from '#adapters/s3-objects';
import { FAILED_BATCHES, IOT_FAILED } from '#core/contracts/recovery';

export interface FailedObject {
  readonly key: string;
  /** When it failed, milliseconds since 1970. */
  readonly at: number;
}

export const PREFIXES = { 'iot-failed': IOT_FAILED, batches: FAILED_BATCHES } as const;
export type PrefixName = keyof typeof PREFIXES;

const IOT_TIME = /^iot-failed\/[^/]+\/(\d{13})-/;
const BATCH_TIME = /\/(\d{4}-\d\d-\d\dT\d\d)\.(\d\d)\.(\d\d)-[^/]+$/;

/** The key says when; the listing only knows when the object was last written. */
const timeOf = (key: string, modified: number): number => {
  const [, arrived] = IOT_TIME.exec(key) ?? [];
  if (arrived) return Number(arrived);
  const [, hour, minute, second] = BATCH_TIME.exec(key) ?? [];
  return hour ? Date.parse(`${hour}:${minute}:${second}Z`) : modified;
};

/** What failed since then and was not put back, oldest first. */
export const failedObjects = async (
  bucket: Pick<S3Objects, 'list'>,
  names: readonly PrefixName[],
  since: number,
): Promise<readonly FailedObject[]> => {
  const found: FailedObject[] = [];
  for (const name of names)
    for await (const { key, modified } of bucket.list(PREFIXES[name])) {
      const at = timeOf(key, modified);
      if (at >= since) found.push({ key, at });
    }
  return found.sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1));
};
