import type { RawRecord } from '#adapters/kinesis-stream';
import type { S3Objects } from '#adapters/s3-objects';
import { IOT_FAILED, type RecoveryAnswer } from '#core/contracts/recovery';
import { failedMessage } from './error-action.ts';
import { failedBatch } from './failed-batch.ts';
import { reasonOf } from './reason.ts';
import type { Redrivable } from './redrivable.ts';

export interface Redrive {
  readonly failed: Pick<S3Objects, 'read' | 'move'>;
  readonly measurementsStream: string;
  /** Every stream of the deployment, by name. */
  readonly streams: ReadonlyMap<string, { put(records: readonly RawRecord[]): Promise<void> }>;
}

export interface RedriveOptions {
  /** Nothing is put or moved, only read. */
  readonly dryRun: boolean;
  /** Asked before each object but the first. */
  readonly timeLeft: () => boolean;
}

/** Where objects go once their records are back on their stream. */
const REDRIVEN = 'redriven/';
/** Read ahead, put in order. */
const WINDOW = 8;
/** After so many objects in a row that the streams do not take, the rest would not fare better. */
const MAX_REFUSALS = 3;

/**
 * Puts what failed back on its streams, in the given order. An object is moved away only after each of its records was
 * accepted, so an interruption at any point leaves it to be redriven again: a record that is on the stream twice changes
 * nothing.
 */
export const redrive = async (
  keys: readonly string[],
  to: Redrive,
  { dryRun, timeLeft }: RedriveOptions,
): Promise<RecoveryAnswer> => {
  const answer: RecoveryAnswer = { v: 1, putBack: [], gone: [], failures: [], notTried: [], refusing: false };
  let refusals = 0;
  for (let first = 0; first < keys.length && answer.notTried.length === 0; first += WINDOW) {
    const window = await Promise.all(keys.slice(first, first + WINDOW).map((key) => opened(key, to)));
    const moves: Promise<void>[] = [];
    for (const [i, object] of window.entries()) {
      answer.refusing = refusals >= MAX_REFUSALS;
      if (answer.refusing || (first + i > 0 && !timeLeft())) {
        answer.notTried.push(...keys.slice(first + i));
        break;
      }
      if (object.gone) answer.gone.push(object.key);
      else if ('why' in object) answer.failures.push({ key: object.key, why: object.why });
      else if (dryRun) answer.putBack.push({ key: object.key, records: object.records.length });
      else {
        const why = await put(object, to);
        refusals = why === undefined ? 0 : refusals + 1;
        if (why !== undefined) answer.failures.push({ key: object.key, why });
        else moves.push(moved(object, to, answer));
      }
    }
    await Promise.all(moves);
  }
  return answer;
};

interface Opened extends Redrivable {
  readonly key: string;
  readonly gone: false;
  readonly body: Uint8Array;
}

type NotOpened =
  | { readonly key: string; readonly gone: true }
  | { readonly key: string; readonly gone: false; readonly why: string };

const opened = async (key: string, { failed, measurementsStream, streams }: Redrive): Promise<Opened | NotOpened> => {
  try {
    const body = await failed.read(key);
    if (!body) return { key, gone: true };
    const redrivable = key.startsWith(IOT_FAILED)
      ? failedMessage(key, body, measurementsStream)
      : failedBatch(body, [...streams.keys()]);
    return { key, gone: false, body, ...redrivable };
  } catch (error) {
    return { key, gone: false, why: reasonOf(error) };
  }
};

/** Why it was not accepted whole; undefined when it was. */
const put = async ({ streamName, records }: Opened, { streams }: Redrive): Promise<string | undefined> => {
  try {
    await streams.get(streamName)!.put(records);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
};

const moved = async ({ key, body, records }: Opened, { failed }: Redrive, answer: RecoveryAnswer): Promise<void> => {
  try {
    await failed.move(key, REDRIVEN + key, body);
    answer.putBack.push({ key, records: records.length });
  } catch (error) {
    const why = `back on its stream, but not moved to ${REDRIVEN}, so it will be put back again: ${reasonOf(error)}`;
    answer.failures.push({ key, why });
  }
};
