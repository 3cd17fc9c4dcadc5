import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { dataApiReports } from '#adapters/data-api-reports';
import type { ReportEntry } from '#core/contracts/report';
import { quarterName, type ReportFormat } from '#core/report/names';
import { type Quarter, quarterOfName } from '#core/report/quarter';
import { count, facilityName, why } from '../arguments.ts';
import { CommandFailed } from '../failure.ts';
import { givenPath } from '../given-path.ts';
import { facts, table } from '../output.ts';
import { archivedFile, reportMade, startReport, titleOf } from '../reports/make-report.ts';
import { openRun, operatorDatabase, type Run } from '../run.ts';
import { stopSignal } from '../stop.ts';

export const reportCommand = (program: Command): void => {
  const report = program.command('report').description('makes quarterly reports and fetches them from the archive');
  startCommand(report);
  listCommand(report);
  showCommand(report);
  downloadCommand(report);
};

const quarterArgument = (text: string): Quarter => {
  try {
    return quarterOfName(text);
  } catch {
    throw new InvalidArgumentError('expected a quarter such as 2018-Q1.');
  }
};

const revisionOption = () => new Option('--revision <number>', 'default: the newest').argParser(count);

const startCommand = (report: Command) =>
  report
    .command('start')
    .summary('has a quarterly report made')
    .description(
      'Has the report of a facility for a quarter made from what is stored, and puts it ' +
        'into the archive, where nobody can change or delete it. A report that is made ' +
        'again is a new revision; the earlier one stays. On a terminal it waits until the ' +
        'report is made; interrupted, the report is made all the same.',
    )
    .argument('<facility>', 'the facility', facilityName)
    .argument('<quarter>', 'such as 2018-Q1', quarterArgument)
    .option('--wait', 'wait until it is made (default on a terminal)')
    .option('--no-wait', 'do not wait')
    .addOption(why())
    .addHelpText('after', '\nExample:\n  ew report start 7953 2018-Q1 --why "hours of March corrected"')
    .action(async (facility: string, quarter: Quarter, options: { wait?: boolean; why?: string }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const database = operatorDatabase(deployment);
      const started = await startReport(deployment, database, { facility, ...quarter }, options.why);
      const { revision } = started.order;
      const name = `report ${titleOf(started.order)} r${revision}`;
      if (!(options.wait ?? process.stderr.isTTY)) {
        const begun = { facility, ...quarter, revision, state: 'running', started: started.started };
        out.answer([started.started ? `${name} is being made` : `${name} is being made already`], begun);
        return;
      }
      const made = await reportMade(deployment, database, started, {
        stop: stopSignal(),
        look: (seconds) => out.progress(`${name} is being made, ${Math.floor(seconds)} s`),
      });
      out.answer([`${name} is in the archive until ${made.retainedUntil?.slice(0, 10)}`, ...factsOf(made)], made);
    });

const listCommand = (report: Command) =>
  report
    .command('list')
    .summary('lists quarterly reports, the newest quarter first')
    .description('Lists quarterly reports, the newest quarter first.')
    .option('--facility <name>', 'only of this facility', facilityName)
    .option('--limit <count>', 'at most so many', count, 50)
    .addHelpText('after', '\nExample:\n  ew report list --facility 7953')
    .action(async ({ facility, limit }: { facility?: string; limit: number }, command: Command) => {
      if (limit > MAX_LISTED) command.error(`error: --limit is at most ${MAX_LISTED}`);
      const { deployment, out } = await openRun(command);
      const reports = await dataApiReports(operatorDatabase(deployment)).list({
        facilities: facility === undefined ? 'all' : [facility],
        limit,
      });
      const rows = reports.map((one) => [
        one.facility,
        quarterName(one),
        String(one.revision),
        one.state,
        one.failure ?? `started ${minuteOf(one.startedAt)} by ${one.startedBy}`,
      ]);
      out.answer(
        rows.length > 0
          ? table(['FACILITY', 'QUARTER', 'REV', 'STATE', ''], rows)
          : ['there is no report: `ew report start` has one made'],
        { reports },
      );
    });

/** An answer of the Data API holds 1 MiB. */
const MAX_LISTED = 500;

const minuteOf = (instant: string): string => `${instant.slice(0, 16)}Z`;

interface Chosen {
  readonly revision?: number;
}

/** @throws CommandFailed when there is no such report */
const find = async (run: Run, facility: string, quarter: Quarter, { revision }: Chosen): Promise<ReportEntry> => {
  const reports = dataApiReports(operatorDatabase(run.deployment));
  const found =
    revision === undefined
      ? await reports.newest(facility, quarter.year, quarter.quarter)
      : await reports.find({ facility, ...quarter, revision });
  if (found) return found;
  const title = `${titleOf({ facility, ...quarter })}${revision === undefined ? '' : ` r${revision}`}`;
  throw new CommandFailed(`there is no report ${title}; \`ew report list\` shows those that there are`);
};

const factsOf = (report: ReportEntry): string[] =>
  facts([
    ['facility', report.facility],
    ['quarter', quarterName(report)],
    ['revision', String(report.revision)],
    ['state', report.state],
    ['started', `${minuteOf(report.startedAt)} by ${report.startedBy}`],
    ...(report.archivedAt === null ? [] : [['archived', minuteOf(report.archivedAt)] as const]),
    ...(report.retainedUntil === null ? [] : [['held until', minuteOf(report.retainedUntil)] as const]),
    ...(report.sha256 === null ? [] : [['SHA-256', report.sha256] as const]),
    ...(report.failure === null ? [] : [['failure', report.failure] as const]),
  ]);

const showCommand = (report: Command) =>
  report
    .command('show')
    .summary('shows what became of a report')
    .description('Shows what became of a report: its state, its checksum, and until when the archive holds it.')
    .argument('<facility>', 'the facility', facilityName)
    .argument('<quarter>', 'such as 2018-Q1', quarterArgument)
    .addOption(revisionOption())
    .addHelpText('after', '\nExample:\n  ew report show 7953 2018-Q1')
    .action(async (facility: string, quarter: Quarter, options: Chosen, command: Command) => {
      const run = await openRun(command);
      const found = await find(run, facility, quarter, options);
      run.out.answer(factsOf(found), found);
    });

const downloadCommand = (report: Command) =>
  report
    .command('download')
    .summary('fetches a report from the archive')
    .description(
      'Fetches a report from the archive, as JSON or as one HTML page, and writes it to a ' +
        'file. The JSON document is held against the checksum on record.',
    )
    .argument('<facility>', 'the facility', facilityName)
    .argument('<quarter>', 'such as 2018-Q1', quarterArgument)
    .addOption(revisionOption())
    .addOption(new Option('--format <format>', 'which file').choices(['json', 'html']).default('html'))
    .option('--output <file>', 'default: FACILITY-QUARTER-rREVISION.FORMAT here', givenPath)
    .addHelpText('after', '\nExample:\n  ew report download 7953 2018-Q1 --format json --output report.json')
    .action(
      async (
        facility: string,
        quarter: Quarter,
        { format, output, ...chosen }: Chosen & { format: ReportFormat; output?: string },
        command: Command,
      ) => {
        const run = await openRun(command);
        const found = await find(run, facility, quarter, chosen);
        if (found.state !== 'archived')
          throw new CommandFailed(
            `report ${titleOf(found)} r${found.revision} is ${found.state}: only an archived one has files; \`ew report list\` shows the others`,
          );
        const bytes = await archivedFile(run.deployment, found, format);
        if (format === 'json') checkSum(bytes, found);
        const file = output ?? givenPath(`${facility}-${quarterName(quarter)}-r${found.revision}.${format}`);
        write(file, bytes);
        run.out.answer([file], { file, format, revision: found.revision, bytes: bytes.length, sha256: found.sha256 });
      },
    );

const checkSum = (bytes: Uint8Array, { sha256 }: ReportEntry): void => {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256)
    throw new CommandFailed(
      `the archive's JSON document has SHA-256 ${found}, on record is ${sha256}: it is not the one`,
    );
};

const write = (file: string, bytes: Uint8Array): void => {
  try {
    writeFileSync(file, bytes);
  } catch (cause) {
    throw new CommandFailed(`cannot write ${file}: ${(cause as Error).message}`, { cause });
  }
};
