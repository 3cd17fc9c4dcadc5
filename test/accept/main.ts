// Replays published hours through the whole pipeline and holds what it exports against the input, by code of its own.
// node test/accept/main.ts [01|04|07|01-03|chaos|all]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { memoryMb, treeOf } from '../../bench/process-tree.ts';
import { publishedHours, thousandths } from './published.ts';
import { reportsAgainstPublished } from './reports.ts';

const DATA = '../shared/data/epa-hourly-idaho-2018';
const LIMIT_SECONDS = 240;
const LIMIT_MB = 2048;
const VALUES = ['heatInput', 'noxRate', 'noxMass', 'co2Mass', 'so2Mass'] as const;
/** lb of the hour: EPA rounds SO2 on the way. In thousandths, with the half that publishing three decimals adds. */
const SO2_WITHIN = 1.1;

/** Operating hours, and those of them flagged Measured, counted in EPA's files beforehand. */
const KNOWN: Readonly<Record<string, readonly [number, number]>> = {
  '01': [918, 915],
  '04': [572, 561],
  '07': [2726, 2718],
};

const failures: string[] = [];
const expect = (holds: boolean, what: string) => {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}`);
  if (!holds) failures.push(what);
};

interface Line {
  readonly hours: number;
  readonly operatingHours: number;
  readonly compared: Readonly<Record<string, { readonly equal: number; readonly of: number }>>;
  readonly gaps: number;
  readonly seconds: number;
  readonly samplesPerSecond: number;
  readonly stateDigest: string;
  /** The JSON documents of the quarterly reports. */
  readonly report: string | readonly string[];
}

const run = async (months: readonly string[], extra: readonly string[] = []) => {
  const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-accept-'));
  chmodSync(folder, 0o755);
  const file = join(folder, 'hours.csv');
  const zips = months.map((month) => `${DATA}/epacems2018id${month}.zip`);
  const begin = performance.now();
  const child = spawn(
    process.execPath,
    ['local/main.ts', '--exit', '--data-dir', join(folder, 'data'), '--export', file, ...extra, '--input', ...zips],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, memoryMb(treeOf(child.pid!)));
  }, 1000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(timer);
  const seconds = (performance.now() - begin) / 1000;
  const name = [months.join('+'), ...extra].join(' ');
  expect(code === 0, `${name}: exit code ${code}`);
  if (code !== 0) console.log(output.split('\n').slice(-20).join('\n'));
  const line = code === 0 ? (JSON.parse(output.trimEnd().split('\n').at(-1)!) as Line) : undefined;
  const rows = existsSync(file)
    ? (parse(readFileSync(file, 'utf8'), { columns: true }) as Record<string, string>[])
    : [];
  const reports = line ? [line.report].flat() : [];
  const published = publishedHours(zips);
  const held = reportsAgainstPublished(reports, published);
  const wrong = held.filter(([holds]) => !holds);
  for (const [, what] of wrong) expect(false, `${name}: ${what}`);
  expect(wrong.length === 0, `${name}: ${held.length - wrong.length} of ${held.length} statements of reports hold`);
  rmSync(folder, { recursive: true, force: true });
  console.log(`     ${name}: ${seconds.toFixed(0)} s, peak ${peak.toFixed(0)} MB, ${line?.samplesPerSecond} samples/s`);
  expect(seconds < LIMIT_SECONDS, `${name}: under ${LIMIT_SECONDS} s`);
  expect(peak < LIMIT_MB, `${name}: under ${LIMIT_MB} MB`);
  return { name, published, line, rows };
};

const month = async (months: readonly string[], extra: readonly string[] = []) => {
  const { name, published, line, rows } = await run(months, extra);
  if (!line) return line;
  const operating = published.filter((hour) => hour.operating);
  const measured = operating.filter((hour) => hour.measured);
  const known = KNOWN[months.join()];
  if (known) expect(operating.length === known[0] && measured.length === known[1], `${name}: input as known`);
  expect(line.hours === published.length && line.operatingHours === operating.length, `${name}: every hour stored`);
  expect(line.gaps === 0, `${name}: gaps ${line.gaps}`);
  for (const value of VALUES) {
    const want = value.startsWith('nox') ? measured.length : operating.length;
    const { equal, of } = line.compared[value]!;
    expect(of === want && equal === want, `${name}: ${value} ${equal} of ${of}, expected ${want}`);
  }

  const exported = new Map(rows.map((row) => [`${row.orisCode}/${row.unit} ${row.date} ${row.hour}`, row]));
  expect(exported.size === published.length, `${name}: ${exported.size} hours exported`);
  const wrong = operating.filter((hour) => {
    const row = exported.get(`${hour.unit} ${hour.time}`);
    return !row || row.grossLoad !== hour.load || VALUES.some((value) => differs(hour, value, row[value]!));
  });
  expect(wrong.length === 0, `${name}: exported hours that differ from the input: ${wrong.length}`);
  return line;
};

const differs = (hour: ReturnType<typeof publishedHours>[number], value: (typeof VALUES)[number], text: string) => {
  if (value.startsWith('nox') && !hour.measured) return text !== '';
  const apart = Math.abs(thousandths(text) - hour.thousandths[value]);
  return !(value === 'so2Mass' ? apart <= SO2_WITHIN : apart === 0);
};

const chaos = async () => {
  const calm = await month(['01']);
  const rough = await month(['01'], ['--chaos', 'duplicate,reorder,late']);
  expect(calm !== undefined && calm.stateDigest === rough?.stateDigest, `chaos: same state, ${calm?.stateDigest}`);
};

if (!existsSync(DATA)) {
  console.log(`skipped: ${DATA} is absent`);
} else {
  const what = process.argv[2] ?? 'all';
  const parts: Readonly<Record<string, () => Promise<unknown>>> = {
    '01': () => month(['01']),
    '04': () => month(['04']),
    '07': () => month(['07']),
    '01-03': () => month(['01', '02', '03']),
    chaos,
  };
  if (what !== 'all' && !parts[what]) throw new Error(`'${what}' is not one of ${Object.keys(parts).join(', ')}, all`);
  for (const [name, part] of Object.entries(parts))
    if (what === name || (what === 'all' && name !== '01')) await part();
  console.log(failures.length === 0 ? 'accepted' : `${failures.length} failed`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
