import { existsSync, readFileSync } from 'node:fs';

/**
 * What this process writes into `owner` to claim `what` for itself.
 * @throws Error when the process that claimed it still lives
 */
export const claim = (owner: string, what: string): string => {
  const [pid, start] = existsSync(owner) ? readFileSync(owner, 'utf8').split(' ') : [];
  if (pid !== undefined && start !== undefined && start === startOf(Number(pid))) {
    throw new Error(
      `${what} is in use by process ${pid}: stop that run, or choose another data folder with --data-dir`,
    );
  }
  return `${process.pid} ${startOf(process.pid)}`;
};

/** When a process started, as the kernel counts it: a process number alone may have been given to another one. */
const startOf = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return 'gone';
  }
};
