import type { RawRecord } from '#adapters/kinesis-stream';
import type { S3Objects } from '#adapters/s3-objects';
import { EmissionWatchError } from '#core/errors';
import { failedMessage } from './error-action.ts';
import { failedBatch } from './failed-batch.ts';
import type { FailedObject } from './failed-objects.ts';
import { IOT_FAILED, REDRIVEN, type Redrivable } from './redrivable.ts';

export interface RedriveTo {
  readonly bucket: Pick<S3Objects, 'read' | 'move'>;
  readonly measurementsStream: string;
  /** Every stream of the deployment, by name. */
  readonly streams: ReadonlyMap<string, { put(records: readonly RawRecord[]): Promise<void> }>;
  /** Nothing is put or moved, only read. */
  readonly dryRun: boolean;
  readonly stop: AbortSignal;
  /** After each object. */
  readonly progress: (result: RedriveResult) => void;
}

export interface RedriveResult {
  /** Objects back on their streams, or with dryRun those that would be. */
  redriven: number;
  records: number;
  /** Another redrive was faster. */
  gone: number;
  readonly failures: { readonly key: string; readonly why: string }[];
  /** Objects not tried, because the stream took nothing any more, or Ctrl-C. */
  notTried: number;
}

/** Read ahead, put in order. */
const WINDOW = 8;
/** After so many objects in a row that the streams do not take, the rest would not fare better. */
const MAX_REFUSALS = 3;

/**
 * Puts what failed back on its streams, in the given order. An object is moved away only after each of its records was
 * accepted, so an interruption at any point leaves it to be redriven again: a record that is on the stream twice changes
 * nothing.
 */
export const redrive = async (objects: readonly FailedObject[], to: RedriveTo): Promise<RedriveResult> => {
  const result: RedriveResult = { redriven: 0, records: 0, gone: 0, failures: [], notTried: 0 };
  let refusals = 0;
  for (let first = 0; first < objects.length; first += WINDOW) {
    const window = await Promise.all(objects.slice(first, first + WINDOW).map((object) => opened(object, to)));
    const moves: Promise<void>[] = [];
    for (const [i, object] of window.entries()) {
      if (to.stop.aborted || refusals >= MAX_REFUSALS) {
        result.notTried = objects.length - first - i;
        break;
      }
      if (object === 'gone') result.gone += 1;
      else if ('why' in object) result.failures.push(object);
      else {
        const why = await put(object, to);
        refusals = why === undefined ? 0 : refusals + 1;
        if (why !== undefined) result.failures.push({ key: object.key, why });
        else moves.push(moved(object, to, result));
      }
      to.progress(result);
    }
    await Promise.all(moves);
    if (result.notTried > 0) break;
  }
  return result;
};

interface Opened extends Redrivable {
  readonly key: string;
  readonly body: Uint8Array;
}

const opened = async (
  { key }: FailedObject,
  { bucket, measurementsStream, streams }: RedriveTo,
): Promise<Opened | 'gone' | { readonly key: string; readonly why: string }> => {
  try {
    const body = await bucket.read(key);
    if (!body) return 'gone';
    const redrivable = key.startsWith(IOT_FAILED)
      ? failedMessage(key, body, measurementsStream)
      : failedBatch(body, [...streams.keys()]);
    return { key, body, ...redrivable };
  } catch (error) {
    return { key, why: reasonOf(error) };
  }
};

/** Why it was not accepted whole; undefined when it was. */
const put = async ({ streamName, records }: Opened, { streams, dryRun }: RedriveTo): Promise<string | undefined> => {
  if (dryRun) return undefined;
  try {
    await streams.get(streamName)!.put(records);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
};

const moved = async ({ key, body, records }: Opened, { bucket, dryRun }: RedriveTo, result: RedriveResult) => {
  try {
    if (!dryRun) await bucket.move(key, REDRIVEN + key, body);
    result.redriven += 1;
    result.records += records.length;
  } catch (error) {
    result.failures.push({
      key,
      why: `back on its stream, but not moved to ${REDRIVEN}, so it will be put back again: ${reasonOf(error)}`,
    });
  }
};

const reasonOf = (error: unknown): string => {
  const { name, message } = error as Error;
  // Objects older than a year are in an archive class that must be restored first.
  if (name === 'InvalidObjectState') return 'it is archived: restore it with `aws s3api restore-object`, then redrive';
  if (error instanceof EmissionWatchError && error.details.error) return `${message} (${error.details.error})`;
  return message;
};
