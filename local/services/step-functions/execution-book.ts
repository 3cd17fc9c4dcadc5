import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { appendWhole, readIfThere, writeAtomically } from '../owned-file.ts';

/** How an execution ended. */
export interface Ending {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  /** Milliseconds since 1970. */
  readonly stopped: number;
  /** JSON. */
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

export interface Execution {
  readonly arn: string;
  readonly machineArn: string;
  readonly name: string;
  /** JSON. */
  readonly input: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  /** Undefined while it runs. */
  readonly ending?: Ending;
}

/** As long as AWS keeps one that has ended. */
const KEPT_MS = 90 * 86_400_000;

export type ExecutionBook = ReturnType<typeof openExecutionBook>;

/** Every execution in a file: a line when it is started, and one when it ends. */
export const openExecutionBook = (file: string, append: typeof appendWhole = appendWhole) => {
  const book = new Map<string, Execution>();
  // A last line without its end was being written when the process was killed.
  const text = readIfThere(file) ?? '';
  for (const line of text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)) {
    const execution = JSON.parse(line) as Execution;
    book.set(execution.arn, execution);
  }
  for (const { arn, ending } of book.values()) if (ending && ending.stopped < Date.now() - KEPT_MS) book.delete(arn);
  mkdirSync(dirname(file), { recursive: true });
  writeAtomically(file, [...book.values()].map(lineOf).join(''));

  const write = (execution: Execution): void => {
    append(file, lineOf(execution));
    book.set(execution.arn, execution);
  };
  return {
    find: (arn: string): Execution | undefined => book.get(arn),
    start: write,
    /** It has ended for whoever asks, also when that cannot be written. */
    end: (arn: string, ending: Ending): void => {
      const ended = { ...book.get(arn)!, ending };
      book.set(arn, ended);
      write(ended);
    },
    /** Of one machine, the newest first. */
    of: (machineArn: string): readonly Execution[] =>
      [...book.values()].filter((one) => one.machineArn === machineArn).sort((a, b) => b.started - a.started),
    /** Started, and not ended. */
    running: (): readonly Execution[] => [...book.values()].filter(({ ending }) => ending === undefined),
  };
};

const lineOf = (execution: Execution): string => `${JSON.stringify(execution)}\n`;
