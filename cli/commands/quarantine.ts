import { S3Client } from '@aws-sdk/client-s3';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { audited } from '#adapters/audited';
import type { Database } from '#adapters/data-api';
import { dataApiReprocessing, markReprocessing, type QuarantineEntry } from '#adapters/data-api-reprocessing';
import { s3Objects } from '#adapters/s3-objects';
import { QUARANTINE } from '#core/validation/quarantine-codes';
import { count, facilityName, mandatoryWhy, time } from '../arguments.ts';
import type { Deployment } from '../deployment.ts';
import { CommandFailed } from '../failure.ts';
import { facts, table } from '../output.ts';
import { recoveryOf } from '../recovery/ask-function.ts';
import { openRecord, recordAt } from '../recovery/quarantined-record.ts';
import { type ReprocessResult, reprocess } from '../recovery/reprocess.ts';
import { endWithNo, openRun, operatorDatabase } from '../run.ts';
import { reportInterrupted, stopSignal } from '../stop.ts';

/** Of a record's id, as lists show it: enough to tell records apart, and short enough to copy. */
const SHORT_ID = 12;
/** An answer of the Data API holds 1 MiB. */
const MAX_LISTED = 500;
/** Ids that the audit trail names. */
const RECORDED_IDS = 100;

const recordId = (text: string): string => {
  if (!/^[0-9a-f]{6,64}$/.test(text))
    throw new InvalidArgumentError('expected the first 6 or more of the 64 hexadecimal digits of a record.');
  return text;
};

const recordIds = (text: string, previous: readonly string[] = []): readonly string[] => [...previous, recordId(text)];

const codeOption = () => new Option('--code <code>', 'only with this code').choices(Object.keys(QUARANTINE));

export const quarantineCommand = (program: Command): void => {
  const quarantine = program
    .command('quarantine')
    .description('shows messages that could not be taken, and puts them back');
  listCommand(quarantine);
  showCommand(quarantine);
  reprocessCommand(quarantine);
};

const landingOf = ({ output, clientConfig }: Deployment) =>
  s3Objects(output('Storage', 'LandingBucketName'), new S3Client(clientConfig('S3')));

interface FilterOptions {
  readonly code?: string;
  readonly facility?: string;
  readonly since?: string;
}

const filterOf = ({ code, facility, since }: FilterOptions) => ({
  code: code ?? null,
  facility: facility ?? null,
  since: since ?? null,
});

const listCommand = (quarantine: Command) =>
  quarantine
    .command('list')
    .summary('lists quarantined messages, the latest first')
    .description('Lists quarantined messages, the latest first.')
    .addOption(codeOption())
    .option('--facility <name>', 'only of this facility', facilityName)
    .option('--since <time>', 'only from this day or time on, UTC', time)
    .option('--all', 'also those that were put back', false)
    .option('--limit <count>', 'at most so many', count, 20)
    .addHelpText('after', '\nExample:\n  ew quarantine list --code UNKNOWN_SOURCE --facility 7953')
    .action(async (options: FilterOptions & { all: boolean; limit: number }, command: Command) => {
      if (options.limit > MAX_LISTED) command.error(`error: --limit is at most ${MAX_LISTED}`);
      const { deployment, out } = await openRun(command);
      const store = dataApiReprocessing(operatorDatabase(deployment));
      const records = await store.list(filterOf(options), options.all, options.limit);
      const rows = records.map(({ recordId: id, quarantinedAt, facility, code, reason, state }) => [
        id.slice(0, SHORT_ID),
        `${quarantinedAt.slice(0, 16)}Z`,
        facility ?? '-',
        `${code}${state === 'open' ? '' : ` (${state})`}: ${reason}`,
      ]);
      out.answer(rows.length > 0 ? table(['RECORD', 'AT', 'FACILITY', 'WHY'], rows) : ['nothing in quarantine'], {
        records,
      });
    });

/** @throws CommandFailed when the beginning fits none, or several */
const theOne = async (database: Database, prefix: string): Promise<QuarantineEntry> => {
  const [found, other] = await dataApiReprocessing(database).find(prefix);
  if (!found) throw new CommandFailed(`no quarantined record begins with ${prefix}; \`ew quarantine list\` shows them`);
  if (other) throw new CommandFailed(`several quarantined records begin with ${prefix}: give more digits`);
  return found;
};

const showCommand = (quarantine: Command) =>
  quarantine
    .command('show')
    .summary('shows why a message is in quarantine')
    .description(
      'Shows why a message is in quarantine and what is in it, opened as far as it can be. With --json the message stands whole in the answer.',
    )
    .argument('<record>', 'id of the record, or how it begins', recordId)
    .addHelpText('after', '\nExample:\n  ew quarantine show 3f2a9c0d11aa')
    .action(async (prefix: string, _, command: Command) => {
      const { deployment, out } = await openRun(command);
      const entry = await theOne(operatorDatabase(deployment), prefix);
      const record = await recordAt(landingOf(deployment).read, entry.objectKey);
      const opened = typeof record === 'string' ? { stoppedAt: record } : openRecord(record);
      const { code, reason, facility, thing, received, quarantinedAt, objectKey, state, attempts } = entry;
      const meaning = (QUARANTINE as Readonly<Record<string, string>>)[code];
      const lines = facts([
        ['record', entry.recordId],
        ['code', meaning === undefined ? code : `${code}: ${meaning}`],
        ['reason', reason],
        ['facility', facility ?? 'unknown'],
        ['thing', thing ?? 'unknown'],
        ['received', received ?? 'unknown'],
        ['quarantined', quarantinedAt],
        ['state', `${state}, put back ${attempts} time(s)`],
        ['lies at', objectKey],
        ...('payloadBytes' in opened ? [['payload', `${opened.payloadBytes} bytes compressed`] as const] : []),
        ...messageFacts('message' in opened ? opened.message : undefined),
        ...('stoppedAt' in opened && opened.stoppedAt !== undefined ? [['opened', opened.stoppedAt] as const] : []),
      ]);
      out.answer(lines, { ...entry, opened });
    });

/** The parts that people ask for, of a message that may break its contract in any way. */
const messageFacts = (message: unknown): (readonly [string, string])[] => {
  if (typeof message !== 'object' || message === null) return [];
  const { v, start, minutes, channels, sources } = message as Readonly<Record<string, unknown>>;
  const names = Array.isArray(sources)
    ? sources.map((each) => String((each as { source?: unknown } | null)?.source))
    : [];
  return [
    ['version', JSON.stringify(v) ?? 'missing'],
    ['minutes', `${JSON.stringify(minutes) ?? 'missing'} from ${JSON.stringify(start) ?? 'missing'}`],
    ['channels', Array.isArray(channels) ? channels.join(', ') : 'missing'],
    ['sources', names.length > 0 ? names.join(', ') : 'none'],
  ];
};

const reprocessCommand = (quarantine: Command) =>
  quarantine
    .command('reprocess')
    .summary('puts quarantined messages back')
    .description(
      'Puts quarantined messages back on the stream as they were received. Remove the ' +
        'cause first, and wait a minute after `plan apply`. A message that fails again is ' +
        'in quarantine again, with its new reason.',
    )
    .argument('[record...]', 'ids of records, or how they begin; else give --code or --facility', recordIds)
    .addOption(codeOption())
    .option('--facility <name>', 'those of this facility', facilityName)
    .option('--since <time>', 'only from this day or time on, UTC', time)
    .addOption(mandatoryWhy())
    .addHelpText(
      'after',
      '\nExamples:\n  ew quarantine reprocess 3f2a9c0d11aa --why "plan corrected"\n' +
        '  ew quarantine reprocess --code UNKNOWN_SOURCE --why "source CT2 added"',
    )
    .action(async (ids: readonly string[] | undefined, options: FilterOptions & { why: string }, command: Command) => {
      const byFilter = options.code !== undefined || options.facility !== undefined;
      if ((ids ?? []).length === 0 && !byFilter) command.error('error: name records, or give --code or --facility');
      if ((ids ?? []).length > 0 && (byFilter || options.since !== undefined))
        command.error('error: name records, or give --code, --facility and --since: not both');
      const { deployment, out } = await openRun(command);
      const stop = stopSignal();
      const database = operatorDatabase(deployment);
      const store = dataApiReprocessing(database);
      const entries = byFilter
        ? await store.waiting(filterOf(options))
        : await Promise.all([...new Set(ids)].map((id) => theOne(database, id)));
      stop.throwIfAborted();
      const work = () =>
        reprocess(entries, {
          ask: recoveryOf(deployment, stop),
          mark: (marked) => markReprocessing(database.execute, marked, deployment.who),
          putBack: store.putBack,
          stop,
          progress: (done) => out.progress(`${done} of ${entries.length} records`),
        });
      const [first] = entries;
      const subject =
        entries.length === 1 ? first!.recordId : [options.facility, options.code].filter(Boolean).join(' ');
      const deed = {
        who: deployment.who,
        action: 'quarantine reprocess',
        subject: subject || `${entries.length} records`,
        why: options.why,
      };
      const before = {
        records: entries.length,
        ids: entries.slice(0, RECORDED_IDS).map(({ recordId: id }) => id.slice(0, SHORT_ID)),
      };
      const result =
        entries.length === 0
          ? await work()
          : await audited(database, deed, before, async () => {
              const done = await work();
              const { putBack, failures, notTried } = done;
              return { result: done, after: { putBack: putBack.length, failed: failures.length, notTried } };
            });
      out.answer(summary(result), { records: entries.length, ...result });
      if (stop.aborted) reportInterrupted();
      else if (result.failures.length > 0) endWithNo();
    });

const summary = ({ putBack, failures, notTried }: ReprocessResult): string[] => [
  ...failures.map(({ recordId: id, why }) => `not put back: ${id.slice(0, SHORT_ID)}: ${why}`),
  putBack.length + failures.length + notTried === 0
    ? 'nothing to put back'
    : `${putBack.length} record(s) back on the stream; one that fails again is in quarantine again`,
  ...(notTried > 0 ? [`${notTried} record(s) were not tried; repeat the command for them`] : []),
];
