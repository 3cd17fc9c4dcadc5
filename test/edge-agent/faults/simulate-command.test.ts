import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measurementMessage } from '#core/contracts/measurement-message';
import { faultScript } from '../../../edge-agent/faults/script.ts';
import { seriesOf } from '../../../edge-agent/faults/series.ts';
import { messageTopic, SIMULATE_HELP, simulateCommand } from '../../../edge-agent/faults/simulate-command.ts';
import { sketch } from '../../../edge-agent/faults/sketch.ts';
import type { Truth } from '../../../edge-agent/faults/truth.ts';
import { minutesTopic } from '../../../edge-agent/uplink/iot-core.ts';
import { plan } from './through-pipeline.ts';

const PLAN = 'edge-agent/sources/simulator/plant.plan.json';
const EXAMPLE = 'docs/fault-simulator.example.json';
const RANGE = ['--plan', PLAN, '--from', '2026-01-06T20:00Z', '--until', '2026-01-06T23:00Z'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulate-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = async (name: string, ...more: readonly string[]) => {
  const out = join(folder, name);
  await simulateCommand([...RANGE, '--out', out, ...more]);
  return { text: readFileSync(out, 'utf8'), truth: readFileSync(`${out}.truth.json`, 'utf8') };
};

const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { sentAt: string; topic: string; payload: string });

describe('edge simulate', () => {
  it('writes the same bytes for the same seed and script, and others for another seed', async () => {
    const once = await run('a', '--fault', EXAMPLE);
    expect(await run('b', '--fault', EXAMPLE)).toEqual(once);
    expect((await run('c', '--fault', EXAMPLE, '--seed', '2')).text).not.toBe(once.text);
  });

  it('writes a line a message: when it would be sent, its topic, and the message as it travels', async () => {
    const { text } = await run('d');
    const lines = linesOf(text);
    expect(lines).toHaveLength(180);
    expect(lines[0]!.sentAt).toBe('2026-01-06T20:01Z');
    expect(lines[0]!.topic).toBe('emissionwatch/v1/SIM1/edge-SIM1/minutes');
    for (const { payload } of lines)
      measurementMessage.parse(JSON.parse(gunzipSync(Buffer.from(payload, 'base64')).toString('utf8')));
  });

  it('has the topic under which the agent publishes, without the prefix of Basic Ingest', () => {
    const endpoint = { host: 'x', port: 1 };
    const agent = { facility: 'F', thing: 'T', ruleName: 'R', endpoint, certificateFile: '', keyFile: '' };
    expect(minutesTopic({ ...agent, flowControl: 'aws' })).toBe(`$aws/rules/R/${messageTopic('F', 'T')}`);
  });

  it('writes messages to be read with --plain, up to an hour in one', async () => {
    const { text } = await run('e', '--plain', '--minutes-per-message', '60');
    const lines = linesOf(text);
    expect(lines.map(({ payload }) => measurementMessage.parse(payload).minutes)).toEqual([60, 60, 60]);
  });

  it('writes down what each fault did, and where in the output', async () => {
    const { truth, text } = await run('f', '--fault', EXAMPLE, '--plain');
    const { faults, messages, facility } = JSON.parse(truth) as Truth;
    expect(facility).toBe('SIM1');
    expect(messages).toBe(linesOf(text).length);
    const of = (kind: string, what?: string) =>
      faults.find(({ fault }) => fault.kind === kind && (what === undefined || ('of' in fault && fault.of === what)))!;
    expect(of('outage', 'agent').places).toEqual([{ from: '2026-01-06T20:00Z', until: '2026-01-06T20:07Z' }]);
    const [backlog] = of('outage', 'uplink').places;
    expect(backlog).toMatchObject({ from: '2026-01-06T21:00Z', until: '2026-01-06T21:07Z' });
    expect(linesOf(text)[backlog!.line! - 1]!.payload).toMatchObject({ start: '2026-01-06T21:00Z', minutes: 7 });
    for (const { line, sentAs } of of('clock-skew').places)
      expect(linesOf(text)[line! - 1]!.payload).toMatchObject({ start: sentAs });
    // Faults outside the range did nothing.
    expect(of('drift').places).toEqual([]);
  });

  it('draws each fault of a script', async () => {
    const file = join(folder, 'faults.svg');
    await run('g', '--fault', EXAMPLE, '--plot', file);
    const svg = readFileSync(file, 'utf8');
    expect(svg.match(/<g /g)).toHaveLength(JSON.parse(readFileSync(EXAMPLE, 'utf8')).length);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it.each([
    ['no plan', ['--from', '2026-01-06T20:00Z'], /expected --plan/],
    ['an end before the beginning', [...RANGE, '--until', '2026-01-06T20:00Z'], /--until: expected a minute after/],
    ['a minute that is none', [...RANGE, '--from', 'yesterday'], /expected a UTC minute/],
    [
      'more than 60 minutes a message',
      [...RANGE, '--minutes-per-message', '61'],
      /expected a whole number from 1 to 60/,
    ],
  ])('refuses %s with a sentence', async (_, argv, reason) => {
    await expect(simulateCommand(argv)).rejects.toThrow(reason);
  });

  it('refuses a script that the plan does not fit, naming the file', async () => {
    const file = join(folder, 'wrong.json');
    writeFileSync(file, JSON.stringify([{ kind: 'stuck', source: 'B9', from: '2026-01-06T20:00Z', minutes: 1 }]));
    await expect(simulateCommand([...RANGE, '--fault', file])).rejects.toThrow(/wrong.json cannot be used; fault 1/);
  });

  it('ends in peace when the reader of its output has enough', async () => {
    const script = `import { simulateCommand } from './edge-agent/faults/simulate-command.ts'; await simulateCommand(${JSON.stringify([...RANGE])});`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    expect([code, errors]).toEqual([0, '']);
  });
});

describe('docs/fault-simulator.md', () => {
  const page = readFileSync('docs/fault-simulator.md', 'utf8');

  it('shows every fault of the example script as the simulator sketches it', async () => {
    const faults = faultScript.parse(JSON.parse(readFileSync(EXAMPLE, 'utf8')));
    for (const fault of faults)
      for (const line of sketch(fault, await seriesOf(plan, 1, fault)).split('\n')) expect(page).toContain(line);
  });

  it('shows the options as the command does, and is 80 columns wide', () => {
    for (const line of SIMULATE_HELP.trimEnd().split('\n').slice(6)) expect(page).toContain(line.trim());
    for (const line of page.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
