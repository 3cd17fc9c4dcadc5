import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A line the agent prints about itself. */
export interface AgentEvent {
  readonly event: string;
  readonly facility?: string;
  readonly producedMinutes?: number;
  readonly acknowledgedMinutes?: number;
  readonly totalMinutes?: number;
  readonly samples?: number;
  readonly [detail: string]: unknown;
}

export interface Agents {
  readonly pid: number;
  /** Resolves when every facility's agent is done; rejects when the process ends in another way. */
  readonly done: Promise<void>;
  /** The latest figures of each facility. */
  readonly figures: ReadonlyMap<string, AgentEvent>;
  stop(): Promise<void>;
}

const STOP_WITHIN_MS = 10_000;

/** Starts the edge agent, one process for all the given configurations, as a plant would. */
export const startAgents = (
  root: string,
  configFiles: readonly string[],
  onEvent: (event: AgentEvent) => void,
): Agents => {
  const child: ChildProcess = spawn(
    process.execPath,
    ['edge-agent/main.ts', ...configFiles.flatMap((file) => ['--config', file])],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const figures = new Map<string, AgentEvent>();
  let errors = '';
  let stopping = false;
  child.stderr!.on('data', (text) => {
    errors = (errors + text).slice(-4000);
  });
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (!line.startsWith('{')) return;
    const event = JSON.parse(line) as AgentEvent;
    if (event.facility) figures.set(event.facility, { ...figures.get(event.facility), ...event });
    onEvent(event);
  });
  const closed = once(child, 'close');
  const done = closed.then(([code, signal]) => {
    if (code !== 0 && !stopping)
      throw new Error(
        `the edge agent ended with ${signal ?? `exit code ${code}`}: ${errors.trim() || 'it gave no reason'}`,
      );
  });
  // Whoever waits for `done` sees the error; nobody may be waiting yet.
  done.catch(() => {});
  return {
    pid: child.pid!,
    done,
    figures,
    stop: async () => {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await closed;
      clearTimeout(timer);
    },
  };
};
