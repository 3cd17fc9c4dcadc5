import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CommandFailed } from '../failure.ts';
import { IAM_USAGE_FILE, type IamUsage, iamUsage } from '../iam-usage.ts';
import { wrapped } from '../output.ts';
import { endWithNo, outputOf } from '../run.ts';

export const iamCommand = (program: Command): void => {
  program
    .command('iam')
    .description('shows permissions that were not used')
    .command('unused')
    .summary('lists permissions that no local run has used')
    .description(
      'Lists permissions of the templates that no run with this data folder has used so far, and what was refused. ' +
        'A run that never failed has not used what is only needed when something fails.',
    )
    .addHelpText('after', '\nExample:\n  npm run -s ew -- iam unused --local')
    .action((_, command: Command) => {
      const { local = false, dataDir } = command.optsWithGlobals<{ local?: boolean; dataDir: string }>();
      if (!local) throw new CommandFailed('only the local cloud records which permissions are used: add --local');
      const { grants, refusals } = readUsage(dataDir);
      const unused = grants.filter(({ uses }) => uses === 0);
      outputOf(command).answer(lines(grants.length, unused, refusals), { unused, refusals });
      if (unused.length > 0) endWithNo();
    });
};

const readUsage = (dataDir: string): IamUsage => {
  const file = join(dataDir, IAM_USAGE_FILE);
  if (!existsSync(file)) {
    throw new CommandFailed(`${file} does not exist: no local cloud has run with the data folder ${dataDir}`);
  }
  const read = iamUsage.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (read.success) return read.data;
  throw new CommandFailed(`${file} is of another version of this program: start the local cloud once`);
};

/** A role or a resource by its own name: account and region are the same for all. */
const shortName = (arn: string): string => arn.split(':').slice(5).join(':') || arn;

/** Each role or resource once, and below it what concerns it, each once. */
const byHolder = (pairs: readonly (readonly [holder: string, what: string])[]): string[] => {
  const holders = [...new Set(pairs.map(([holder]) => holder))];
  return holders.flatMap((holder) => [
    `  ${shortName(holder)}`,
    ...[...new Set(pairs.filter(([other]) => other === holder).map(([, what]) => what))].flatMap((what) =>
      wrapped(what, 76, '  ').map((line) => `    ${line}`),
    ),
  ]);
};

const lines = (all: number, unused: IamUsage['grants'], refusals: IamUsage['refusals']): string[] => [
  `${all - unused.length} of ${all} permissions were used, ${unused.length} never.`,
  ...(unused.length > 0
    ? [
        '',
        'never used:',
        ...byHolder(unused.map(({ action, holder, resource }) => [holder, `${action} on ${shortName(resource)}`])),
      ]
    : []),
  ...(refusals.length > 0
    ? [
        '',
        'refused:',
        ...byHolder(
          refusals.map(({ action, times, caller, resource }) => [
            caller,
            `${action} on ${shortName(resource)}, ${times} time(s)`,
          ]),
        ),
      ]
    : []),
];
