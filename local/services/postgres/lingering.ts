import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Ends a server that an earlier run left behind on this cluster, and clears a lock that names no server of it. */
export const stopLingering = async (cluster: string, log: (line: string) => void): Promise<void> => {
  const lock = join(cluster, 'postmaster.pid');
  if (!existsSync(lock)) return;
  const pid = Number(readFileSync(lock, 'utf8').split('\n')[0]);
  if (!serves(pid, cluster)) {
    // PostgreSQL itself would refuse to start if the number has since been given to another process of this user.
    if (process.platform === 'linux') rmSync(lock, { force: true });
    return;
  }
  log(`postgres: ending the server (process ${pid}) that an earlier run left behind`);
  await endServer(pid, () => serves(pid, cluster));
};

/** Does this process serve this cluster? A server's working directory is its data folder. */
const serves = (pid: number, cluster: string): boolean => {
  if (!(pid > 1)) return false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster);
  } catch {
    return false; // no such process, or not ours to look at
  }
};

/** Fast shutdown; after 20 s immediate shutdown; after 5 s more the kill that nothing survives. */
export const endServer = async (pid: number, alive: () => boolean): Promise<void> => {
  for (const [signal, patience] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    for (const end = Date.now() + patience; Date.now() < end; await sleep(10)) if (!alive()) return;
  }
  throw new Error(`PostgreSQL (process ${pid}) does not end, not even by SIGKILL: end it by hand and start again`);
};
