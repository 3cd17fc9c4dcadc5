import { accessSync, constants, existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { audited } from '#adapters/audited';
import type { ContinuityReport, ContinuityRequest } from '#core/contracts/continuity-report';
import { textOfMinute } from '#core/time';
import { facilityName, why } from '../arguments.ts';
import { askVerifyContinuity } from '../continuity/ask-function.ts';
import { describeReport } from '../continuity/describe.ts';
import { type RangeOf, range } from '../continuity/range.ts';
import type { Deployment } from '../deployment.ts';
import { CommandFailed } from '../failure.ts';
import { givenPath } from '../given-path.ts';
import { endWithNo, openRun, operatorDatabase } from '../run.ts';

export const dataCommand = (program: Command): void => {
  const data = program.command('data').description('shows whether anything is missing');
  verifyCommand(data);
};

interface VerifyOptions {
  readonly range: RangeOf;
  readonly facility?: readonly string[];
  readonly certificate?: string;
  readonly resend?: boolean;
  readonly why?: string;
}

const verifyCommand = (data: Command) =>
  data
    .command('verify-continuity')
    .summary('shows whether every expected minute is stored')
    .description(
      'Holds the minutes that are expected (monitoring plan, declared outages) against ' +
        'those that are stored, and says of each gap where the minutes are: the edge is ' +
        'offline or holds them, they were asked for again, they are lost, or an analyser ' +
        'is down. Ends with 1 when minutes are missing. A certificate is a signed ' +
        'statement that none is, over a digest of the minutes; `evidence verify` verifies ' +
        'it.',
    )
    .addOption(
      new Option('--range <range>', 'last-30m, last-24h, last-7d, or FROM..UNTIL in UTC')
        .argParser(range)
        .default(range('last-24h'), 'last-24h'),
    )
    .option('--facility <name>', 'only this facility; may be given several times', facilities)
    .option('--certificate <file>', 'write a no-gap certificate when nothing is missing', givenPath)
    .option('--resend', 'ask the edge agents for what is missing, also once more')
    .addOption(why())
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  ew data verify-continuity --range last-30m\n' +
        '  ew data verify-continuity --range 2026-01-01..2026-04-01 --facility 7953 \\\n' +
        '    --certificate q1.json',
    )
    .action(async (options: VerifyOptions, command: Command) => {
      const { certificate: file, resend = false } = options;
      if (file !== undefined) checkNew(file);
      const { deployment, out } = await openRun(command);
      const { from, until } = options.range(Math.floor(Date.now() / 60_000));
      const request: ContinuityRequest = {
        range: { from: textOfMinute(from), until: textOfMinute(until) },
        ...(options.facility && { facilities: [...options.facility] }),
        certificate: file !== undefined,
        resend,
      };
      const report = resend
        ? await askOnRecord(deployment, request, options.why)
        : await askVerifyContinuity(deployment, request);
      const { certificate } = report;
      if (file !== undefined && certificate)
        writeFileSync(file, `${JSON.stringify(certificate, undefined, 2)}\n`, { flag: 'wx' });
      out.answer(
        [
          ...describeReport(report),
          ...askedLines(report, resend),
          ...(file === undefined
            ? []
            : [certificate ? `Certificate: ${file}` : 'No certificate: minutes are missing.']),
        ],
        report,
      );
      if (!report.complete) endWithNo();
    });

/** Better now than when the certificate is signed. */
const checkNew = (file: string): void => {
  if (existsSync(file)) throw new CommandFailed(`${file} exists: name a file that does not`);
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new CommandFailed(
      `cannot write the certificate to ${file} (${(cause as Error).message}): make its folder, or name another file`,
      { cause },
    );
  }
};

/** To ask the agents of a plant for something is a change that a person makes. */
const askOnRecord = (deployment: Deployment, request: ContinuityRequest, reason: string | undefined) =>
  audited(
    operatorDatabase(deployment),
    {
      who: deployment.who,
      action: 'data resend',
      subject: request.facilities?.join(' ') ?? 'all',
      why: reason,
    },
    { range: request.range },
    async () => {
      const report = await askVerifyContinuity(deployment, request);
      return { result: report, after: { asked: askedRanges(report).length } };
    },
  );

const askedRanges = ({ facilities: all }: ContinuityReport) =>
  all.flatMap(({ facility, asked }) => asked.map((one) => ({ facility, ...one })));

const askedLines = (report: ContinuityReport, resend: boolean): string[] => {
  const asked = askedRanges(report);
  if (asked.length === 0)
    return resend ? ['Nobody was asked to resend: nothing is missing that an agent could have.'] : [];
  return asked.map(({ facility, from, until }) => `Asked ${facility} to resend from ${from} until ${until}.`);
};

const facilities = (text: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  facilityName(text),
];
