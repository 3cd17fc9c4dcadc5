import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { deploy } from './deploy/run.ts';
import { runnerIn } from './deploy/runner.ts';
import { CommandFailed } from './failure.ts';
import { wrapped } from './output.ts';
import { awsAccount } from './preflight/aws-account.ts';
import { type Choices, regionOf, withChoices } from './preflight/choices.ts';

const root = resolve(import.meta.dirname, '..');
/** As shells have it for a program that a signal has ended. */
const INTERRUPTED = 130;

const ask = async (question: string): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // While it reads a line, the terminal keeps Ctrl-C to itself.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
};

const main = async (choices: Choices & { readonly yes?: true; readonly atOnce?: true }): Promise<void> => {
  const region = await regionOf(choices);
  const runner = runnerIn(root);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (!runner.stop(signal)) process.exit(INTERRUPTED);
    });
  process.exitCode = await deploy({
    choices: { ...choices, context: [...choices.context, ...(choices.atOnce ? ['canary=off'] : [])] },
    assembly: join(root, 'cdk.out'),
    account: awsAccount({ region }),
    runner,
    node: process.execPath,
    ask: process.stdin.isTTY ? ask : undefined,
    yes: choices.yes === true,
    print: (line) => process.stdout.write(`${line}\n`),
  });
};

const command = withChoices(new Command('npm run deploy --'))
  .description(
    'Deploys EmissionWatch: templates, preflight, what would change, a question, and then the stacks in order.',
  )
  .option('--yes', 'do not ask')
  .option('--at-once', 'new code takes over at once instead of by and by: for when what runs now is worse')
  .action(main)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

try {
  await command.parseAsync();
} catch (error) {
  if (!(error instanceof CommandFailed)) throw error;
  for (const line of wrapped(`deploy: ${error.message}`)) process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}
