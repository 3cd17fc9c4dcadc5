import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { receive, send } from './channel.ts';
import type { FunctionDefinition } from './definition.ts';

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
/** Loading a bundle has a limit of its own, generous because many instances may start at once on two cores. */
const LOAD_SECONDS = 60;

export interface Fault {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type Answer =
  | { readonly outcome: 'returned'; readonly text: string }
  | { readonly outcome: 'failed'; readonly fault: Fault };

export interface Instance {
  readonly pid: number | undefined;
  /** False once the process has ended or is about to. */
  readonly usable: boolean;
  /** One at a time. Never rejects: what goes wrong in the function is an answer. */
  invoke(event: string, requestId: string, arn: string): Promise<Answer>;
  /** Ends the process and waits for it. */
  stop(): Promise<void>;
}

/** Starts a process for one instance of a function; the first invocation waits until its code is loaded. */
export const startInstance = (
  definition: FunctionDefinition,
  environment: Readonly<Record<string, string>>,
  onOutput: (chunk: Buffer) => void,
): Instance => {
  const { memoryMb, timeoutSeconds } = definition;
  // V8's heap is the greater part of what Lambda's memory size limits; buffers and code take the rest.
  const heap = `--max-old-space-size=${Math.round(memoryMb * 0.8)}`;
  const child: ChildProcess = spawn(process.execPath, [heap, WORKER], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: environment,
    cwd: definition.code,
  });
  child.stdout!.on('data', onOutput);
  child.stderr!.on('data', onOutput);
  const channel = child.stdio[3] as Duplex;
  // A write to a process that has just been killed; its end is noticed by 'exit'.
  channel.on('error', () => {});

  let usable = true;
  let loaded = false;
  let answer: ((answer: Answer) => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pending: (() => void) | undefined;

  const settle = (result: Answer) => {
    clearTimeout(timer);
    const resolve = answer;
    answer = undefined;
    resolve?.(result);
  };
  const fail = (fault: Fault) => settle({ outcome: 'failed', fault });

  const giveUp = (fault: Fault) => {
    usable = false;
    child.kill('SIGKILL');
    fail(fault);
  };

  const loadingTakesTooLong = setTimeout(
    () => giveUp({ errorType: 'Sandbox.Timedout', errorMessage: `the code did not load within ${LOAD_SECONDS} s` }),
    LOAD_SECONDS * 1000,
  );

  receive(channel, (header, text) => {
    const { kind } = header as { kind: 'ready' | 'unloadable' | 'returned' | 'failed' };
    if (kind === 'ready') {
      clearTimeout(loadingTakesTooLong);
      loaded = true;
      pending?.();
    } else if (kind === 'unloadable') {
      giveUp(JSON.parse(text) as Fault);
    } else if (kind === 'failed') {
      fail(JSON.parse(text) as Fault);
    } else {
      settle({ outcome: 'returned', text });
    }
  });

  const exited = new Promise<void>((resolve) => {
    const ended = (how: string) => {
      usable = false;
      clearTimeout(loadingTakesTooLong);
      fail({ errorType: 'Runtime.ExitError', errorMessage: `runtime exited with error: ${how}` });
      resolve();
    };
    child.once('exit', (code, signal) => ended(signal ? `signal: ${signal}` : `exit status ${code}`));
    child.once('error', (error) => ended(error.message));
  });

  return {
    get pid() {
      return child.pid;
    },
    get usable() {
      return usable;
    },
    invoke: (event, requestId, arn) =>
      new Promise((resolve) => {
        answer = resolve;
        if (!usable) return fail({ errorType: 'Runtime.ExitError', errorMessage: 'the instance has ended' });
        pending = () => {
          pending = undefined;
          const limit = timeoutSeconds * 1000;
          timer = setTimeout(
            () =>
              giveUp({
                errorType: 'Sandbox.Timedout',
                errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
              }),
            limit,
          );
          send(channel, { requestId, arn, deadline: Date.now() + limit }, event);
        };
        if (loaded) pending();
      }),
    stop: async () => {
      usable = false;
      channel.end();
      const kill = setTimeout(() => child.kill('SIGKILL'), 1000);
      await exited;
      clearTimeout(kill);
    },
  };
};
