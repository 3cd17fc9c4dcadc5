import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { iamCommand } from '#cli/commands/iam';
import { IAM_USAGE_FILE, type IamUsage } from '#cli/iam-usage';
import { temporaryFolder } from '../local/temporary.ts';

const HOLDER = 'arn:aws:iam::000000000000:role/App-Role';
const grant = (action: string, uses: number) => ({
  holder: HOLDER,
  policy: 'App/Policy',
  statement: 0,
  action,
  resource: '*',
  uses,
});

/** What the command prints, and its exit code. */
const unused = async (dataDir: string, ...options: readonly string[]) => {
  const program = new Command('ew').option('--local').option('--data-dir <dir>').option('--json').exitOverride();
  iamCommand(program);
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  await program.parseAsync(['iam', 'unused', '--data-dir', dataDir, ...options], { from: 'user' });
  return { text, exitCode: process.exitCode };
};

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const recorded = (usage: unknown): string => {
  const dataDir = temporaryFolder();
  writeFileSync(join(dataDir, IAM_USAGE_FILE), JSON.stringify(usage));
  return dataDir;
};

describe('ew iam unused', () => {
  const usage: IamUsage = {
    v: 1,
    grants: [grant('kinesis:PutRecords', 12), grant('kinesis:DeleteStream', 0), grant('kinesis:DeleteStream', 0)],
    refusals: [{ caller: HOLDER, action: 's3:DeleteObject', resource: 'arn:aws:s3:::landing/a', times: 3 }],
  };

  it('lists permissions that no local run has used and what was refused, and answers no', async () => {
    const { text, exitCode } = await unused(recorded(usage), '--local');
    expect(text).toBe(
      [
        '1 of 3 permissions were used, 2 never.',
        '',
        'never used:',
        '  role/App-Role',
        '    kinesis:DeleteStream on *',
        '',
        'refused:',
        '  role/App-Role',
        '    s3:DeleteObject on landing/a, 3 time(s)',
        '',
      ].join('\n'),
    );
    expect(exitCode).toBe(1);
  });

  it('answers yes when every permission was used', async () => {
    const { text, exitCode } = await unused(
      recorded({ v: 1, grants: [grant('kinesis:PutRecords', 1)], refusals: [] }),
      '--local',
    );
    expect(text).toBe('1 of 1 permissions were used, 0 never.\n');
    expect(exitCode).toBeUndefined();
  });

  it('gives programs the whole entries', async () => {
    const { text } = await unused(recorded(usage), '--local', '--json');
    expect(JSON.parse(text)).toEqual({ unused: usage.grants.slice(1), refusals: usage.refusals });
  });

  it('says what to do when nothing was recorded, by another version, or asked of AWS', async () => {
    await expect(unused(temporaryFolder(), '--local')).rejects.toThrow(/no local cloud has run with the data folder/);
    await expect(unused(recorded({ v: 2 }), '--local')).rejects.toThrow(/start the local cloud once/);
    await expect(unused(recorded(usage))).rejects.toThrow(/add --local/);
  });
});
