import type { InvocationResult, Lambda } from '../lambda.ts';
import { pause } from '../pause.ts';
import type { DeadLetterQueues } from '../sqs.ts';

/** How often and how long an asynchronous invocation of one alias or version is tried. */
export interface AsyncInvokeConfig {
  readonly functionName: string;
  readonly qualifier: string;
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeSeconds: number;
  readonly onFailureQueueArn?: string;
}

export interface AsyncInvocations {
  /** Accepts the event and returns; what becomes of it is seen in the function's log and its on-failure queue. */
  invoke(target: string, event: string): void;
  stop(): void;
}

/** What Lambda waits before the second and the third attempt. */
const RETRY_AFTER_MS = [60_000, 120_000];
const THROTTLED_FIRST_MS = 1000;
const THROTTLED_MAX_MS = 300_000;

/**
 * Asynchronous invocation: function errors are tried again as the target's EventInvokeConfig says (else twice),
 * throttled ones until the event is too old, and what fails for good goes to the on-failure queue.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export const asyncInvocations = (options: {
  readonly lambda: Pick<Lambda, 'invoke' | 'titleOf' | 'roleOf'>;
  readonly configs: readonly AsyncInvokeConfig[];
  readonly queues: Pick<DeadLetterQueues, 'send' | 'checkSender'>;
  readonly log: (line: string) => void;
  readonly retryAfterMs?: readonly number[];
}): AsyncInvocations => {
  const { lambda, configs, queues, log, retryAfterMs = RETRY_AFTER_MS } = options;
  // Lambda refuses a destination that the function's role may not send to.
  for (const { functionName, onFailureQueueArn } of configs)
    if (onFailureQueueArn) queues.checkSender(onFailureQueueArn, lambda.roleOf(functionName));
  const pauses = new Set<ReturnType<typeof pause>>();
  let stopped = false;

  const wait = async (ms: number) => {
    const rest = pause();
    pauses.add(rest);
    await rest.wait(ms);
    pauses.delete(rest);
  };

  const configOf = (target: string) =>
    configs.find(({ functionName, qualifier }) => target.endsWith(`:${functionName}:${qualifier}`));

  const deliver = async (target: string, event: string) => {
    const config = configOf(target);
    const retries = config?.maximumRetryAttempts ?? 2;
    const accepted = Date.now();
    const latest = accepted + (config?.maximumEventAgeSeconds ?? 21_600) * 1000;
    let failures = 0;
    let throttles = 0;
    while (!stopped) {
      const result = await lambda.invoke(target, event);
      if (result.outcome === 'returned' || stopped) return;
      if (result.outcome === 'failed') failures++;
      const waitMs =
        result.outcome === 'failed'
          ? retryAfterMs[Math.min(failures, retryAfterMs.length) - 1]!
          : Math.min(THROTTLED_MAX_MS, THROTTLED_FIRST_MS * 2 ** throttles++);
      const condition =
        failures > retries ? 'RetriesExhausted' : Date.now() + waitMs > latest ? 'EventAgeExceeded' : undefined;
      if (condition) {
        log(`lambda: ${lambda.titleOf(target)} gave up an event: ${condition}`);
        if (config?.onFailureQueueArn) {
          const body = failureRecord({ target, event, condition, failures, result });
          await queues.send(config.onFailureQueueArn, { body }, lambda.roleOf(target));
        }
        return;
      }
      await wait(waitMs);
    }
  };

  return {
    invoke: (target, event) => {
      deliver(target, event).catch((error: unknown) =>
        log(`lambda: event for ${lambda.titleOf(target)} lost: ${error}`),
      );
    },
    stop: () => {
      stopped = true;
      for (const rest of pauses) rest.release();
    },
  };
};

const failureRecord = (failure: {
  readonly target: string;
  readonly event: string;
  readonly condition: string;
  readonly failures: number;
  readonly result: InvocationResult;
}): string => {
  const { target, event, condition, failures, result } = failure;
  return JSON.stringify({
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: result.requestId,
      functionArn: target,
      condition,
      approximateInvokeCount: failures,
    },
    requestPayload: JSON.parse(event),
    ...(result.outcome === 'failed' && {
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: result.fault,
    }),
  });
};
