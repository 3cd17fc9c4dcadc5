import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { AgentEvent } from '../../edge-agent/events.ts';

/** Runs the agent as a process of its own and gathers what it says, until it ends; at the latest with the test. */
export const startAgentProcess = (
  args: readonly string[],
  onEvent: (event: AgentEvent, child: ChildProcess) => void = () => {},
) => {
  const child = spawn(process.execPath, ['edge-agent/main.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const events: AgentEvent[] = [];
  let text = '';
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  createInterface({ input: child.stdout }).on('line', (line) => {
    text += `${line}\n`;
    if (!line.startsWith('{')) return;
    const event = JSON.parse(line) as AgentEvent;
    events.push(event);
    onEvent(event, child);
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, events, text, errors }));
  return { child, events, ended };
};
