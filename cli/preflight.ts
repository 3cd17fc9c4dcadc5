import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { CommandFailed } from './failure.ts';
import { wrapped } from './output.ts';
import { awsAccount } from './preflight/aws-account.ts';
import { findingsOf, passed } from './preflight/checks.ts';
import { type Choices, contextFor, givenContext, regionOf, withChoices } from './preflight/choices.ts';
import { plannedIn } from './preflight/planned.ts';
import { reportOf } from './preflight/report.ts';
import { synthesise } from './preflight/synthesise.ts';

const root = resolve(import.meta.dirname, '..');

const preflight = async (choices: Choices & { readonly json?: true }): Promise<void> => {
  const region = await regionOf(choices);
  const assembly = mkdtempSync(join(tmpdir(), 'emissionwatch-preflight-'));
  try {
    const account = awsAccount({ region });
    // When the account cannot be asked, the first finding says why.
    const context = await contextFor(account, choices).catch(() => givenContext(choices));
    await synthesise(root, assembly, context);
    const findings = await findingsOf(account, plannedIn(assembly));
    const lines = choices.json ? [JSON.stringify(findings)] : reportOf(findings);
    process.stdout.write(`${lines.join('\n')}\n`);
    if (!passed(findings)) process.exitCode = 1;
  } finally {
    rmSync(assembly, { recursive: true, force: true });
  }
};

const command = withChoices(new Command('npm run preflight --'))
  .description('Finds what would stop a deployment, before anything is made. It changes nothing in the account.')
  .option('--json', 'findings as JSON')
  .action(preflight)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

try {
  await command.parseAsync();
} catch (error) {
  if (!(error instanceof CommandFailed)) throw error;
  for (const line of wrapped(`preflight: ${error.message}`)) process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}
