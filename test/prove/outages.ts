// Takes away what a plant relies on, one after the other, while a simulated plant is sent: the broker acknowledges and
// loses, functions are throttled, the streams and then the database are away. Then operates the system as the runbook
// says (redrive, continuity check, resend) and holds the stored state against that of a run nobody disturbed.
// node test/prove/outages.ts [--away SECONDS the database is away] [--seed N]
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { dataApiRecords } from '#adapters/data-api-records';
import type { ContinuityReport } from '#core/contracts/continuity-report';
import { textOfMinute } from '#core/time';
import { readArguments } from '../../local/arguments.ts';
import { type Disturbance, type LocalCloud, startCloud } from '../../local/cloud.ts';
import { runnerDatabase } from '../../local/database.ts';
import { stateDigest } from '../../local/digest.ts';
import { progress } from '../../local/progress.ts';
import { processEverything, startRun, sum } from '../../local/run.ts';
import { simulatedAssignment } from '../../local/simulated.ts';
import { synthesise } from '../../local/synthesise.ts';
import { ledger } from './ledger.ts';

const { values } = parseArgs({
  options: { away: { type: 'string', default: '300' }, seed: { type: 'string', default: '1' } },
});
const [away, seed] = [Number(values.away), Number(values.seed)];
if (!Number.isInteger(away) || away < 1) throw new Error(`--away: expected seconds, got ${values.away}`);
if (!Number.isInteger(seed)) throw new Error(`--seed: expected a whole number, got ${values.seed}`);

const ROOT = resolve(import.meta.dirname, '../..');
const HOURS = 20;
/** All of it lies in the past, so that both runs send the same minutes. */
const FROM = (Math.floor(Date.now() / 3_600_000) - HOURS - 2) * 60;
const UNTIL = FROM + HOURS * 60 + 15;

/** In this order, so many seconds each; what is left of the minutes is sent undisturbed. */
const STEPS: readonly { readonly name: string; readonly by: Disturbance; readonly seconds: number }[] = [
  { name: 'nothing is disturbed', by: {}, seconds: 5 },
  { name: 'the broker acknowledges and loses', by: { brokerLoses: true }, seconds: 8 },
  { name: 'nothing is disturbed', by: {}, seconds: 5 },
  {
    name: 'functions are throttled',
    by: { throttled: ['validate-measurements', 'calculate-emissions', 'check-compliance'] },
    seconds: 20,
  },
  { name: 'the streams are away', by: { streamsAway: true }, seconds: 10 },
  { name: 'nothing is disturbed', by: {}, seconds: 5 },
  { name: 'the database is away', by: { databaseAway: true }, seconds: away },
];
const SECONDS = STEPS.reduce((total, { seconds }) => total + seconds, 15);

const { print, expect, failures, seconds: elapsed } = ledger();

const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-outages-'));
// The database's server runs as another user where this one is root.
chmodSync(folder, 0o755);
const never = new AbortController().signal;
const quiet = progress({ write: () => undefined });

interface State {
  readonly minutes: number;
  readonly digest: string;
}

const stateOf = async (cloud: LocalCloud) => {
  const records = dataApiRecords(runnerDatabase(cloud));
  let minutes = 0;
  const hours = async function* () {
    for await (const hour of records.hours(['SIM1'])) {
      minutes += hour.minutes;
      yield hour;
    }
  };
  const digest = await stateDigest(hours(), records.compliance(['SIM1']));
  return { minutes, digest } satisfies State;
};

/** One command as an operator gives it; its answer, and whether the answer was no. */
const ew = async (
  dataDir: string,
  ...command: string[]
): Promise<{ readonly no: boolean; readonly answer: unknown }> => {
  const args = ['cli/main.ts', '--local', '--data-dir', dataDir, '--json', ...command];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, maxBuffer: 1 << 26 });
    return { no: false, answer: JSON.parse(stdout) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    if (code !== 1 || !stdout) throw new Error(`ew ${command.join(' ')} ended with ${code}: ${stderr}`);
    return { no: true, answer: JSON.parse(stdout) };
  }
};

const run = async (name: string, assembly: string, work: (cloud: LocalCloud, dataDir: string) => Promise<void>) => {
  const dataDir = join(folder, name);
  const cloud = await startCloud({ assembly, dataDir, log: () => {} });
  try {
    const given = readArguments(['--data-dir', dataDir, '--seed', String(seed)]);
    const { plans, source, input } = simulatedAssignment(given);
    const speed = name === 'calm' ? 'max' : (UNTIL - FROM) / SECONDS;
    const minutes = { from: textOfMinute(FROM), until: textOfMinute(UNTIL), speed };
    const agents = await startRun(ROOT, cloud, { plans, source: { ...source, ...minutes }, input }, given, () => {});
    try {
      await work(cloud, dataDir);
      while (sum(agents).acknowledged < UNTIL - FROM) await sleep(200);
      await processEverything(cloud, quiet, never);
      return await (name === 'calm' ? stateOf(cloud) : recover(cloud, dataDir));
    } finally {
      await agents.stop();
    }
  } finally {
    await cloud.stop();
  }
};

const disturb = async (cloud: LocalCloud): Promise<void> => {
  for (const { name, by, seconds } of STEPS) {
    print(`${name} for ${seconds} s`);
    cloud.disturb(by);
    await sleep(seconds * 1000);
  }
  cloud.disturb({});
  print('everything is back');
};

/** What the runbook says to do after an outage. */
const recover = async (cloud: LocalCloud, dataDir: string): Promise<State> => {
  const { failedBatches, iot } = cloud.counters();
  print(
    `${failedBatches} batches ran out of retries, ${iot.errorActionSuccess} messages were kept by the rule's error action`,
  );
  expect(failedBatches + iot.errorActionSuccess > 0, 'there is something to put back');
  const redriven = await ew(dataDir, 'redrive', '--why', 'proof');
  expect(!redriven.no, 'ew redrive puts all of it back');
  await processEverything(cloud, quiet, never);

  const range = ['--range', `${textOfMinute(FROM)}..${textOfMinute(UNTIL - 15)}`];
  const asked = await ew(dataDir, 'data', 'verify-continuity', ...range, '--resend', '--why', 'proof');
  expect(asked.no, `the continuity check finds what the broker lost: ${missingOf(asked.answer)} source-minutes`);
  for (let look = 0; look < 60; look++) {
    await sleep(1000);
    await processEverything(cloud, quiet, never);
    const { answer, no } = await ew(dataDir, 'data', 'verify-continuity', ...range);
    if (!no) break;
    if (look % 10 === 9) print(`${missingOf(answer)} source-minutes are still missing`);
  }
  const file = join(dataDir, 'certificate.json');
  const certified = await ew(dataDir, 'data', 'verify-continuity', ...range, '--certificate', file);
  expect(!certified.no, 'after the resend nothing is missing, and a certificate says so');
  if (!certified.no) expect(!(await ew(dataDir, 'evidence', 'verify', file)).no, 'the certificate verifies');
  return stateOf(cloud);
};

const missingOf = (answer: unknown): number =>
  (answer as ContinuityReport).facilities
    .flatMap(({ sources }) => sources)
    .reduce((total, { missingMinutes }) => total + missingMinutes, 0);

try {
  const assembly = await synthesise(ROOT, folder);
  print('CDK app synthesised');
  const calm = await run('calm', assembly, async () => {});
  print(`undisturbed: ${calm.minutes} source-minutes, digest ${calm.digest.slice(0, 16)}`);
  const disturbed = await run('disturbed', assembly, disturb);
  expect(disturbed.minutes === calm.minutes, `${disturbed.minutes} of ${calm.minutes} source-minutes are stored`);
  expect(disturbed.digest === calm.digest, `the state is the same (${disturbed.digest.slice(0, 16)})`);
} catch (error) {
  failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
if (failures.length === 0) rmSync(folder, { recursive: true, force: true });
else print(`data and logs are kept in ${folder}`);
for (const failure of failures) console.error(`FAIL ${failure}`);
console.log(
  JSON.stringify({ seed, databaseAwaySeconds: away, seconds: Math.round(elapsed()), failures: failures.length }),
);
process.exit(failures.length === 0 ? 0 : 1);
