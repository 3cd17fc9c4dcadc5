import middy from '@middy/core';
import type * as z from 'zod';
import { MetricUnit, observed } from '#adapters/observed';
import { type RecoveryAnswer, recoveryRequest } from '#core/contracts/recovery';
import type { Refusal } from '#core/contracts/refusal';
import { type Redrive, redrive } from './redrive.ts';
import { type Reprocess, reprocess } from './reprocess.ts';

export interface RecoverRecords extends Redrive, Pick<Reprocess, 'landing'> {
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
}

/**
 * No further object is begun after so long. The last one may take half a minute: a batch of 6 MB that the stream takes
 * only on the last attempt.
 */
const BUDGET_MS = 60_000;

/**
 * Puts back on its stream what failed or was quarantined. People ask for it, and only by the keys of what lies in the
 * buckets: nobody but this function puts such records, and nobody can have it put others.
 */
export const makeHandler = (parts: RecoverRecords) => {
  const { logger, metrics, middleware } = observed('recover-records');
  const measurements = parts.streams.get(parts.measurementsStream)!;

  const handle = async (event: unknown): Promise<RecoveryAnswer | Refusal> => {
    const request = recoveryRequest.safeParse(event);
    // An answer, because a failure of the function would count against a deployment that is under way.
    if (!request.success) return { refused: `the request cannot be read: ${firstOf(request.error)}` };
    const { from, keys, dryRun } = request.data;
    const until = parts.now() + BUDGET_MS;
    const answer =
      from === 'failed'
        ? await redrive(keys, parts, { dryRun, timeLeft: () => parts.now() < until })
        : await reprocess(keys, { landing: parts.landing, measurements }, { dryRun });
    if (dryRun) return answer;
    const records = answer.putBack.reduce((sum, each) => sum + each.records, 0);
    for (const { key, records: count } of answer.putBack) logger.info('put back', { key, records: count });
    for (const { key, why } of answer.failures) logger.warn('not put back', { key, why });
    metrics.addMetric('RecordsPutBack', MetricUnit.Count, records);
    if (answer.failures.length > 0) metrics.addMetric('ObjectsNotPutBack', MetricUnit.Count, answer.failures.length);
    return answer;
  };

  return middy<unknown, RecoveryAnswer | Refusal>().use(middleware).handler(handle);
};

const firstOf = ({ issues: [issue] }: z.ZodError): string =>
  `${issue!.path.join('.') || 'the whole'}: ${issue!.message}`;
