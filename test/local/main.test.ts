import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const HEADER =
  '"STATE","ORISPL_CODE","UNITID","OP_DATE","OP_HOUR","OP_TIME","GLOAD (MW)","SO2_MASS (lbs)","NOX_RATE (lbs/mmBtu)",' +
  '"NOX_RATE_MEASURE_FLG","NOX_MASS (lbs)","CO2_MASS (tons)","HEAT_INPUT (mmBtu)"';
/** Two hours of 7953 CT1 as EPA published them, an hour without operation, and a line that no one can read. */
const LINES = [
  HEADER,
  '"ID","7953","CT1","01-23-2018","5",".27","21",".098",".195","Measured","31.764","9.693","162.891"',
  '"ID","7953","CT1","01-23-2018","6","1","156",".998",".062","Measured","103.149","98.9","1663.7"',
  '"ID","7953","CT1","01-23-2018","7","0","","","","","","",""',
  '"ID","7953","CT1","01-23-2018","x","1","156",".998",".062","Measured","103.149","98.9","1663.7"',
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'emissionwatch main '));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'hours.csv'), LINES.join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = async (...more: string[]) => {
  const child = spawn(process.execPath, ['local/main.ts', '--data-dir', join(folder, 'data'), ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output += text;
    });
  return { child, output: () => output, code: once(child, 'close').then(([code]) => code as number | null) };
};

/** Processes whose command line or working directory names the folder. */
const leftOver = () =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
    } catch {
      // It ended meanwhile.
      return false;
    }
  });

describe('npm start', () => {
  it('replays published hours, finds them again in the database, and does so twice with the same state', async () => {
    const input = ['--exit', '--input', join(folder, 'hours.csv'), '--export', join(folder, 'out.csv')];
    const first = await start(...input);
    expect(await first.code, first.output()).toBe(0);
    expect(first.output()).toContain('hours.csv:5: the hour is not a whole number');
    const result = JSON.parse(first.output().trimEnd().split('\n').at(-1)!);
    const all = { equal: 2, of: 2 };
    expect(result).toMatchObject({
      sources: 1,
      hours: 3,
      operatingHours: 2,
      compared: { heatInput: all, noxRate: all, noxMass: all, co2Mass: all, so2Mass: all },
      gaps: 0,
      unreadableLines: 1,
    });
    expect(readFileSync(join(folder, 'out.csv'), 'utf8').split('\n')[1]).toMatch(
      /^7953,CT1,2018-01-23,5,0.27,21,162.891,,0.195,01,31.764,,9.693,,0.09/,
    );
    expect(leftOver()).toEqual([]);

    const second = await start(...input);
    expect(await second.code, second.output()).toBe(0);
    const again = JSON.parse(second.output().trimEnd().split('\n').at(-1)!);
    expect(again.stateDigest).toBe(result.stateDigest);

    // The report of the quarter: one hour did not run; the others are the two of the input.
    expect(result.report).toMatch(/reports\/7953\/2018-Q1\.json$/);
    const report = JSON.parse(readFileSync(result.report, 'utf8'));
    expect(report).toMatchObject({ orisCode: 7953, year: 2018, quarter: 1, revision: 1, complete: false });
    expect(report.summaryValueData[0]).toMatchObject({
      unitId: 'CT1',
      parameterCode: 'OPHOURS',
      currentReportingPeriodTotal: 2,
    });
    expect(readFileSync(result.report.replace('.json', '.html'), 'utf8')).toMatch(/^<!doctype html>/);
    // The same hours: the report that is in the archive stays the newest.
    expect(again.report).toBe(result.report);
    expect(second.output()).toContain('unchanged since');
  }, 120_000);

  it('interrupted while a report is made, leaves nothing broken: the next run makes that report to its end', async () => {
    const data = join(folder, 'interrupted');
    const input = ['--exit', '--input', join(folder, 'hours.csv'), '--data-dir', data];
    const executions = join(data, 'step-functions', 'executions.jsonl');
    const first = await start(...input);
    while (first.child.exitCode === null && !(existsSync(executions) && readFileSync(executions, 'utf8') !== ''))
      await new Promise((r) => setTimeout(r, 5));
    first.child.kill('SIGINT');
    expect(await first.code, first.output()).toBe(130);
    expect(first.output()).toMatch(/interrupted\n$/);
    expect(leftOver()).toEqual([]);

    const second = await start(...input);
    expect(await second.code, second.output()).toBe(0);
    expect(second.output()).toContain('7953-2018-Q1-r1 was interrupted, and is made again from its first state');
    const { report } = JSON.parse(second.output().trimEnd().split('\n').at(-1)!);
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ year: 2018, quarter: 1, revision: 1 });
  }, 120_000);

  it('runs a simulated plant until it is interrupted, and leaves no process', async () => {
    const { child, output, code } = await start();
    while (!/SIM1\/B1: .* MW/.test(output()) && child.exitCode === null) await new Promise((r) => setTimeout(r, 100));
    child.kill('SIGINT');
    expect(await code, output()).toBe(0);
    expect(output()).toContain('next hour may average');
    expect(leftOver()).toEqual([]);
  }, 120_000);

  it('refuses a data folder that another run has, before it touches anything in it', async () => {
    const data = join(folder, 'taken');
    mkdirSync(join(data, 'cdk.out'), { recursive: true });
    const alive = spawn('sleep', ['60']);
    const stat = readFileSync(`/proc/${alive.pid}/stat`, 'utf8');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    writeFileSync(join(data, 'run.lock'), `${alive.pid} ${started}`);
    const { output, code } = await start('--data-dir', data);
    expect(await code).toBe(1);
    expect(output()).toContain(`in use by process ${alive.pid}: stop that run, or choose another`);
    expect(existsSync(join(data, 'cdk.out'))).toBe(true);
    alive.kill();
    await once(alive, 'close');
  });

  it.each([
    [['--input', 'hours.csv', '--export', 'out.csv'], /input file hours.csv does not exist/],
    [['--export', 'out.csv'], /--export goes with --exit/],
    [
      ['--exit', '--export', 'no/such/folder/out.csv'],
      /cannot write --export no.such.folder.out.csv .*make its folder/,
    ],
    [['--input', 'local'], /cannot read local: it is a folder/],
    [['--data-dir', 'README.md'], /cannot write to the data folder .*README.md .* choose another/],
    [['--input', 'nowhere.csv'], /input file nowhere.csv does not exist/],
    [['--unit', '7953/CT1'], /--unit goes with --input/],
    [['--chaos', 'late,lost'], /'lost' is not one of duplicate, reorder, late/],
    [['--input', 'package.json'], /cannot read package.json: the first line is not the header/],
  ])('says what is wrong with %j and ends with 1', async (given, reason) => {
    const { output, code } = await start(...given);
    expect(await code).toBe(1);
    expect(output()).toMatch(reason);
  });
});
