import type { InvocationResult } from '../lambda.ts';
import { pause } from '../pause.ts';
import { type BatchItem, eventOf, takenOf } from './batch.ts';
import type { LaneReader } from './collect.ts';
import type { Condition } from './discarded.ts';
import type { EventSourceMapping, MappingCounters, MappingObserver } from './mapping.ts';

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

export interface Lane {
  /** Resolves when the lane has ended after `stop`. */
  readonly ended: Promise<void>;
  /** True when every record of the shard so far is taken, done and checkpointed. */
  readonly quiet: boolean;
  /** Arrival of the oldest record in work; undefined when there is none. */
  readonly oldest: number | undefined;
  stop(): void;
}

/** Part of a batch that is still to be taken, with the failed invocations that count against its retries. */
interface Work {
  readonly items: readonly BatchItem[];
  readonly attempts: number;
}

export interface LaneOptions {
  readonly reader: LaneReader;
  readonly mapping: EventSourceMapping;
  /** The mapping's record age or the stream's retention, whichever ends first. */
  readonly maximumAgeMs: number;
  readonly counters: MappingCounters;
  readonly backoff: Backoff;
  readonly now: () => number;
  readonly log: (line: string) => void;
  readonly observer?: MappingObserver | undefined;
  readonly invoke: (event: string) => Promise<InvocationResult>;
  readonly checkpoint: (position: number) => void;
  readonly discard: (
    items: readonly BatchItem[],
    why: {
      readonly condition: Condition;
      readonly invokeCount: number;
      readonly requestId: string;
      readonly functionError: boolean;
    },
  ) => Promise<void>;
}

/**
 * Takes batch after batch to the function, and gives a batch up only as the mapping says: after its retries (of
 * function errors; throttles do not count), or when its records are too old. What is given up goes to `discard` first.
 */
export const runLane = (options: LaneOptions): Lane => {
  const { reader, mapping, maximumAgeMs, counters, backoff, now, log, invoke, checkpoint, discard, observer } = options;
  let stopped = false;
  let failuresInARow = 0;
  let oldest: number | undefined;
  const rest = pause();

  const backOff = () => {
    const limit = Math.min(backoff.maxMs, backoff.firstMs * 2 ** failuresInARow++);
    return rest.wait(Math.random() * limit);
  };

  /** Gives up for good; the records are only passed over once they are safe in the destination. */
  const giveUp = async (items: readonly BatchItem[], why: Parameters<typeof discard>[1]) => {
    while (!stopped) {
      try {
        await discard(items, why);
        counters.discardedBatches++;
        counters.discardedRecords += items.length;
        checkpoint(items.at(-1)!.position + 1);
        return;
      } catch (error) {
        log(`event source: ${mapping.onFailureBucket} does not take a batch, trying again: ${error}`);
        await backOff();
      }
    }
  };

  /** One attempt at the first part; returns what is left to do, in order. */
  const attempt = async ({ items, attempts }: Work): Promise<readonly Work[]> => {
    const cutoff = now() - maximumAgeMs;
    const expired = items.findIndex((item) => item.arrival >= cutoff);
    if (expired !== 0) {
      const [old, young] = expired < 0 ? [items, []] : [items.slice(0, expired), items.slice(expired)];
      await giveUp(old, {
        condition: 'RecordAgeExceeded',
        invokeCount: attempts,
        requestId: '',
        functionError: false,
      });
      return young.length > 0 ? [{ items: young, attempts }] : [];
    }
    const result = await invoke(eventOf(items));
    // Instances are ended while the cloud stops; that says nothing about the batch.
    if (stopped && result.outcome !== 'returned') return [];
    if (result.outcome === 'throttled') {
      counters.throttles++;
      await backOff();
      return [{ items, attempts }];
    }
    observer?.invoked(items.length, Math.max(0, now() - items.at(-1)!.arrival));
    const taken = result.outcome === 'returned' ? takenOf(items, result.text, mapping.reportBatchItemFailures) : 0;
    if (taken > 0) {
      counters.batches++;
      counters.records += taken;
      checkpoint(items[taken - 1]!.position + 1);
      failuresInARow = 0;
    }
    if (taken === items.length) return [];
    counters.errors++;
    const left = items.slice(taken);
    const rework = afterFailure(left, attempts, taken > 0);
    if (rework.length === 0) {
      const invokeCount = (taken > 0 ? 0 : attempts) + 1;
      const functionError = result.outcome === 'failed';
      const { requestId } = result;
      await giveUp(left, { condition: 'RetryAttemptsExhausted', invokeCount, requestId, functionError });
    } else {
      await backOff();
    }
    return rework;
  };

  /** Splitting, at the record reported or else in the middle, does not use up retries. */
  const afterFailure = (left: readonly BatchItem[], attempts: number, progressed: boolean): readonly Work[] => {
    if (mapping.bisectBatchOnFunctionError) {
      if (progressed) return [{ items: left, attempts: 0 }];
      if (left.length > 1) {
        const middle = Math.ceil(left.length / 2);
        return [
          { items: left.slice(0, middle), attempts: 0 },
          { items: left.slice(middle), attempts: 0 },
        ];
      }
    }
    const failed = (progressed ? 0 : attempts) + 1;
    return failed > mapping.maximumRetryAttempts ? [] : [{ items: left, attempts: failed }];
  };

  const run = async () => {
    let work: readonly Work[] = [];
    while (!stopped) {
      try {
        if (!work[0]) {
          const batch = await reader.next();
          work = batch ? [{ items: batch, attempts: 0 }] : [];
        } else {
          oldest = work[0].items[0]!.arrival;
          work = [...(await attempt(work[0])), ...work.slice(1)];
        }
        if (!work[0]) oldest = undefined;
      } catch (error) {
        // Not the function's fault (a file that cannot be read, for one): nothing is passed over.
        log(`event source: ${error}, trying again`);
        await backOff();
      }
    }
  };

  return {
    ended: run(),
    get quiet() {
      return reader.waiting;
    },
    get oldest() {
      return oldest;
    },
    stop: () => {
      // Past what belongs to other lanes, too, so that the next start need not read it again.
      if (reader.waiting) checkpoint(reader.position);
      stopped = true;
      reader.stop();
      rest.release();
    },
  };
};
