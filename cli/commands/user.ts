import { type Command, InvalidArgumentError, Option } from 'commander';
import { audited } from '#adapters/audited';
import { GROUPS, type Group } from '#core/contracts/api/access';
import { facilityName, mandatoryWhy, why } from '../arguments.ts';
import { CommandFailed } from '../failure.ts';
import { table, wrapped } from '../output.ts';
import { type Person, type UserPool, userPool } from '../people/user-pool.ts';
import { openRun, operatorDatabase } from '../run.ts';

export const userCommand = (program: Command): void => {
  const user = program
    .command('user')
    .description('says who may use the console and the API, and for which facilities');
  addCommand(user);
  listCommand(user);
  groupsCommand(user);
  disableCommand(user);
  enableCommand(user);
};

const address = (text: string): string => {
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) || text.length > 320)
    throw new InvalidArgumentError('expected an e-mail address.');
  return text.toLowerCase();
};

/** Names with commas between, or `*` for every facility. */
const facilities = (text: string): readonly string[] => (text === '*' ? ['*'] : text.split(',').map(facilityName));

const group = () =>
  new Option('--group <group>', 'what they may do; each may also what those before it may').choices(GROUPS);
const ofFacilities = () =>
  new Option('--facilities <names>', "facilities that they may see, with commas between; '*' for all").argParser(
    facilities,
  );

/** As it stands in the audit trail. */
const onRecord = ({ email, group: own, facilities: seen, enabled }: Person) => ({
  email,
  group: own ?? null,
  facilities: [...seen],
  enabled,
});

const known = async (pool: UserPool, email: string): Promise<Person> => {
  const person = await pool.find(email);
  if (person) return person;
  throw new CommandFailed(`there is no user ${email}; \`ew user list\` shows those that there are`);
};

const inWords = (seen: readonly string[]): string =>
  seen.length === 0 ? 'none' : seen.includes('*') ? 'all' : seen.join(', ');

interface AddOptions {
  readonly group: Group;
  readonly facilities: readonly string[];
  readonly why?: string;
}

const addCommand = (user: Command) =>
  user
    .command('add')
    .summary('adds a person')
    .description(
      'Adds a person. They get an e-mail with a password that is good for three days, ' +
        'and set up an authenticator app when they first sign in. This and the other ' +
        'changes need the policy AdministratorPolicyArn of the stack EmissionWatch-Api.',
    )
    .argument('<email>', 'their address, by which they sign in', address)
    .addOption(group().makeOptionMandatory())
    .addOption(ofFacilities().makeOptionMandatory())
    .addOption(why())
    .addHelpText('after', '\nExample:\n  ew user add jane@plant.example --group engineer --facilities 7953,880')
    .action(async (email: string, options: AddOptions, command: Command) => {
      const { deployment, out } = await openRun(command);
      const pool = userPool(deployment);
      if (await pool.find(email))
        throw new CommandFailed(
          `there is a user ${email} already; \`ew user groups ${email}\` changes what they may do`,
        );
      const deed = { who: deployment.who, action: 'user add', subject: email, why: options.why };
      const person = await audited(operatorDatabase(deployment), deed, null, async () => {
        await pool.add(email, options.facilities);
        await pool.setGroup(email, options.group);
        const added = await known(pool, email);
        return { result: added, after: onRecord(added) };
      });
      out.answer(
        wrapped(
          `${email} may sign in as ${person.group} for ${inWords(person.facilities)}: ${deployment.local ? 'here by the development login' : deployment.output('Api', 'ConsoleUrl')}`,
        ),
        onRecord(person),
      );
    });

const listCommand = (user: Command) =>
  user
    .command('list')
    .summary('lists the people')
    .description('Lists who may use the console and the API.')
    .addHelpText('after', '\nExample:\n  ew user list')
    .action(async (_: unknown, command: Command) => {
      const { deployment, out } = await openRun(command);
      const people = await userPool(deployment).list();
      const state = ({ enabled, status }: Person) =>
        enabled ? (status === 'CONFIRMED' ? 'active' : 'has not signed in yet') : 'disabled';
      const rows = people.map((one) => [one.email, one.group ?? 'none', state(one), inWords(one.facilities)]);
      out.answer(rows.length > 0 ? table(['email', 'group', 'state', 'facilities'], rows) : ['no users'], {
        users: people.map((one) => ({ ...onRecord(one), state: state(one) })),
      });
    });

const groupsCommand = (user: Command) =>
  user
    .command('groups')
    .summary('changes group or facilities of a person')
    .description(
      'Changes what a person may do and see. A token that they have still says what it ' +
        'was made with, for at most an hour.',
    )
    .argument('<email>', 'their address', address)
    .addOption(group())
    .addOption(ofFacilities())
    .addOption(mandatoryWhy())
    .addHelpText('after', '\nExample:\n  ew user groups jane@plant.example --group admin --why "leads the team"')
    .action(async (email: string, options: Partial<AddOptions> & { readonly why: string }, command: Command) => {
      if (options.group === undefined && options.facilities === undefined)
        command.error('error: nothing to change: give --group, --facilities or both');
      const { deployment, out } = await openRun(command);
      const pool = userPool(deployment);
      const before = await known(pool, email);
      const deed = { who: deployment.who, action: 'user groups', subject: email, why: options.why };
      const after = await audited(operatorDatabase(deployment), deed, onRecord(before), async () => {
        if (options.facilities !== undefined) await pool.setFacilities(email, options.facilities);
        if (options.group !== undefined) await pool.setGroup(email, options.group);
        const changed = await known(pool, email);
        return { result: changed, after: onRecord(changed) };
      });
      out.answer(
        wrapped(`${email} is ${after.group ?? 'of no group'} for ${inWords(after.facilities)}`),
        onRecord(after),
      );
    });

const disableCommand = (user: Command) =>
  user
    .command('disable')
    .summary('ends a person’s access')
    .description(
      'A person can no longer sign in and is signed out. A token that they have holds ' +
        'until it ends, for at most an hour. What they did stays on record.',
    )
    .argument('<email>', 'their address', address)
    .addOption(mandatoryWhy())
    .addHelpText('after', '\nExample:\n  ew user disable jane@plant.example --why "left the company"')
    .action(async (email: string, { why: reason }: { readonly why: string }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const pool = userPool(deployment);
      const before = await known(pool, email);
      if (!before.enabled) return out.answer([`${email} is disabled already`], { disabled: false, email });
      const deed = { who: deployment.who, action: 'user disable', subject: email, why: reason };
      await audited(operatorDatabase(deployment), deed, onRecord(before), async () => {
        await pool.disable(email);
        return { result: undefined, after: onRecord({ ...before, enabled: false }) };
      });
      out.answer([`${email} can no longer sign in`], { disabled: true, email });
    });

const enableCommand = (user: Command) =>
  user
    .command('enable')
    .summary('gives a person whose access was ended access again')
    .description(
      'A person who was disabled can sign in again, as what they were: with the group and ' +
        'the facilities that they had, and with the password and the authenticator app.',
    )
    .argument('<email>', 'their address', address)
    .addOption(mandatoryWhy())
    .addHelpText('after', '\nExample:\n  ew user enable jane@plant.example --why "back from leave"')
    .action(async (email: string, { why: reason }: { readonly why: string }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const pool = userPool(deployment);
      const before = await known(pool, email);
      if (before.enabled) return out.answer([`${email} is not disabled`], { enabled: false, email });
      const deed = { who: deployment.who, action: 'user enable', subject: email, why: reason };
      await audited(operatorDatabase(deployment), deed, onRecord(before), async () => {
        await pool.enable(email);
        return { result: undefined, after: onRecord({ ...before, enabled: true }) };
      });
      out.answer(
        wrapped(`${email} may sign in again: ${before.group ?? 'of no group'} for ${inWords(before.facilities)}`),
        { enabled: true, email },
      );
    });
