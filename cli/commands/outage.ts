import type { Command } from 'commander';
import { inAuditedTransaction } from '#adapters/audited';
import { declareOutage, listOutages, type Outage, withdrawOutage } from '#adapters/data-api-outages';
import { textOfMinute } from '#core/time';
import { count, facilityName, mandatoryWhy, minute, sourceName, wholeNumber } from '../arguments.ts';
import { CommandFailed } from '../failure.ts';
import { table, wrapped } from '../output.ts';
import { openRun, operatorDatabase } from '../run.ts';

/** A declaration without end would silence the continuity check for good; a longer outage is declared again. */
const MAX_MINUTES = 366 * 1440;
/** An answer of the Data API holds 1 MiB. */
const MAX_LISTED = 1000;

export const outageCommand = (program: Command): void => {
  const outage = program.command('outage').description('declares outages: minutes that nobody needs to look for');
  declareCommand(outage);
  listCommand(outage);
  withdrawCommand(outage);
};

const inWords = ({ facility, source, from, until }: Pick<Outage, 'facility' | 'source' | 'from' | 'until'>): string =>
  `${facility}${source === null ? '' : ` source ${source}`} from ${textOfMinute(from)} until ${textOfMinute(until)}`;

const toJson = ({ from, until, ...outage }: Outage) => ({
  ...outage,
  from: textOfMinute(from),
  until: textOfMinute(until),
});

interface DeclareOptions {
  readonly facility: string;
  readonly source?: string;
  readonly from: number;
  readonly until: number;
  readonly why: string;
}

const declareCommand = (outage: Command) =>
  outage
    .command('declare')
    .summary('declares an outage')
    .description(
      'Declares that a facility, or one source of it, reports nothing for a time. The ' +
        'continuity check then does not look for these minutes. What arrives all the same ' +
        'is stored; nothing else changes.',
    )
    .requiredOption('--facility <name>', 'the facility', facilityName)
    .option('--source <name>', 'only this source', sourceName)
    .requiredOption('--from <minute>', 'first minute, UTC', minute)
    .requiredOption('--until <minute>', 'the minute after the last, UTC', minute)
    .addOption(mandatoryWhy())
    .addHelpText(
      'after',
      '\nExample:\n  ew outage declare --facility 7953 --source CT1 --from 2026-04-01T07:00Z \\\n' +
        '    --until 2026-04-03T07:00Z --why "analyser shelter moved, work order 4711"',
    )
    .action(async ({ facility, source, from, until, why }: DeclareOptions, command: Command) => {
      if (until <= from) command.error('error: --until must be later than --from');
      if (until - from > MAX_MINUTES) command.error('error: an outage is declared for at most 366 days at a time');
      const { deployment, out } = await openRun(command);
      const declaration = { facility, source: source ?? null, from, until, why, declaredBy: deployment.who };
      const deed = { who: deployment.who, action: 'outage declare', subject: facility, why };
      let known: number | undefined;
      const id = await inAuditedTransaction(operatorDatabase(deployment), deed, async (execute) => {
        const declared = await declareOutage(execute, declaration);
        if (declared === 'unknown-facility')
          throw new CommandFailed(`there is no facility ${facility}; \`ew facility list\` shows those that there are`);
        if (declared === 'unknown-source')
          throw new CommandFailed(
            `facility ${facility} has no source ${source}; \`ew plan show ${facility}\` shows its plan`,
          );
        if (declared.known) {
          known = declared.id;
          return undefined;
        }
        const after = {
          outage: declared.id,
          source: declaration.source,
          from: textOfMinute(from),
          until: textOfMinute(until),
        };
        return { result: declared.id, before: null, after };
      });
      out.answer(
        [
          known === undefined
            ? `outage ${id} declared: ${inWords(declaration)}`
            : `declared already, as outage ${known}: ${inWords(declaration)}`,
        ],
        { declared: known === undefined, ...toJson({ ...declaration, id: (id ?? known)!, withdrawnAt: null }) },
      );
    });

const listCommand = (outage: Command) =>
  outage
    .command('list')
    .summary('lists declared outages, the latest first')
    .description('Lists declared outages, the latest first.')
    .option('--facility <name>', 'only of this facility', facilityName)
    .option('--withdrawn', 'also those that were withdrawn', false)
    .option('--limit <count>', 'at most so many', count, 50)
    .addHelpText('after', '\nExample:\n  ew outage list --facility 7953')
    .action(async (options: { facility?: string; withdrawn: boolean; limit: number }, command: Command) => {
      if (options.limit > MAX_LISTED) command.error(`error: --limit is at most ${MAX_LISTED}`);
      const { deployment, out } = await openRun(command);
      const outages = await listOutages(operatorDatabase(deployment), {
        ...options,
        facility: options.facility ?? null,
      });
      const rows = outages.map((each) => [
        String(each.id),
        `${inWords(each)}${each.withdrawnAt === null ? '' : ', withdrawn'}: ${each.why}`,
      ]);
      out.answer(rows.length > 0 ? table(['ID', 'OUTAGE'], rows) : ['no outages are declared'], {
        outages: outages.map(toJson),
      });
    });

const withdrawCommand = (outage: Command) =>
  outage
    .command('withdraw')
    .summary('withdraws a declared outage')
    .description('Withdraws a declared outage: the continuity check looks for its minutes again.')
    .argument('<id>', 'number of the outage, as `outage list` shows it', wholeNumber)
    .addOption(mandatoryWhy())
    .addHelpText('after', '\nExample:\n  ew outage withdraw 12 --why "analyser was back a day earlier"')
    .action(async (id: number, { why }: { why: string }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const deed = { who: deployment.who, action: 'outage withdraw', subject: String(id), why };
      const withdrawn = await inAuditedTransaction(operatorDatabase(deployment), deed, async (execute) => {
        const result = await withdrawOutage(execute, id);
        if (!result) throw new CommandFailed(`there is no outage ${id}; \`ew outage list\` shows those that there are`);
        return result.withdrawn ? { result: result.outage, before: toJson(result.outage), after: null } : undefined;
      });
      const lines = withdrawn
        ? [
            `outage ${id} withdrawn: ${inWords(withdrawn)}`,
            ...wrapped(
              'The regular check looks at these minutes again, as far as they are of the last 31 days; at older ones ' +
                '`ew data verify-continuity` looks.',
            ),
          ]
        : [`outage ${id} was withdrawn before`];
      out.answer(lines, { id, withdrawn: withdrawn !== undefined });
    });
