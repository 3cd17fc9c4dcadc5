import type { Command } from 'commander';
import { planInForce } from '#adapters/data-api-plans';
import type { MonitoringPlan } from '#core/contracts/monitoring-plan';
import { facilityName, why } from '../arguments.ts';
import { CommandFailed } from '../failure.ts';
import { givenPath } from '../given-path.ts';
import { wrapped } from '../output.ts';
import { readPlanFile } from '../plan-file.ts';
import { applyPlan } from '../plans/apply-plan.ts';
import { endWithNo, openRun, operatorDatabase, outputOf } from '../run.ts';

const bullets = (items: readonly string[]): string[] => items.flatMap((item) => wrapped(`- ${item}`, 80, '  '));

const defectLines = (file: string, defects: readonly string[]): string[] => [
  `monitoring plan ${file} has ${defects.length} defect${defects.length === 1 ? '' : 's'}:`,
  ...bullets(defects),
];

/** The plan of a file. @throws CommandFailed naming every defect */
const soundPlan = (file: string): MonitoringPlan => {
  const { plan, defects } = readPlanFile(file);
  if (plan && defects.length === 0) return plan;
  throw new CommandFailed(defectLines(file, defects).join('\n'));
};

export const planCommand = (program: Command): void => {
  const plan = program.command('plan').description('checks, applies and shows monitoring plans');
  checkCommand(plan);
  applyCommand(plan);
  showCommand(plan);
};

const checkCommand = (plan: Command) =>
  plan
    .command('check')
    .summary('checks a monitoring plan')
    .description('Checks a monitoring plan without changing anything, and names every defect.')
    .argument('<file>', 'monitoring plan, JSON', givenPath)
    .addHelpText('after', '\nExample:\n  ew plan check 7953.plan.json')
    .action((file: string, _, command: Command) => {
      const { plan: read, defects } = readPlanFile(file);
      if (defects.length > 0) endWithNo();
      const sources = read?.sources.length ?? 0;
      const lines =
        defects.length > 0
          ? defectLines(file, defects)
          : [`monitoring plan of facility ${read!.facility} with ${sources} source(s): no defects`];
      outputOf(command).answer(lines, { file, facility: read?.facility ?? null, sound: defects.length === 0, defects });
    });

const applyCommand = (plan: Command) =>
  plan
    .command('apply')
    .summary('puts a monitoring plan in force')
    .description(
      'Puts a monitoring plan in force and shows what changes. A source that the file does ' +
        'not name keeps its plan. Hours already computed stay as they are until a minute of ' +
        'them arrives. Functions see the new plan within a minute.',
    )
    .argument('<file>', 'monitoring plan, JSON', givenPath)
    .option('--accept-offset-change', 'also when stored minutes would fall into other hours')
    .option('--dry-run', 'show what would change, and change nothing')
    .addOption(why())
    .addHelpText('after', '\nExample:\n  ew plan apply 7953.plan.json --why "permit amendment 2026-03"')
    .action(
      async (
        file: string,
        options: { dryRun?: boolean; acceptOffsetChange?: boolean; why?: string },
        command: Command,
      ) => {
        const next = soundPlan(file);
        const { facility } = next;
        const { deployment, out } = await openRun(command);
        const { revision, changes, kept } = await applyPlan(deployment, next, options);
        const applied = revision !== undefined;
        const verdict = applied
          ? `plan of facility ${facility} in force, revision ${revision}; functions see it within a minute`
          : changes.length === 0
            ? `nothing changes: facility ${facility} has this plan already`
            : 'dry run: nothing was changed';
        const keeping = kept.length > 0 ? [`not in the file, so they keep their plan: ${kept.join(', ')}`] : [];
        out.answer([...bullets([...changes, ...keeping]), verdict], {
          facility,
          applied,
          revision: revision ?? null,
          changes,
          kept,
        });
      },
    );

const showCommand = (plan: Command) =>
  plan
    .command('show')
    .summary('prints the monitoring plan in force')
    .description('Prints the monitoring plan of a facility that is in force, as JSON.')
    .argument('<facility>', 'name of the facility', facilityName)
    .addHelpText('after', '\nExample:\n  ew plan show 7953 > 7953.plan.json')
    .action(async (facility: string, _, command: Command) => {
      const { deployment, out } = await openRun(command);
      const found = await planInForce(operatorDatabase(deployment).execute, facility);
      if (!found)
        throw new CommandFailed(`there is no facility ${facility}; \`ew facility list\` shows those that there are`);
      out.answer(JSON.stringify(found.planned.plan, null, 2).split('\n'), found.planned.plan);
    });
