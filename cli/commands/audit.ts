import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { dataApiAudit, sha256 } from '#adapters/data-api-audit';
import { CHAIN_START, type ChainEnd, chainFault } from '#core/audit/chain-fault';
import type { AuditEntry } from '#core/audit/entry';
import { count, time } from '../arguments.ts';
import { table } from '../output.ts';
import { endWithNo, openRun, operatorDatabase } from '../run.ts';
import { stopSignal } from '../stop.ts';

export const auditCommand = (program: Command): void => {
  const audit = program.command('audit').description('shows and verifies the record of every change by a person');
  listCommand(audit);
  verifyCommand(audit);
};

const what = ({ action, subject, outcome, why }: AuditEntry): string =>
  `${action} ${subject}${outcome === 'done' ? '' : ` (${outcome})`}${why === null ? '' : `: ${why}`}`;

const listCommand = (audit: Command) =>
  audit
    .command('list')
    .summary('lists changes, the newest first')
    .description('Lists changes, the newest first: who, when, what, to what, and why.')
    .option('--since <time>', 'not before this day or time, UTC', time)
    .option('--subject <subject>', 'only of this facility, serial number, record or outage')
    .option('--limit <count>', 'at most so many', count, 20)
    .addHelpText('after', '\nExample:\n  ew audit list --since 2026-01-01 --subject 7953')
    .action(async (options: { since?: string; subject?: string; limit: number }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const entries = await dataApiAudit(operatorDatabase(deployment)).newest({
        since: options.since ?? null,
        subject: options.subject ?? null,
        limit: options.limit,
      });
      const rows = entries.map((entry) => [
        String(entry.entry),
        `${entry.at.slice(0, 19)}Z`,
        `${what(entry)} (by ${entry.who})`,
      ]);
      out.answer(rows.length > 0 ? table(['ENTRY', 'AT', 'CHANGE'], rows) : ['no changes on record'], { entries });
    });

/** An entry that somebody has written down: `17:` and its hash. */
const noted = (text: string): ChainEnd => {
  const match = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text);
  if (!match) throw new InvalidArgumentError('expected ENTRY:HASH as `audit verify` prints it; the first entry is 1.');
  return { entry: Number(match[1]), hash: match[2]! };
};

interface Fault {
  readonly entry: number;
  readonly reason: string;
}

const verifyCommand = (audit: Command) =>
  audit
    .command('verify')
    .summary('verifies the chain of hashes')
    .description(
      'Walks the whole chain of hashes and names the first entry that does not fit. Keep ' +
        'the last entry and its hash elsewhere: with --noted it also shows that the trail ' +
        'was neither cut short nor written anew.',
    )
    .option('--noted <entry:hash>', 'an entry as printed before, which must still be there', noted)
    .addHelpText('after', '\nExample:\n  ew audit verify')
    .action(async (options: { noted?: ChainEnd }, command: Command) => {
      const { deployment, out } = await openRun(command);
      const stop = stopSignal();
      let end: ChainEnd = CHAIN_START;
      let fault: Fault | undefined;
      for await (const stored of dataApiAudit(operatorDatabase(deployment)).entries()) {
        stop.throwIfAborted();
        const reason = chainFault(end, stored, sha256);
        if (reason !== undefined) fault = { entry: stored.entry, reason };
        else if (options.noted?.entry === stored.entry && options.noted.hash !== stored.hash)
          fault = { entry: stored.entry, reason: `its hash is ${stored.hash}, not the one noted` };
        if (fault) break;
        end = stored;
        if (end.entry % 100 === 0) out.progress(`${end.entry} entries verified`);
      }
      if (!fault && options.noted && options.noted.entry > end.entry)
        fault = { entry: options.noted.entry, reason: 'it was noted and is gone: the trail was cut short' };
      if (fault) endWithNo();
      const { entry, hash } = end;
      out.answer(
        fault
          ? [`BROKEN at entry ${fault.entry}: ${fault.reason}`, `${entry} entries before it are intact`]
          : [`${entry} entries, the chain is intact`, ...(entry > 0 ? [`last: ${entry}:${hash}`] : [])],
        {
          intact: fault === undefined,
          entries: entry,
          last: entry > 0 ? `${entry}:${hash}` : null,
          fault: fault ?? null,
        },
      );
    });
