import { setImmediate as turn } from 'node:timers/promises';
import { ExecutionAbortedError, ExecutionTimeoutError, StateMachine } from 'aws-local-stepfunctions';
import type { Definition } from './definition.ts';
import type { Ending, Execution } from './execution-book.ts';

/** Most bytes that one state hands on to the next. */
export const MAX_DATA_BYTES = 256 * 1024;

/** What a task failed with, by the name that Retry and Catch know it by. */
export class TaskError extends Error {
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

/** Neither tried again nor caught. */
class Terminal extends TaskError {
  readonly isRetryable = false;
  readonly isCatchable = false;
}

export interface TaskCall {
  readonly functionName: string;
  readonly payload: unknown;
}

export interface Run {
  /** Undefined when the run was ended from outside. Never rejects. */
  readonly ending: Promise<Ending | undefined>;
  stop(): void;
}

/** Runs one execution from its first state to its end. */
export const runExecution = (options: {
  readonly definition: Definition;
  readonly execution: Execution;
  readonly roleArn: string;
  /** @throws TaskError */
  readonly task: (call: TaskCall) => Promise<unknown>;
  readonly onEvent: (event: Readonly<Record<string, unknown>>) => void;
  /** Pause before a task is tried again, whatever the definition says. */
  readonly retryAfterMs?: number | undefined;
}): Run => {
  const { definition, execution, roleArn, task, onEvent, retryAfterMs } = options;
  let ended = false;
  /** Maps one of whose items has failed: the engine goes on with the items that wait for their turn. */
  const failed = new Set<string>();

  const handler =
    (map: string | undefined) =>
    async (input: unknown): Promise<never> => {
      // A turn, so that the failure of another item is known.
      await turn();
      if (ended || (map !== undefined && failed.has(map))) throw new Terminal('States.Aborted', 'it was ended');
      const { FunctionName, Payload } = input as { readonly FunctionName: string; readonly Payload: unknown };
      checkSize(Payload);
      const answer = await task({ functionName: FunctionName, payload: Payload });
      checkSize(answer);
      return { ExecutedVersion: '$LATEST', Payload: answer, StatusCode: 200 } as never;
    };

  const tasks = definition.tasks;
  const overrides = {
    taskResourceLocalHandlers: Object.fromEntries(tasks.map(({ name, map }) => [name, handler(map)])),
    ...(retryAfterMs !== undefined && {
      retryIntervalOverrides: Object.fromEntries(tasks.map(({ name }) => [name, retryAfterMs])),
    }),
  };
  const { timeoutSeconds } = definition;
  const left = timeoutSeconds === undefined ? undefined : timeoutSeconds - (Date.now() - execution.started) / 1000;
  if (left !== undefined && left <= 0) return { ending: Promise.resolve(timedOut()), stop: () => {} };

  const Input = JSON.parse(execution.input);
  const StartTime = new Date(execution.started).toISOString();
  const Started = { Id: execution.arn, Name: execution.name, RoleArn: roleArn, StartTime, Input };
  const limited = { ...definition.states, ...(left !== undefined && { TimeoutSeconds: left }) };
  const machine = new StateMachine(limited, { validationOptions: { noValidate: true } });
  const running = machine.run(Input, { overrides, context: { Started } });
  const events = (async () => {
    for await (const event of running.eventLogs) {
      const { type, state } = event as { readonly type: string; readonly state?: { readonly name: string } };
      if (type === 'StateFailed' && state) failed.add(state.name);
      if (type === 'StateRetried' && state) failed.delete(state.name);
      onEvent(event as unknown as Readonly<Record<string, unknown>>);
    }
  })();

  const ending = running.result
    .then((output): Ending => {
      const text = JSON.stringify(output);
      return { status: 'SUCCEEDED', stopped: Date.now(), output: text };
    })
    .catch((error: unknown): Ending | undefined => {
      if (error instanceof ExecutionAbortedError) return undefined;
      if (error instanceof ExecutionTimeoutError) return timedOut();
      const { name, message } = ((error as Error).cause ?? error) as Error;
      return { status: 'FAILED', stopped: Date.now(), error: name, cause: message };
    })
    .finally(() => {
      ended = true;
    });
  return {
    ending: ending.then(async (how) => {
      await events;
      return how;
    }),
    stop: () => {
      ended = true;
      running.abort();
    },
  };
};

const timedOut = (): Ending => ({ status: 'TIMED_OUT', stopped: Date.now() });

const checkSize = (data: unknown): void => {
  const bytes = Buffer.byteLength(JSON.stringify(data) ?? '');
  if (bytes > MAX_DATA_BYTES)
    throw new Terminal('States.DataLimitExceeded', `${bytes} bytes between two states, at most ${MAX_DATA_BYTES}`);
};
