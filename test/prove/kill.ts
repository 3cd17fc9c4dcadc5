// Kills each part of the system with SIGKILL at random moments while a simulated plant is sent through it, and holds
// the stored state against that of a run nobody disturbed.
// What a run took is not the same twice: the moments are seeded, the machine is not.
// node test/prove/kill.ts [--part agent|function|database|runner|all] [--kills 200] [--seed 1] [--hours 48]
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { treeOf } from '../../bench/process-tree.ts';
import { seeded } from '../../edge-agent/random.ts';
import { synthesise } from '../../local/synthesise.ts';
import { CLOSING_MINUTES, PARTS, type Part, ROOT, SOURCES, type Task, type Word } from './kill/workload.ts';

/** Of 200 kills of the agent, so many of the others, which take longer to come back. */
const AS_OFTEN: Readonly<Record<Part, number>> = { agent: 1, function: 0.25, database: 0.1, runner: 0.05 };
/** A part is given up after this time; 200 kills of the agent are to take less than five minutes. */
const LIMIT_MS = 15 * 60_000;

const { values } = parseArgs({
  options: {
    part: { type: 'string', default: 'all' },
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    hours: { type: 'string', default: '48' },
  },
});
const whole = (name: 'kills' | 'seed' | 'hours'): number => {
  if (!/^\d{1,7}$/.test(values[name])) throw new Error(`--${name}: expected a whole number, got ${values[name]}`);
  return Number(values[name]);
};
const [kills, seed, hours] = [whole('kills'), whole('seed'), whole('hours')];
const minutes = 60 * hours + CLOSING_MINUTES;
const parts = PARTS.filter((part) => values.part === 'all' || values.part === part);
if (parts.length === 0) throw new Error(`--part: expected ${PARTS.join(', ')} or all, got ${values.part}`);

type Result = Extract<Word, { word: 'result' }>;

const begin = performance.now();
const print = (line: string) =>
  console.log(`${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${line}`);

const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-kill-'));
// The database's server runs as another user where this one is root.
chmodSync(folder, 0o755);
const running = new Set<ChildProcess>();

/** Ends a runner and all below it, as a machine does that loses its power. */
const powerOff = async (child: ChildProcess): Promise<void> => {
  const tree = treeOf(child.pid!);
  const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
  for (const pid of tree) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  await gone;
  running.delete(child);
};

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, async () => {
    for (const child of running) await powerOff(child);
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });

interface Running {
  readonly child: ChildProcess;
  readonly sending: Promise<void>;
  readonly result: Promise<Result>;
}

const startRunner = (task: Task, part: string): Running => {
  const child = fork(join(ROOT, 'test/prove/kill/runner.ts'), [JSON.stringify(task)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, POWERTOOLS_LOG_LEVEL: 'SILENT' },
  });
  running.add(child);
  let started: () => void = () => {};
  const sending = new Promise<void>((resolve) => {
    started = resolve;
  });
  let shown = 0;
  const result = new Promise<Result>((resolve, reject) => {
    child.on('message', (word: Word) => {
      if (word.word === 'sending') started();
      else if (word.word === 'result') resolve(word);
      else if (word.word === 'failed') reject(new Error(`the run failed: ${word.reason}`));
      else if (word.word === 'killed' && (performance.now() - shown > 5000 || word.times === task.kill?.times)) {
        shown = performance.now();
        print(`${part} killed ${word.times} times, ${word.messages.toLocaleString('en')} messages taken meanwhile`);
      }
    });
    child.once('exit', (code, signal) => {
      running.delete(child);
      reject(new Error(`the run ended with ${signal ?? `exit code ${code}`} before it was done`));
    });
  });
  // A runner that is killed on purpose has no result, and nobody waits for it.
  result.catch(() => {});
  return { child, sending, result };
};

const inTime = <T>(work: Promise<T>, what: string): Promise<T> =>
  Promise.race([
    work,
    sleep(LIMIT_MS, undefined, { ref: false }).then((): never => {
      throw new Error(`${what} was not done after ${LIMIT_MS / 60_000} minutes`);
    }),
  ]);

/** The whole cloud and the agent with it die, and all is started again on the same folder. */
const killRunner = async (task: Task, times: number): Promise<Result> => {
  const random = seeded(seed, 8);
  for (let n = 1; n <= times; n++) {
    const one = startRunner(task, 'runner');
    // Some die while they are still starting.
    const startingUp = random() < 0.2;
    if (startingUp) await sleep(500 + random() * 4000);
    else {
      await Promise.race([one.sending, one.result]);
      await sleep(random() * 4000);
    }
    await powerOff(one.child);
    print(`runner killed ${n} times${startingUp ? ', while it was starting' : ''}`);
  }
  return startRunner({ ...task, speed: 'max' }, 'runner').result;
};

const runPart = async (part: Part, times: number, assembly: string): Promise<Result> => {
  const task = { assembly, dataDir: join(folder, part), minutes, seed };
  if (part === 'runner') return killRunner({ ...task, kill: undefined, speed: minutes / (times * 6) }, times);
  // A first agent that lives as long as it takes to kill all: the agent part sets its speed life by life.
  const seconds = part === 'agent' ? 4 * times : part === 'function' ? 3 * times : 5 * times;
  return startRunner({ ...task, kill: { part, times }, speed: Math.max(1, minutes / seconds) }, part).result;
};

const failures: string[] = [];
const figures: Record<string, { kills: number; seconds: number; equal: boolean }> = {};
try {
  const assembly = await synthesise(ROOT, folder);
  print('CDK app synthesised');
  const calm = startRunner(
    { assembly, dataDir: join(folder, 'calm'), minutes, seed, kill: undefined, speed: 'max' },
    'nothing',
  );
  const expected = await inTime(calm.result, 'the undisturbed run');
  print(`undisturbed: ${expected.minutes} minutes in ${expected.hours} hours, digest ${expected.digest.slice(0, 16)}`);
  if (expected.minutes !== 60 * hours * SOURCES)
    failures.push(`the undisturbed run has ${expected.minutes} minutes, expected ${60 * hours * SOURCES}`);
  for (const part of parts) {
    const times = Math.max(1, Math.round(kills * AS_OFTEN[part]));
    const start = performance.now();
    const result = await inTime(runPart(part, times, assembly), `killing the ${part}`).catch((error: Error) => error);
    const seconds = Math.round((performance.now() - start) / 1000);
    if (result instanceof Error) {
      failures.push(`${part}: ${result.message}`);
      figures[part] = { kills: times, seconds, equal: false };
      for (const child of running) await powerOff(child);
      continue;
    }
    const equal = result.digest === expected.digest && result.minutes === expected.minutes;
    figures[part] = { kills: times, seconds, equal };
    print(
      `${part}: killed ${times} times in ${seconds} s, ${result.minutes} minutes in ${result.hours} hours, ${equal ? 'the same state' : 'ANOTHER STATE'}`,
    );
    if (!equal)
      failures.push(
        `${part}: ${result.minutes} of ${expected.minutes} minutes, digest ${result.digest}, expected ${expected.digest}`,
      );
    if (result.failedBatches > 0)
      print(`${part}: ${result.failedBatches} batches ran out of retries and were redriven`);
    if (result.quarantined > 0) failures.push(`${part}: ${result.quarantined} messages quarantined`);
  }
} catch (error) {
  failures.push(error instanceof Error ? error.message : String(error));
} finally {
  for (const child of running) await powerOff(child);
  if (failures.length === 0) rmSync(folder, { recursive: true, force: true });
  else print(`data and logs are kept in ${folder}`);
}
for (const failure of failures) console.error(`FAIL ${failure}`);
console.log(
  JSON.stringify({
    seed,
    hours,
    parts: figures,
    seconds: Math.round((performance.now() - begin) / 1000),
    failures: failures.length,
  }),
);
process.exitCode = failures.length === 0 ? 0 : 1;
