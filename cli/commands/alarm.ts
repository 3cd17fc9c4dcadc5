import { type Command, InvalidArgumentError, Option } from 'commander';
import { audited, inAuditedTransaction } from '#adapters/audited';
import {
  acknowledgeAlarm,
  dataApiAlarmList,
  lockAlarm,
  lockSettings,
  writeSettings,
} from '#adapters/data-api-alarm-list';
import { ALARM_KINDS } from '#core/alarms/alarm-kinds';
import { type Alarm, type AlarmSettings, alarmSettings } from '#core/contracts/alarm';
import { askForSelfTest } from '../alarms/self-test.ts';
import { subscribe } from '../alarms/subscribe.ts';
import { count, facilityName, mandatoryWhy, wholeNumber, why } from '../arguments.ts';
import { CommandFailed } from '../failure.ts';
import { facts, table, wrapped } from '../output.ts';
import { openRun, operatorDatabase } from '../run.ts';

/** An answer of the Data API holds 1 MiB. */
const MAX_LISTED = 500;

export const alarmCommand = (program: Command): void => {
  const alarm = program.command('alarm').description('shows and answers alarms, and says who is told when');
  listCommand(alarm);
  acknowledgeCommand(alarm);
  settingsCommand(alarm);
  testCommand(alarm);
  subscribeCommand(alarm);
};

const listCommand = (alarm: Command) =>
  alarm
    .command('list')
    .summary('lists open alarms, the newest first')
    .description('Lists open alarms, the newest first; with --all also those that are over.')
    .option('--facility <name>', 'only of this facility', facilityName)
    .option('--all', 'also those that are over', false)
    .option('--limit <count>', 'at most so many', count, 50)
    .addHelpText('after', '\nExample:\n  ew alarm list --facility 7953')
    .action(async (options: { facility?: string; all: boolean; limit: number }, command: Command) => {
      if (options.limit > MAX_LISTED) command.error(`error: --limit is at most ${MAX_LISTED}`);
      const { deployment, out } = await openRun(command);
      const { items } = await dataApiAlarmList(operatorDatabase(deployment)).list(
        {
          facilities: options.facility === undefined ? 'all' : [options.facility],
          state: options.all ? 'all' : 'open',
          before: 2_147_483_647,
        },
        options.limit,
      );
      const lines = items.map((each) => [String(each.id), each.facility, `${stateOf(each)}: ${each.text}`]);
      out.answer(lines.length > 0 ? table(['ID', 'FACILITY', 'ALARM'], lines) : ['no alarms are open'], {
        alarms: items,
      });
    });

const stateOf = ({ kind, clearedAt, acknowledgedBy, escalatedAt }: Alarm): string =>
  [
    ALARM_KINDS[kind],
    ...(clearedAt === null ? [] : ['over']),
    ...(acknowledgedBy === null ? [] : [`acknowledged by ${acknowledgedBy}`]),
    ...(escalatedAt === null ? [] : ['escalated']),
  ].join(', ');

const acknowledgeCommand = (alarm: Command) =>
  alarm
    .command('acknowledge')
    .summary('says that somebody has seen an alarm')
    .description('Says that you have seen an alarm and take care of it. It is not escalated then.')
    .argument('<id>', 'number of the alarm, as `alarm list` shows it', wholeNumber)
    .addOption(mandatoryWhy())
    .addHelpText('after', '\nExample:\n  ew alarm acknowledge 12 --why "load is being reduced"')
    .action(async (id: number, { why: reason }: { why: string }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const database = operatorDatabase(deployment);
      const known = await dataApiAlarmList(database).find(id);
      if (!known) throw new CommandFailed(`there is no alarm ${id}; \`ew alarm list\` shows those that there are`);
      const subject = `${known.facility} alarm ${id}`;
      const deed = { who: deployment.who, action: 'alarm acknowledge', subject, why: reason };
      const acknowledged = await inAuditedTransaction(database, deed, async (execute) => {
        const before = await lockAlarm(execute, id);
        // Whoever was first has seen it.
        if (before!.acknowledgedAt !== null) return undefined;
        const result = await acknowledgeAlarm(execute, id, deployment.who);
        return { result, before: { acknowledgedBy: null }, after: { acknowledgedBy: result.acknowledgedBy } };
      });
      const { acknowledgedBy, text } = acknowledged ?? known;
      out.answer(
        wrapped(
          acknowledged
            ? `alarm ${id} acknowledged: ${text}`
            : `alarm ${id} was acknowledged before, by ${acknowledgedBy}`,
        ),
        { id, acknowledged: acknowledged !== undefined, acknowledgedBy },
      );
    });

type Given = { readonly [Name in keyof AlarmSettings]?: AlarmSettings[Name] | 'none' };

const settingsCommand = (alarm: Command) =>
  alarm
    .command('settings')
    .summary('shows or changes when the people of a facility are told')
    .description(
      'Shows when the people of a facility are told. With options it changes what they name, and leaves the rest.',
    )
    .argument('<facility>', 'the facility', facilityName)
    .addOption(
      new Option('--warning-shares <shares>', 'shares of a limit, such as 0.8,0.9; none: no warnings').argParser(
        shares,
      ),
    )
    .addOption(new Option('--headroom-hours <hours>', 'or none').argParser(orNone))
    .addOption(new Option('--analyser-fault-minutes <minutes>', 'without a valid reading').argParser(wholeNumber))
    .addOption(new Option('--data-stopped-minutes <minutes>', 'without any data').argParser(wholeNumber))
    .addOption(new Option('--escalate-after-minutes <minutes>', 'or none').argParser(orNone))
    .addOption(why())
    .addHelpText(
      'after',
      '\nExamples:\n  ew alarm settings 7953\n' +
        '  ew alarm settings 7953 --warning-shares 0.7,0.9 --escalate-after-minutes 30 \\\n    --why "new shift plan"',
    )
    .action(async (facility: string, options: Given & { why?: string }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const { why: reason, ...given } = options;
      const changes = Object.fromEntries(
        Object.entries(given).map(([name, value]) => [name, value === 'none' ? null : value]),
      );
      const database = operatorDatabase(deployment);
      const [exists] = await database.execute('select 1 from facility where facility = :facility', { facility });
      if (!exists)
        throw new CommandFailed(`there is no facility ${facility}; \`ew facility list\` shows those that there are`);
      const before = checked(await dataApiAlarmList(database).settings(facility));
      const after = checked({ ...before, ...changes });
      const isChange = JSON.stringify(before) !== JSON.stringify(after);
      const deed = { who: deployment.who, action: 'alarm-settings change', subject: facility, why: reason };
      if (isChange)
        await inAuditedTransaction(database, deed, async (execute) => {
          const now = checked(await lockSettings(execute, facility));
          const wanted = checked({ ...now, ...changes });
          await writeSettings(execute, facility, wanted);
          return { result: wanted, before: onRecord(now), after: onRecord(wanted) };
        });
      out.answer(factsOf(after), { facility, changed: isChange, settings: after });
    });

/** As it stands in the audit trail, whose numbers are whole. */
const onRecord = (settings: AlarmSettings) => ({ ...settings, warningShares: settings.warningShares.map(String) });

/** Names in the order of the contract, so that equal settings are equal as text. */
const checked = (settings: AlarmSettings): AlarmSettings => {
  const { success, data, error } = alarmSettings.safeParse(settings);
  if (success) return data;
  const [issue] = error.issues;
  throw new CommandFailed(`${issue!.path.join('.')}: ${issue!.message}`);
};

const factsOf = (settings: AlarmSettings): string[] =>
  facts([
    ['warnings', settings.warningShares.length > 0 ? `at ${settings.warningShares.join(', ')} of a limit` : 'none'],
    ['headroom', hours(settings.headroomHours)],
    ['analyser fault', `after ${settings.analyserFaultMinutes} minutes without a valid reading`],
    ['data stopped', `after ${settings.dataStoppedMinutes} minutes without any data`],
    [
      'escalation',
      settings.escalateAfterMinutes === null ? 'none' : `unacknowledged for ${settings.escalateAfterMinutes} minutes`,
    ],
  ]);

const hours = (headroomHours: number | null): string =>
  headroomHours === null ? 'no warning' : `within ${headroomHours} operating hours of a limit at present emissions`;

const shares = (text: string): number[] => {
  if (text === 'none') return [];
  const given = text.split(',').map(Number);
  if (given.some((share) => !(share > 0 && share < 1)))
    throw new InvalidArgumentError('expected shares between 0 and 1 with commas between them, or none.');
  return given.sort((a, b) => a - b);
};

/** Commander takes null for no value. */
const orNone = (text: string): number | 'none' => (text === 'none' ? text : wholeNumber(text));

const testCommand = (alarm: Command) =>
  alarm
    .command('test')
    .summary('sends a test to everybody who is subscribed')
    .description('Sends a test notice now, the way that alarms go. Whoever is subscribed gets it.')
    .addOption(why())
    .addHelpText('after', '\nExample:\n  ew alarm test')
    .action(async ({ why: reason }: { why?: string }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const deed = { who: deployment.who, action: 'alarm test', subject: 'notices', why: reason };
      const { published, waiting } = await audited(operatorDatabase(deployment), deed, null, async () => {
        const result = await askForSelfTest(deployment);
        return { result, after: { ...result } };
      });
      out.answer([`the topic has taken ${published} notice(s), among them the test`], { published, waiting });
    });

const subscribeCommand = (alarm: Command) =>
  alarm
    .command('subscribe')
    .summary('has an address told')
    .description(
      'Subscribes an e-mail address or a web hook to what happens at the plants. AWS asks the address to confirm it first.',
    )
    .option('--email <address>', 'an e-mail address')
    .option('--webhook <url>', 'an address that takes JSON by POST, https')
    .option('--escalations', 'to alarms that nobody has acknowledged, instead of to all notices', false)
    .addOption(why())
    .addHelpText('after', '\nExample:\n  ew alarm subscribe --email shift@plant.example')
    .action(
      async (options: { email?: string; webhook?: string; escalations: boolean; why?: string }, command: Command) => {
        const { email, webhook, escalations, why: reason } = options;
        if ((email === undefined) === (webhook === undefined)) command.error('error: give either --email or --webhook');
        const endpoint = (email ?? webhook)!;
        const protocol = email !== undefined ? 'email' : endpoint.startsWith('http:') ? 'http' : 'https';
        const { deployment, out } = await openRun(command);
        const topic = escalations ? 'EscalationsTopicArn' : 'NoticesTopicArn';
        const deed = { who: deployment.who, action: 'alarm subscribe', subject: endpoint, why: reason };
        await audited(operatorDatabase(deployment), deed, null, async () => ({
          result: await subscribe(deployment, topic, protocol, endpoint),
          after: { topic, protocol },
        }));
        out.answer(wrapped(`${endpoint} is told, as soon as the address is confirmed`), { endpoint, protocol, topic });
      },
    );
