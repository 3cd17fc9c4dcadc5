import { MOST_KEYS } from '#core/contracts/recovery';
import type { AskRecovery } from './ask-function.ts';
import type { FailedObject } from './failed-objects.ts';

export interface RedriveWith {
  readonly ask: AskRecovery;
  /** Nothing is put or moved, only read. */
  readonly dryRun: boolean;
  readonly stop: AbortSignal;
  /** After each portion. */
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

/**
 * Has what failed put back on its streams, in the given order and in portions. Interrupted at any point it can be
 * repeated: what was not moved away is put back again, and a record that is on the stream twice changes nothing.
 */
export const redrive = async (
  objects: readonly FailedObject[],
  { ask, dryRun, stop, progress }: RedriveWith,
): Promise<RedriveResult> => {
  const result: RedriveResult = { redriven: 0, records: 0, gone: 0, failures: [], notTried: objects.length };
  for (let first = 0; first < objects.length && !stop.aborted; first = objects.length - result.notTried) {
    const keys = objects.slice(first, first + MOST_KEYS).map(({ key }) => key);
    const answer = await ask({ from: 'failed', keys, dryRun });
    if (!answer) break;
    const tried = keys.length - answer.notTried.length;
    result.redriven += answer.putBack.length;
    result.records += answer.putBack.reduce((sum, { records }) => sum + records, 0);
    result.gone += answer.gone.length;
    result.failures.push(...answer.failures);
    result.notTried -= tried;
    progress(result);
    if (answer.refusing || tried === 0) break;
  }
  return result;
};
