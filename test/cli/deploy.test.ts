import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Deploy, deploy } from '../../cli/deploy/run.ts';
import { runnerIn } from '../../cli/deploy/runner.ts';
import { plannedIn } from '../../cli/preflight/planned.ts';
import { assembled } from './assembled.ts';
import { denied, deployedAccount, emptyAccount } from './fake-account.ts';

const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-deploy-'));
afterAll(() => rmSync(folder, { recursive: true }));
const assembly = assembled(join(folder, 'cdk.out'));

/** Runs a deployment whose programs only note how they were called, and end with the given codes. */
const deployed = async (options: Partial<Deploy> = {}, codes: Readonly<Record<string, number>> = {}) => {
  const commands: string[] = [];
  const environments: (Readonly<Record<string, string>> | undefined)[] = [];
  const printed: string[] = [];
  const code = await deploy({
    choices: { context: [] },
    assembly,
    account: emptyAccount(),
    runner: {
      run: async (command, env) => {
        commands.push(command.join(' ').replaceAll(assembly, 'ASSEMBLY'));
        environments.push(env);
        return codes[command[2]!] ?? 0;
      },
    },
    node: 'node',
    ask: async () => true,
    yes: false,
    print: (line) => printed.push(line),
    ...options,
  });
  return { code, commands, environments, printed: printed.join('\n') };
};
const existing = () => deployedAccount(assembly, plannedIn(assembly).stacks);
const CDK = 'node node_modules/aws-cdk/bin/cdk';

describe('a first deployment', () => {
  it('synthesises, shows the difference and deploys just that, and says what comes next', async () => {
    const { code, commands, printed } = await deployed();
    expect(code).toBe(0);
    expect(commands).toEqual([
      `${CDK} synth --quiet --output ASSEMBLY`,
      `${CDK} diff --app ASSEMBLY`,
      `${CDK} deploy --app ASSEMBLY --all --require-approval never --progress events`,
    ]);
    expect(printed).toContain('ready to deploy');
    expect(printed).toContain('Until the first minute is stored');
  });

  it('tells the CDK what was chosen, and which region', async () => {
    const choices = { profile: 'large', context: ['timeSeriesStore=aurora', 'canary=off'] };
    const { commands, environments, printed } = await deployed({ choices });
    expect(commands[0]).toBe(
      `${CDK} synth --quiet --output ASSEMBLY -c profile=large -c timeSeriesStore=aurora -c canary=off`,
    );
    expect(printed).toContain('reviewed: profile=large, timeSeriesStore=aurora, canary=off');
    for (const env of environments)
      expect(env).toEqual({ AWS_REGION: 'eu-central-1', AWS_DEFAULT_REGION: 'eu-central-1' });
  });
});

describe('a later deployment', () => {
  it('ends with the question whether a minute is missing', async () => {
    const { code, commands, printed } = await deployed({ account: existing() });
    expect(code).toBe(0);
    expect(commands.at(-1)).toBe('node cli/main.ts data verify-continuity --range last-30m');
    expect(printed).not.toContain('Until the first minute is stored');
  });

  it('keeps the profile that is deployed: leaving an option out shrinks nothing', async () => {
    const account = deployedAccount(assembly, plannedIn(assembly).stacks, {}, 'large');
    const { commands } = await deployed({ account });
    expect(commands[0]).toContain('-c profile=large -c timeSeriesStore=timestream');
  });

  it('fails when one is', async () => {
    expect((await deployed({ account: existing() }, { data: 1 })).code).toBe(1);
  });
});

describe('nothing is deployed', () => {
  it.each([
    ['when the templates cannot be made or break a rule', 'synth', 1],
    ['when the difference cannot be shown', 'diff', 2],
  ])('%s', async (_, step, commandsRun) => {
    const { code, commands } = await deployed({}, { [step]: 1 });
    expect([code, commands.length]).toEqual([1, commandsRun]);
  });

  it('when what is deployed cannot be seen', async () => {
    const account = emptyAccount({
      stack: async () => {
        throw denied('cloudformation:DescribeStacks');
      },
    });
    await expect(deployed({ account })).rejects.toThrow(
      /^cannot see what is deployed in eu-central-1: .*npm run preflight/,
    );
  });

  it('when the preflight fails', async () => {
    const account = emptyAccount({ concurrency: async () => ({ quota: 10, unreserved: 10 }) });
    const { code, commands, printed } = await deployed({ account });
    expect([code, commands.length]).toEqual([1, 1]);
    expect(printed).toContain('aws service-quotas request-service-quota-increase');
  });

  it('when the answer is no', async () => {
    const questions: string[] = [];
    const ask = async (question: string) => {
      questions.push(question);
      return false;
    };
    const { code, commands, printed } = await deployed({ ask });
    expect([code, commands.length]).toEqual([1, 2]);
    expect(questions).toEqual(['Deploy this to eu-central-1?']);
    expect(printed).toContain('nothing was deployed');
  });

  it('when there is nobody to ask, unless --yes says so', async () => {
    await expect(deployed({ ask: undefined })).rejects.toThrow('give --yes');
    expect((await deployed({ ask: undefined, yes: true })).code).toBe(0);
  });

  it('of what comes after a stack that failed, and it says where to look', async () => {
    const { code, commands, printed } = await deployed({ account: existing() }, { deploy: 1 });
    expect(code).toBe(1);
    expect(commands.at(-1)).toContain('deploy');
    expect(printed).toContain('npm run preflight');
  });
});

describe('Ctrl-C', () => {
  it('is passed on to the program that runs, and nothing is started after it', async () => {
    const runner = runnerIn(folder);
    const mark = join(folder, 'running');
    const running = runner.run([
      process.execPath,
      '-e',
      `require('node:fs').writeFileSync(${JSON.stringify(mark)}, ''); setInterval(() => {}, 1000)`,
    ]);
    while (!existsSync(mark)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(runner.stop('SIGINT')).toBe(true);
    expect(await running).toBe(130);
    expect(await runner.run([process.execPath, '-e', `require('node:fs').rmSync(${JSON.stringify(mark)})`])).toBe(130);
    expect(existsSync(mark)).toBe(true);
    expect(runner.stop('SIGINT')).toBe(false);
  });

  it('programs get the Node that runs the deployment, whatever cdk.json’s `node` is on this machine', async () => {
    const script = `process.exit(process.env.PATH.startsWith(require('node:path').dirname(process.execPath)) ? 0 : 3)`;
    expect(await runnerIn(folder).run([process.execPath, '-e', script])).toBe(0);
  });
});

it('wrong usage ends with 2, and help says what happens', async () => {
  const run = (...args: string[]) =>
    new Promise<{ code: unknown; output: string }>((resolve) =>
      execFile(process.execPath, ['cli/deploy.ts', ...args], (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, output: stdout + stderr }),
      ),
    );
  expect(await run('--profil', 'x')).toMatchObject({ code: 2, output: expect.stringContaining('unknown option') });
  const { code, output } = await run('--help');
  expect(code).toBe(0);
  for (const option of ['--profile', '--region', '--context', '--yes', '--at-once']) expect(output).toContain(option);
});
