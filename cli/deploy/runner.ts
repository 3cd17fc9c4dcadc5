import { type ChildProcess, spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';

/** Runs programs one after the other, in view of whoever sits before the terminal. */
export interface Runner {
  /** Resolves with the exit code when the program has ended. */
  run(command: readonly [program: string, ...args: string[]], env?: Readonly<Record<string, string>>): Promise<number>;
}

export interface StoppableRunner extends Runner {
  /**
   * Passes the signal on to the program that runs; from then on nothing is started any more.
   * @returns whether one runs
   */
  stop(signal: NodeJS.Signals): boolean;
}

/** Exit code of a program that a signal has ended, as shells have it. */
const INTERRUPTED = 130;

export const runnerIn = (cwd: string): StoppableRunner => {
  let stopped: NodeJS.Signals | undefined;
  let running: ChildProcess | undefined;
  // cdk.json says `node`, which on an older machine is another one than that which runs this.
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return {
    run: ([program, ...args], env = {}) =>
      new Promise((resolve, reject) => {
        if (stopped) return resolve(INTERRUPTED);
        const child = spawn(program, args, { cwd, env: { ...process.env, PATH, ...env }, stdio: 'inherit' });
        running = child;
        child.on('error', reject);
        child.on('close', (code) => {
          running = undefined;
          resolve(stopped ? INTERRUPTED : (code ?? 1));
        });
      }),
    stop: (signal) => {
      stopped = signal;
      return running?.kill(signal) ?? false;
    },
  };
};
