import type { Command } from 'commander';
import { inAuditedTransaction } from '#adapters/audited';
import { addFacility, listFacilities } from '#adapters/data-api-facilities';
import { monitoringPlan } from '#core/contracts/monitoring-plan';
import { facilityName, wholeNumber, why } from '../arguments.ts';
import { CommandFailed } from '../failure.ts';
import { table } from '../output.ts';
import { openRun, operatorDatabase } from '../run.ts';

interface AddOptions {
  readonly title?: string;
  readonly oris?: number;
  readonly utcOffset: number;
  readonly why?: string;
}

export const facilityCommand = (program: Command): void => {
  const facility = program.command('facility').description('makes facilities known, and lists them');

  facility
    .command('add')
    .summary('makes a facility known')
    .description(
      'Makes a facility known, so that devices can be registered for it. What it sends is ' +
        'set aside as of an unknown source until `plan apply` gives it a monitoring plan.',
    )
    .argument('<name>', 'its name in topics and keys; an ORIS code where there is one', facilityName)
    .option('--title <text>', 'name for people (default: the same name)')
    .option('--oris <code>', 'ORIS code', wholeNumber)
    .option('--utc-offset <minutes>', 'standard time, minutes east of UTC; -420 for Mountain', wholeNumber, 0)
    .addOption(why())
    .addHelpText('after', '\nExample:\n  ew facility add 7953 --title "Bennett Mountain" --oris 7953 --utc-offset -420')
    .action(async (name: string, { title = name, oris, utcOffset, why: reason }: AddOptions, command: Command) => {
      if (utcOffset < -720 || utcOffset > 840)
        command.error(`error: --utc-offset is from -720 to 840 minutes, got ${utcOffset}`);
      if (oris !== undefined && oris < 1) command.error(`error: --oris is a number from 1, got ${oris}`);
      if (title.trim() === '' || !monitoringPlan.shape.name.safeParse(title).success)
        command.error('error: --title has 1 to 120 characters, none of them a control character');
      const { deployment, out } = await openRun(command);
      const details = { facility: name, orisCode: oris ?? null, name: title, utcOffsetMinutes: utcOffset };
      const deed = { who: deployment.who, action: 'facility add', subject: name, why: reason };
      const added = await inAuditedTransaction(operatorDatabase(deployment), deed, async (execute) =>
        (await addFacility(execute, details)) ? { result: true, before: null, after: details } : undefined,
      );
      if (!added)
        throw new CommandFailed(`there is a facility ${name} already; \`ew plan show ${name}\` shows its plan`);
      out.answer(
        [`facility ${name} added; next:`, '  ew plan apply FILE', `  ew device register SERIAL --facility ${name}`],
        details,
      );
    });

  facility
    .command('list')
    .summary('lists the facilities')
    .description('Lists the facilities, how many sources their plans have, and when each was last heard.')
    .addHelpText('after', '\nExample:\n  ew facility list --json')
    .action(async (_, command: Command) => {
      const { deployment, out } = await openRun(command);
      const facilities = await listFacilities(operatorDatabase(deployment));
      const rows = facilities.map(({ facility: name, sources, lastHeard, name: title }) => [
        name,
        String(sources),
        lastHeard ?? 'never',
        title,
      ]);
      const lines =
        rows.length > 0
          ? table(['FACILITY', 'SOURCES', 'LAST HEARD', 'NAME'], rows)
          : ['no facilities yet: `ew facility add` or `ew plan apply` makes the first'];
      out.answer(lines, { facilities });
    });
};
