import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { nextSteps } from '../../cli/deploy/next-steps.ts';
import { plannedIn } from '../../cli/preflight/planned.ts';
import { assembled } from './assembled.ts';

// Each command is a process of its own, and one test makes the whole app: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

const guide = readFileSync('docs/deploy.md', 'utf8');
const steps = nextSteps('eu-central-1').join('\n');
const run = promisify(execFile);

/** Command lines of a program in the guide and in what the deployment says at its end, each once. */
const commandsOf = (program: string): string[] => [
  ...new Set(
    [...`${guide}\n${steps}`.matchAll(new RegExp(`npm run (?:-s )?${program} -- ([^\\n\`]+)`, 'g'))].map(([, rest]) =>
      rest!.trim(),
    ),
  ),
];

describe('the guide to deployment', () => {
  const ew = commandsOf('ew');

  it('goes from the claim certificate to the first minute', () => {
    const order = ['device claim', 'facility add', 'plan apply', 'device register', 'data verify-continuity'];
    const at = order.map((command) => guide.indexOf(`ew -- ${command}`));
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(at[0]).toBeGreaterThan(0);
  });

  const named = [...new Set(ew.map((line) => line.split(' ').slice(0, 2).join(' ')))];
  it.each(named)('names a command that exists, with options that it has: ew %s', async (command) => {
    const { stdout } = await run(process.execPath, ['cli/main.ts', ...command.split(' '), '--help']);
    expect(stdout).toContain(`Usage: ew ${command}`);
    const options = ew.filter((line) => line.startsWith(command)).flatMap((line) => line.match(/--[a-z-]+/g) ?? []);
    for (const option of options) expect(stdout).toContain(option);
  });

  it.each(['preflight', 'deploy'])('names options that npm run %s has', async (script) => {
    const { stdout } = await run(process.execPath, [`cli/${script}.ts`, '--help']);
    const options = commandsOf(script).flatMap((line) => line.match(/--[a-z-]+|-c\b/g) ?? []);
    expect(options.length).toBeGreaterThan(0);
    for (const option of options) expect(stdout).toContain(option);
  });

  it('names options that the edge agent has', async () => {
    const { stdout } = await run(process.execPath, ['edge-agent/main.ts', 'provision', '--help']);
    for (const option of ['--config', '--serial']) expect(stdout).toContain(option);
  });

  it('says how many concurrent executions the smallest profile reserves', () => {
    const assembly = mkdtempSync(join(tmpdir(), 'emissionwatch-guide-'));
    try {
      expect(guide).toContain(`\`small\` reserves ${plannedIn(assembled(assembly)).reserved},`);
    } finally {
      rmSync(assembly, { recursive: true });
    }
  });

  it('names files that exist', () => {
    const files = [...guide.matchAll(/`((?:edge-agent|test|lib|docs)\/[^`]+)`/g)].map(([, file]) => file!);
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) expect([file, existsSync(file)]).toEqual([file, true]);
  });
});
