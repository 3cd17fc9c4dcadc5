import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { AwsError, type Listening, serveJson11 } from './aws-json.ts';
import { diskTrouble } from './disk-trouble.ts';
import type { Guard } from './iam/guard.ts';
import { openFunctionLog } from './lambda/function-log.ts';
import type { Lambda } from './lambda.ts';
import type { appendWhole } from './owned-file.ts';
import { type Ending, type Execution, openExecutionBook } from './step-functions/execution-book.ts';
import { type Machine, openMachine, type StateMachineDefinition } from './step-functions/machine.ts';
import { MAX_DATA_BYTES, type Run, runExecution, type TaskCall, TaskError } from './step-functions/run.ts';

export type { StateMachineDefinition };

/** What CloudWatch counts: ExecutionsStarted, ExecutionsSucceeded and so on, and the time that one took. */
export interface ExecutionEvent {
  readonly stateMachineArn: string;
  readonly kind: 'started' | 'succeeded' | 'failed' | 'timed-out' | 'aborted';
  /** Milliseconds from start to end; undefined when it starts. */
  readonly time?: number;
}

export interface StepFunctions extends Listening {
  /**
   * Makes again, from their first state, the executions that were under way when the cloud stopped. Call it when
   * everything else runs.
   */
  resume(): void;
  /**
   * Ends executions where they are, for `resume` after the next start. Call it before what they use is stopped; what is
   * started from then on waits for the next start too.
   */
  interrupt(): Promise<void>;
  /** Executions under way. */
  readonly running: number;
}

const KINDS = { SUCCEEDED: 'succeeded', FAILED: 'failed', TIMED_OUT: 'timed-out', ABORTED: 'aborted' } as const;
/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a name must not have
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}$/;

type Input = Readonly<Record<string, unknown>>;

/**
 * Step Functions for Standard state machines in JSONPath. An execution that is interrupted by the end of the cloud is
 * made again at the next start, under its name and with its start time: its tasks must stand being repeated.
 */
export const startStepFunctions = async (options: {
  readonly dataDir: string;
  readonly machines: readonly StateMachineDefinition[];
  readonly lambda: Pick<Lambda, 'invoke'>;
  readonly guard: Guard;
  readonly log: (line: string) => void;
  readonly onExecution?: (event: ExecutionEvent) => void;
  readonly port?: number;
  /** Pause before a task is tried again, whatever the definition says. */
  readonly retryAfterMs?: number;
  /** Adds to the record of executions. */
  readonly append?: typeof appendWhole;
}): Promise<StepFunctions> => {
  const { dataDir, lambda, guard, log, onExecution = () => {}, port, retryAfterMs, append } = options;
  const machines = options.machines.map((machine) => openMachine(machine, guard));
  const book = openExecutionBook(join(dataDir, 'step-functions', 'executions.jsonl'), append);
  const logs = new Map(
    machines.map(({ arn, name }) => [arn, openFunctionLog(join(dataDir, 'logs', `${name}.log`), log)]),
  );
  const trouble = diskTrouble('the record of executions', log);
  const runs = new Map<string, Run>();
  const settled = new Set<Promise<void>>();
  let interrupted = false;

  const machineOf = (arn: unknown): Machine => {
    const machine = machines.find((one) => one.arn === arn);
    if (machine) return machine;
    throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  };
  const executionOf = (arn: unknown): Execution => {
    const execution = book.find(String(arn));
    if (execution) return execution;
    throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  };

  const end = (execution: Execution, ending: Ending): void => {
    const { arn, machineArn, name, started } = execution;
    // It was stopped by somebody in the moment in which it ended by itself.
    if (book.find(arn)?.ending) return;
    // One whose end is not on record is made again after the next start.
    trouble.attempt(() => book.end(arn, ending));
    onExecution({ stateMachineArn: machineArn, kind: KINDS[ending.status], time: ending.stopped - started });
    if (ending.status !== 'SUCCEEDED')
      log(`step functions: ${name} ${ending.status}${ending.error === undefined ? '' : `: ${ending.error}`}`);
  };

  const run = (machine: Machine, execution: Execution): void => {
    const { arn, name } = execution;
    const running = runExecution({
      definition: machine.states,
      execution,
      roleArn: machine.roleArn,
      task: (call) => invoke(machine, call),
      onEvent: (event) => {
        if (!machine.logs) return;
        const line = machine.logs.withData ? event : withoutData(event);
        logs.get(machine.arn)!.write(Buffer.from(`${JSON.stringify({ execution: name, ...line })}\n`));
      },
      retryAfterMs,
    });
    runs.set(arn, running);
    const done = running.ending.then((ending) => {
      runs.delete(arn);
      settled.delete(done);
      if (ending) end(execution, ending);
    });
    settled.add(done);
  };

  const invoke = async ({ principal }: Machine, { functionName, payload }: TaskCall): Promise<unknown> => {
    try {
      guard.check(principal, 'lambda:InvokeFunction', functionName);
    } catch (error) {
      throw new TaskError('Lambda.AWSLambdaException', (error as Error).message);
    }
    const result = await lambda.invoke(functionName, JSON.stringify(payload));
    if (result.outcome === 'returned') return JSON.parse(result.text);
    if (result.outcome === 'throttled') throw new TaskError('Lambda.TooManyRequestsException', 'Rate Exceeded.');
    throw new TaskError(result.fault.errorType, JSON.stringify(result.fault));
  };

  const start = (input: Input) => {
    const machine = machineOf(input.stateMachineArn);
    const { name = randomUUID(), input: data = '{}' } = input as { readonly name?: string; readonly input?: string };
    if (!NAME.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
    checkInput(data);
    const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const known = book.find(arn);
    if (known && (known.ending || known.input !== data))
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    if (known) return known;
    const execution = { arn, machineArn: machine.arn, name, input: data, started: Date.now() };
    book.start(execution);
    onExecution({ stateMachineArn: machine.arn, kind: 'started' });
    if (!interrupted) run(machine, execution);
    return execution;
  };

  const interrupt = async (): Promise<void> => {
    interrupted = true;
    for (const running of runs.values()) running.stop();
    await Promise.all(settled);
  };

  const listening = await serveJson11({
    version: '1.0',
    guard,
    port,
    operations: {
      StartExecution: (input, caller) => {
        guard.check(caller, 'states:StartExecution', machineOf(input.stateMachineArn).arn);
        const { arn, started } = start(input);
        return { executionArn: arn, startDate: started / 1000 };
      },

      DescribeExecution: ({ executionArn }, caller) => {
        guard.check(caller, 'states:DescribeExecution', String(executionArn));
        const execution = executionOf(executionArn);
        const { output, error, cause } = execution.ending ?? {};
        return {
          ...summaryOf(execution),
          input: execution.input,
          inputDetails: { included: true },
          ...(output !== undefined && { output, outputDetails: { included: true } }),
          error,
          cause,
        };
      },

      ListExecutions: ({ stateMachineArn, statusFilter, maxResults, nextToken }, caller) => {
        const { arn } = machineOf(stateMachineArn);
        guard.check(caller, 'states:ListExecutions', arn);
        const all = book
          .of(arn)
          .map(summaryOf)
          .filter(({ status }) => statusFilter === undefined || status === statusFilter);
        const from = nextToken === undefined ? 0 : all.findIndex(({ executionArn }) => executionArn === nextToken);
        if (from < 0) throw new AwsError('InvalidToken', `Invalid Token: '${nextToken}'`);
        const to = from + Math.min(Number(maxResults || 100), 1000);
        return { executions: all.slice(from, to), nextToken: all[to]?.executionArn };
      },

      StopExecution: ({ executionArn, error, cause }, caller) => {
        guard.check(caller, 'states:StopExecution', String(executionArn));
        const execution = executionOf(executionArn);
        if (!execution.ending) {
          runs.get(execution.arn)?.stop();
          const why = { ...optional('error', error), ...optional('cause', cause) };
          end(execution, { status: 'ABORTED', stopped: Date.now(), ...why });
        }
        return { stopDate: executionOf(executionArn).ending!.stopped / 1000 };
      },
    },
  });

  return {
    ...listening,
    get running() {
      return runs.size;
    },
    resume: () => {
      for (const execution of book.running()) {
        if (runs.has(execution.arn)) continue;
        const machine = machines.find(({ arn }) => arn === execution.machineArn);
        if (machine) {
          log(`step functions: ${execution.name} was interrupted, and is made again from its first state`);
          run(machine, execution);
        } else {
          const cause = `interrupted, and the template has no state machine ${execution.machineArn} any more`;
          end(execution, { status: 'ABORTED', stopped: Date.now(), cause });
        }
      }
    },
    interrupt,
    stop: async () => {
      await listening.stop();
      await interrupt();
      for (const file of logs.values()) file.close();
      logs.clear();
    },
  };
};

const summaryOf = ({ arn, machineArn, name, started, ending }: Execution) => ({
  executionArn: arn,
  stateMachineArn: machineArn,
  name,
  status: ending?.status ?? 'RUNNING',
  startDate: started / 1000,
  ...(ending && { stopDate: ending.stopped / 1000 }),
});

const optional = (key: string, value: unknown) => (value === undefined ? {} : { [key]: String(value) });

const checkInput = (data: string): void => {
  const bytes = Buffer.byteLength(data);
  if (bytes > MAX_DATA_BYTES)
    throw new AwsError('InvalidExecutionInput', `the input has ${bytes} bytes, at most ${MAX_DATA_BYTES}`);
  try {
    JSON.parse(data);
  } catch (error) {
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: ${(error as Error).message}`);
  }
};

/** An event as it is logged when execution data are to be left out. */
const withoutData = ({ input: _, output: __, ...event }: Input): Input => {
  const { state } = event as { readonly state?: { readonly name: string; readonly type: string } };
  return state ? { ...event, state: { name: state.name, type: state.type } } : event;
};
