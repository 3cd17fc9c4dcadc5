import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { alarmCommand } from './commands/alarm.ts';
import { auditCommand } from './commands/audit.ts';
import { dataCommand } from './commands/data.ts';
import { deviceCommand } from './commands/device.ts';
import { edgeCommand } from './commands/edge.ts';
import { evidenceCommand } from './commands/evidence.ts';
import { facilityCommand } from './commands/facility.ts';
import { iamCommand } from './commands/iam.ts';
import { outageCommand } from './commands/outage.ts';
import { planCommand } from './commands/plan.ts';
import { quarantineCommand } from './commands/quarantine.ts';
import { redriveCommand } from './commands/redrive.ts';
import { reportCommand } from './commands/report.ts';
import { userCommand } from './commands/user.ts';
import { givenPath } from './given-path.ts';
import { DEFAULT_DATA_DIR } from './local-cloud.ts';
import { wrapped } from './output.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The command line. What it prints on a wrong one ends in an error of commander instead of the process. */
export const ewProgram = (): Command => {
  const program = new Command('ew')
    .description(
      'Operates EmissionWatch: facilities, plans, devices, people, alarms, recovery, evidence and audit. ' +
        'Works on the deployment of your AWS credentials and region, or with --local on ' +
        'the local cloud that `npm start` runs.',
    )
    .option('--local', 'the local cloud on this machine instead of AWS')
    .option('--data-dir <dir>', 'data folder of the local cloud', givenPath, DEFAULT_DATA_DIR)
    .option('--region <region>', 'AWS region (default: AWS_REGION, AWS_DEFAULT_REGION or that of your AWS profile)')
    .option('--json', 'one line of JSON instead of text')
    .version(version, '--version', 'print the version')
    .usage('[options] <command>')
    .configureHelp({ showGlobalOptions: true, helpWidth: 80 })
    .showHelpAfterError('(add --help for the options and an example)')
    .addHelpText(
      'after',
      '\nRun it as `npm run -s ew -- <command>`. It ends with 0 when done, 1 when\n' +
        'it failed or the answer is no, 2 when the command line is wrong, 130 on Ctrl-C.\n' +
        '\nExamples:\n' +
        '  npm run -s ew -- facility list --local\n' +
        '  npm run -s ew -- redrive --dry-run',
    )
    .configureOutput({ outputError: (text, write) => write(`${wrapped(text.trimEnd()).join('\n')}\n`) })
    .exitOverride();
  facilityCommand(program);
  planCommand(program);
  deviceCommand(program);
  edgeCommand(program);
  outageCommand(program);
  alarmCommand(program);
  redriveCommand(program);
  quarantineCommand(program);
  dataCommand(program);
  reportCommand(program);
  evidenceCommand(program);
  auditCommand(program);
  userCommand(program);
  iamCommand(program);
  return program;
};
