import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startAgents } from '../../../local/agents.ts';
import type { LocalCloud } from '../../../local/cloud.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

export interface EdgeDevice {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Runs the agent while `work` goes on, and until the agent is connected at least. */
  whileRunning(work: () => Promise<void>): Promise<void>;
}

/** A device with a configuration of its own, provisioned by the edge agent with a claim certificate. */
export const provisionedDevice = async (
  { iot }: LocalCloud,
  folder: string,
  {
    serialNumber,
    plan,
    claim,
  }: {
    readonly serialNumber: string;
    readonly plan: unknown;
    readonly claim: { certificateFile: string; keyFile: string };
  },
): Promise<EdgeDevice> => {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'agent.json');
  const planFile = join(folder, 'plan.json');
  const [certificateFile, keyFile] = [join(folder, 'device.pem'), join(folder, 'device.key')];
  writeFileSync(planFile, JSON.stringify(plan));
  // From a few minutes ago on, so that there is something to ask for again.
  const from = `${new Date(Date.now() - 20 * 60_000).toISOString().slice(0, 16)}Z`;
  writeFileSync(
    config,
    JSON.stringify({
      serialNumber,
      endpoint: { host: iot.host, port: iot.port, caFile: iot.caFile },
      certificateFile,
      keyFile,
      claim,
      bufferFolder: join(folder, 'buffer'),
      planFile,
      flowControl: 'none',
      exitWhenDone: false,
      source: { kind: 'simulator', seed: 1, from, speed: 'max' },
    }),
  );
  await ended(spawn(process.execPath, ['edge-agent/main.ts', 'provision', '--config', config], { cwd: ROOT }));
  return {
    certificateFile,
    keyFile,
    whileRunning: async (work) => {
      let connected = () => {};
      const first = new Promise<void>((done) => {
        connected = done;
      });
      const agents = startAgents(ROOT, [config], ({ event }) => event === 'connected' && connected());
      try {
        await Promise.race([first, agents.done]);
        await work();
      } finally {
        await agents.stop();
      }
    },
  };
};

const ended = async (child: ReturnType<typeof spawn>): Promise<void> => {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk;
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the device was not provisioned: ${text}`);
};
