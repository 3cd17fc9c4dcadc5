import { credentialsFault, SIGN_IN } from '../credentials.ts';
import { CommandFailed } from '../failure.ts';
import { wrapped } from '../output.ts';
import type { Account } from '../preflight/account.ts';
import { findingsOf, passed } from '../preflight/checks.ts';
import { type Choices, contextFor } from '../preflight/choices.ts';
import { causeOf } from '../preflight/finding.ts';
import { plannedIn } from '../preflight/planned.ts';
import { reportOf } from '../preflight/report.ts';
import { nextSteps } from './next-steps.ts';
import type { Runner } from './runner.ts';

export interface Deploy {
  readonly choices: Choices;
  /** Where the cloud assembly is written: what is looked at is what is deployed. */
  readonly assembly: string;
  readonly account: Account;
  readonly runner: Runner;
  readonly node: string;
  /** Asks a person; undefined when there is nobody to ask. */
  readonly ask: ((question: string) => Promise<boolean>) | undefined;
  readonly yes: boolean;
  readonly print: (line: string) => void;
}

/**
 * Synthesises, looks at the account, shows what would change, asks, deploys in the order of the stacks, and looks whether
 * minutes are missing.
 * @returns the exit code: 0 deployed, 1 not, or deployed and a minute is missing
 * @throws CommandFailed when there is nobody to ask
 */
export const deploy = async (given: Deploy): Promise<number> => {
  const { assembly, account, runner, node, ask, yes, print } = given;
  if (!ask && !yes) throw new CommandFailed('there is no terminal to ask whether to deploy: give --yes');
  const env = { AWS_REGION: account.region, AWS_DEFAULT_REGION: account.region };
  const cdk = (...args: string[]) => runner.run([node, 'node_modules/aws-cdk/bin/cdk', ...args], env);
  const step = (title: string) => print(`\n== ${title}`);

  const { context, existing } = await shapeOf(given);
  step(`templates and bundles, reviewed${context.length > 0 ? `: ${context.join(', ')}` : ''}`);
  const synthesised = await cdk('synth', '--quiet', '--output', assembly, ...context.flatMap((pair) => ['-c', pair]));
  if (synthesised !== 0) return synthesised;

  step('preflight');
  const findings = await findingsOf(account, plannedIn(assembly));
  for (const line of reportOf(findings)) print(line);
  if (!passed(findings)) return 1;

  step('what would change');
  const compared = await cdk('diff', '--app', assembly);
  if (compared !== 0) return compared;
  if (!yes && !(await ask!(`Deploy this to ${account.region}?`))) {
    print('nothing was deployed');
    return 1;
  }

  step('deploy');
  const deployed = await cdk(
    'deploy',
    '--app',
    assembly,
    '--all',
    ...['--require-approval', 'never', '--progress', 'events'],
  );
  if (deployed !== 0) {
    const left =
      'not all was deployed. CloudFormation goes on with what it has begun, or undoes it: ask with `npm run preflight`.';
    for (const line of wrapped(left)) print(line);
    return deployed;
  }

  if (!existing) {
    for (const line of nextSteps(account.region)) print(line);
    return 0;
  }
  step('minutes of the last half hour');
  return runner.run([node, 'cli/main.ts', 'data', 'verify-continuity', '--range', 'last-30m'], env);
};

/** What the deployment is to be like, and whether there is one already. */
const shapeOf = async ({ account, choices }: Deploy) => {
  try {
    const context = await contextFor(account, choices);
    return { context, existing: (await account.stack('EmissionWatch-Processing')) !== undefined };
  } catch (cause) {
    const because =
      causeOf(cause) === 'credentials' ? `${credentialsFault(cause)}: ${SIGN_IN}` : (cause as Error).message;
    throw new CommandFailed(
      `cannot see what is deployed in ${account.region}: ${because} (\`npm run preflight\` says more)`,
      { cause },
    );
  }
};
