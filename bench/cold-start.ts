import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { receive, send } from '../local/services/lambda/channel.ts';

const WORKER = fileURLToPath(new URL('../local/services/lambda/worker.ts', import.meta.url));

export interface ColdStart {
  /** From the start of the process until the function's code is loaded. */
  readonly loadedMs: number;
  /** The first invocation, after that. */
  readonly invokedMs?: number;
}

/**
 * Starts one instance as the local cloud does, invokes it once if there is an event, and ends it.
 * @throws Error when the code does not load or the invocation fails
 */
export const coldStart = async (environment: Record<string, string>, event?: string): Promise<ColdStart> => {
  const begin = performance.now();
  const child = spawn(process.execPath, [WORKER], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'], env: environment });
  const exited = once(child, 'exit');
  const channel = child.stdio[3] as Duplex;
  const answers: { readonly kind: string; readonly text: string; readonly at: number }[] = [];
  let woken = () => {};
  receive(channel, (header, text) => {
    answers.push({ kind: (header as { kind: string }).kind, text, at: performance.now() });
    woken();
  });
  const answer = async (kind: string) => {
    if (answers.length === 0) await Promise.race([new Promise<void>((resolve) => (woken = resolve)), exited]);
    const got = answers.shift();
    if (got?.kind !== kind) throw new Error(`the function did not answer '${kind}' but ${got?.kind}: ${got?.text}`);
    return got.at;
  };
  try {
    const loadedMs = (await answer('ready')) - begin;
    if (event === undefined) return { loadedMs };
    const sent = performance.now();
    send(channel, { requestId: 'bench', arn: 'arn:bench', deadline: Date.now() + 60_000 }, event);
    return { loadedMs, invokedMs: (await answer('returned')) - sent };
  } finally {
    channel.end();
    const kill = setTimeout(() => child.kill('SIGKILL'), 1000);
    await exited;
    clearTimeout(kill);
  }
};
