import { closeSync, openSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Arguments, readArguments } from './arguments.ts';
import { startCloud } from './cloud.ts';
import { consolePort } from './console-port.ts';
import { takeDataFolder } from './data-folder.ts';
import { runnerDatabase } from './database.ts';
import { liveLines } from './live.ts';
import { type Progress, progress } from './progress.ts';
import { readBack } from './read-back.ts';
import { replayAssignment } from './replay/assignment.ts';
import { type InputOverview, overview } from './replay/input.ts';
import { makeReports, reportLines } from './reports.ts';
import { followAgents, processEverything, startRun, sum } from './run.ts';
import { simulatedAssignment } from './simulated.ts';
import { type Step, steps } from './steps.ts';
import { jsonLine, summaryLines } from './summary.ts';
import { synthesise } from './synthesise.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const print = (line: string) => process.stdout.write(`${line}\n`);

const main = async (): Promise<void> => {
  const given = readArguments(process.argv.slice(2));
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort());
  const step = steps((text) => process.stdout.write(text));
  const bar = progress(process.stdout);

  if (given.export) checkExport(given.export);
  const input = given.input.length > 0 ? await overview(given.input, given.unit) : undefined;
  if (input) {
    for (const { file, line, reason } of input.unreadable) print(`unreadable line: ${file}:${line}: ${reason}`);
    step(`input read: ${input.hours.toLocaleString('en')} published hours`);
  }
  const giveBack = takeDataFolder(given.dataDir);
  try {
    await run(given, input, step, bar, stopped.signal);
  } finally {
    giveBack();
  }
};

const run = async (
  given: Arguments,
  input: InputOverview | undefined,
  step: Step,
  bar: Progress,
  stopped: AbortSignal,
): Promise<void> => {
  const port = await consolePort(given.port);
  step('synthesising the CDK app (templates and function bundles, as for a deploy)');
  const assembly = await synthesise(root, given.dataDir, consoleUrlOf(port)).finally(() => stopped.throwIfAborted());
  const cloud = await startCloud({ assembly, dataDir: given.dataDir, log: step, consolePort: port });
  try {
    stopped.throwIfAborted();
    const { console } = cloud.endpoints;
    if (console !== undefined) step(`console: ${console}`);
    const database = runnerDatabase(cloud);
    const assignment = input ? await replayAssignment(given, input, database) : simulatedAssignment(given);
    const begin = performance.now();
    const agents = await startRun(root, cloud, assignment, given, (event) => {
      // Progress has its bar, and unreadable lines were named when the input was read.
      if (event.event === 'progress' || event.event === 'unreadable') return;
      bar.clear();
      const reason = typeof event.reason === 'string' ? `: ${event.reason}` : '';
      step(`edge agent ${event.facility ?? ''} ${event.event}${reason}`);
    });
    try {
      if (!given.exit) {
        step(`running until Ctrl-C${console === undefined ? '' : `; console: ${console}`}`);
        // Nobody is to wait five minutes for the schedule to learn since when the data are complete.
        const caughtUp = async () => {
          await cloud.settled();
          await cloud.checkContinuity().catch((error: Error) => step(`continuity not checked: ${error.message}`));
        };
        await liveLines({ agents, database, assignment, notices: cloud.notices, bar, print, stopped, caughtUp });
        step('stopping');
        return;
      }
      await followAgents(agents, bar, stopped);
      step('every minute acknowledged');
      await processEverything(cloud, bar, stopped);
      step('streams empty, hours closed and checked');
      const seconds = (performance.now() - begin) / 1000;
      bar.show(0, undefined, 'reading the stored hours back');
      const result = await readBack({
        given,
        input,
        database,
        assignment,
        cloud,
        samples: sum(agents).samples,
        seconds,
      }).finally(bar.clear);
      if (given.export) step(`hours written to ${given.export}`);
      const reports = await makeReports({
        dataDir: given.dataDir,
        database,
        facilities: assignment.plans.map(({ facility }) => facility),
        bar,
        stopped,
      }).finally(bar.clear);
      step(`reports written to ${shown(join(given.dataDir, 'reports'))}`);
      for (const line of summaryLines(result)) print(line);
      for (const line of reportLines(reports, shown)) print(line);
      for (const line of result.different) print(line);
      for (const line of result.lost) process.stderr.write(`${line}\n`);
      if (result.lost.length > 0) process.exitCode = 1;
      print(
        jsonLine(
          result,
          reports.map(({ jsonFile }) => jsonFile),
        ),
      );
    } finally {
      await agents.stop();
    }
  } finally {
    await cloud.stop();
  }
};

/** Context of the templates: where links in notices lead. */
const consoleUrlOf = (port: number): Readonly<Record<string, string>> =>
  // Any free port is chosen only when the console starts.
  port === 0 ? {} : { consoleUrl: `http://127.0.0.1:${port}` };

/** Shorter where the file lies below the folder that we are in. */
const shown = (file: string): string => {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
};

/** Better now than when the work is done. */
const checkExport = (file: string): void => {
  try {
    closeSync(openSync(file, 'a'));
  } catch (cause) {
    throw new Error(`cannot write --export ${file} (${(cause as Error).message}): make its folder, or choose another`, {
      cause,
    });
  }
};

main().catch((error: unknown) => {
  if ((error as Error).name === 'AbortError') {
    // As a shell reports a program that was interrupted before it was done.
    process.stderr.write('interrupted\n');
    process.exitCode = 130;
    return;
  }
  process.stderr.write(`\n${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
