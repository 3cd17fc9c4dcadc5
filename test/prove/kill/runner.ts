// A cloud and its agent in one process tree, as `npm start` makes them; started by test/prove/kill.ts, and killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataApiRecords } from '#adapters/data-api-records';
import { treeOf } from '../../../bench/process-tree.ts';
import { seeded } from '../../../edge-agent/random.ts';
import { type AgentEvent, type Agents, startAgents } from '../../../local/agents.ts';
import { readArguments } from '../../../local/arguments.ts';
import { startCloud } from '../../../local/cloud.ts';
import { takeDataFolder } from '../../../local/data-folder.ts';
import { runnerDatabase } from '../../../local/database.ts';
import { stateDigest } from '../../../local/digest.ts';
import { progress } from '../../../local/progress.ts';
import { processEverything, startRun } from '../../../local/run.ts';
import { assignmentOf, configFiles, ROOT, setSpeed, type Task, type Word } from './workload.ts';

const task = JSON.parse(process.argv[2]!) as Task;
/** What the cloud says of itself, for whoever looks at a run that failed. */
const log = (line: string) => appendFileSync(join(task.dataDir, 'cloud.log'), `${new Date().toISOString()} ${line}\n`);
const say = (word: Word) => void process.send?.(word);
const random = seeded(task.seed, 7);
/** Nobody stays behind when the one that started us has gone. */
process.on('disconnect', () => process.exit(1));

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // It ended between two looks.
    return '';
  }
};

/** Processes below this one by what they run. */
const pidsOf = (part: 'function' | 'database'): number[] => {
  const wanted = part === 'function' ? /lambda\/worker\.ts/ : /postgres -D /;
  return treeOf(process.pid).filter((pid) => pid !== process.pid && wanted.test(commandOf(pid)));
};

const killOne = (part: 'function' | 'database'): boolean => {
  const pids = pidsOf(part);
  const pid = pids[Math.floor(random() * pids.length)];
  if (pid === undefined) return false;
  process.kill(pid, 'SIGKILL');
  return true;
};

const ended = async (agents: Agents): Promise<void> => {
  // Killed agents end in an error, which is what was wanted.
  await agents.done.catch(() => {});
};

/** What an operator does who finds batches that ran out of retries, because their function was killed each time. */
const redrive = async (): Promise<void> => {
  const command = ['cli/main.ts', '--local', '--data-dir', task.dataDir, 'redrive', '--why', 'functions were killed'];
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output += text;
    });
  const [code] = await once(child, 'close');
  log(`redrive: ${output.trim()}`);
  if (code !== 0) throw new Error(`batches ran out of retries and could not be put back: ${output.trim()}`);
};

const main = async (): Promise<void> => {
  const giveBack = takeDataFolder(task.dataDir);
  const cloud = await startCloud({ assembly: task.assembly, dataDir: task.dataDir, log });
  try {
    const database = runnerDatabase(cloud);
    const assignment = assignmentOf(task);
    let hear: (event: string) => void = () => {};
    const onEvent = (event: AgentEvent) => {
      if (event.event !== 'progress') log(`agent: ${JSON.stringify(event)}`);
      hear(event.event);
    };
    const connected = new Promise<void>((resolve) => {
      hear = (event) => {
        if (event === 'connected') resolve();
      };
    });
    const given = readArguments(['--exit', '--data-dir', task.dataDir, '--seed', String(task.seed)]);
    let agents = await startRun(ROOT, cloud, assignment, given, onEvent);
    const begin = performance.now();
    const files = configFiles(task.dataDir, assignment);
    const again = (speed: number | 'max') => {
      setSpeed(files, speed);
      agents = startAgents(ROOT, files, onEvent);
    };

    // How long an agent takes to connect is what the lives of the others are measured by.
    await Promise.race([connected, agents.done]);
    const normal = performance.now() - begin;
    say({ word: 'sending' });
    const { part, times } = task.kill ?? { part: 'agent', times: 0 };
    const killed = (n: number) => say({ word: 'killed', times: n, messages: cloud.counters().iot.topicMatch });
    // So slow that it cannot be done before it has been killed often enough.
    const speed = (1000 * task.minutes) / (times * 2 * normal);
    for (let n = 1; n <= times; n++) {
      if (part === 'agent') {
        // From its first breath to some time after it is connected.
        await sleep(random() * 3 * normal);
        process.kill(agents.pid, 'SIGKILL');
        await ended(agents);
        killed(n);
        again(n < times ? speed : 'max');
      } else {
        await sleep(random() * (part === 'function' ? 2000 : 3000));
        for (let tries = 0; !killOne(part); tries++) {
          if (tries === 600) throw new Error(`no process of the ${part} to kill`);
          await sleep(100);
        }
        killed(n);
      }
    }
    const { topicMatch: messages } = cloud.counters().iot;
    if (part !== 'agent' && times > 0) {
      await agents.stop();
      again('max');
    }
    await agents.done;
    await processEverything(cloud, progress(process.stderr), new AbortController().signal);
    const { failedBatches } = cloud.counters();
    if (failedBatches > 0) {
      await redrive();
      await processEverything(cloud, progress(process.stderr), new AbortController().signal);
    }
    const records = dataApiRecords(database);
    const facilities = assignment.plans.map(({ facility }) => facility);
    let hours = 0;
    let minutes = 0;
    const counted = async function* () {
      for await (const hour of records.hours(facilities)) {
        hours++;
        minutes += hour.minutes;
        yield hour;
      }
    };
    const digest = await stateDigest(counted(), records.compliance(facilities));
    const quarantined = [...(await records.quarantined()).values()].reduce((total, count) => total + count, 0);
    say({ word: 'result', messages, digest, hours, minutes, failedBatches, quarantined });
  } finally {
    await cloud.stop();
    giveBack();
  }
};

main().then(
  () => process.disconnect?.(),
  (error: unknown) => {
    say({ word: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exitCode = 1;
    setTimeout(() => process.disconnect?.(), 100);
  },
);
