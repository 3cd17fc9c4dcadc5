import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figure } from './figure.ts';
import { treeOf } from './process-tree.ts';

/** Resident memory of the edge agent while it sends 48 hours of the simulated plant, in a run of its own. */
export const benchAgent = async (root: string): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-bench-'));
  chmodSync(folder, 0o755);
  const run = spawn(process.execPath, ['local/main.ts', '--exit', '--data-dir', folder], {
    cwd: root,
    stdio: 'ignore',
  });
  let peak = 0;
  const timer = setInterval(() => {
    for (const pid of treeOf(run.pid!)) peak = Math.max(peak, residentMbOfAgent(pid));
  }, 200);
  const [code] = await once(run, 'close');
  clearInterval(timer);
  rmSync(folder, { recursive: true, force: true });
  if (code !== 0) throw new Error(`npm start -- --exit ended with ${code}`);
  figure('edge agent, resident memory', peak, 'MB', { goal: 120, boundBy: 'Node itself (about 45 MB) and aws-crt' });
};

const residentMbOfAgent = (pid: number): number => {
  try {
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('edge-agent/main.ts')) return 0;
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    // The process ended between two looks.
    return 0;
  }
};
