import { readdirSync, readFileSync } from 'node:fs';

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process ended between two looks.
    return undefined;
  }
};

/** Parent of every process, and CPU seconds of it and of its children that ended. */
const processes = (): Map<number, { parent: number; cpu: number }> => {
  const all = new Map<number, { parent: number; cpu: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    const fields = stat
      ?.slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    if (fields)
      all.set(Number(name), { parent: fields[1]!, cpu: (fields[11]! + fields[12]! + fields[13]! + fields[14]!) / 100 });
  }
  return all;
};

/** A process and all below it. */
export const treeOf = (root: number): number[] => {
  const all = processes();
  const tree = [root];
  for (const pid of tree) for (const [child, { parent }] of all) if (parent === pid) tree.push(child);
  return tree;
};

export const cpuSeconds = (pids: readonly number[]): number => {
  const all = processes();
  return pids.reduce((sum, pid) => sum + (all.get(pid)?.cpu ?? 0), 0);
};

/** Memory in MB, shared pages counted once (PSS). */
export const memoryMb = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0), 0) /
  1024;
