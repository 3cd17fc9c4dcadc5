import type { QuarantineEntry } from '#adapters/data-api-reprocessing';
import { MOST_KEYS, type RecoveryAnswer } from '#core/contracts/recovery';
import type { AskRecovery } from './ask-function.ts';

export interface ReprocessWith {
  readonly ask: AskRecovery;
  /** Before records are put back. */
  readonly mark: (recordIds: readonly string[]) => Promise<void>;
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

/**
 * Has quarantined records put back on the stream as they were received. Those that can be are marked first: one that
 * fails again is quarantined anew whenever that happens, and one whose way is interrupted is found by its mark.
 * @throws Error when the stream or the database refuses; what was put back until then stays so
 */
export const reprocess = async (
  entries: readonly QuarantineEntry[],
  { ask, mark, putBack, stop, progress }: ReprocessWith,
): Promise<ReprocessResult> => {
  const result: ReprocessResult = { putBack: [], failures: [], notTried: 0 };
  for (let first = 0; first < entries.length; first += MOST_KEYS) {
    const portion = entries.slice(first, first + MOST_KEYS);
    const tell = ({ failures }: RecoveryAnswer) => {
      for (const { recordId, objectKey } of portion)
        for (const { key, why } of failures) if (key === objectKey) result.failures.push({ recordId, why });
    };
    const looked = await ask({ from: 'quarantine', keys: portion.map(({ objectKey }) => objectKey), dryRun: true });
    if (!looked || stop.aborted) {
      result.notTried = entries.length - first;
      break;
    }
    tell(looked);
    const good = among(portion, looked);
    if (good.length > 0) {
      await mark(good.map(({ recordId }) => recordId));
      const answer = await ask({ from: 'quarantine', keys: good.map(({ objectKey }) => objectKey), dryRun: false });
      if (!answer) {
        result.notTried = entries.length - first - looked.failures.length;
        break;
      }
      tell(answer);
      const ids = among(good, answer).map(({ recordId }) => recordId);
      await putBack(ids);
      result.putBack.push(...ids);
    }
    progress(first + portion.length);
  }
  return result;
};

const among = (entries: readonly QuarantineEntry[], { putBack }: RecoveryAnswer): readonly QuarantineEntry[] => {
  const keys = new Set(putBack.map(({ key }) => key));
  return entries.filter(({ objectKey }) => keys.has(objectKey));
};
