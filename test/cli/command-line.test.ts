import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, CommanderError } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { ewProgram } from '../../cli/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ew = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const { AWS_REGION: _, AWS_DEFAULT_REGION: __, AWS_PROFILE: ___, ...rest } = process.env;
  const none = join(folder, 'none');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['cli/main.ts', ...args], {
    encoding: 'utf8',
    env: {
      ...rest,
      AWS_CONFIG_FILE: none,
      AWS_SHARED_CREDENTIALS_FILE: none,
      AWS_EC2_METADATA_DISABLED: 'true',
      ...env,
    },
  });
  // A sentence may break over lines.
  return { status, stdout, said: stderr.replaceAll('\n', ' ') };
};

/** Every command that does something, by its name. */
const commands = (command: Command, path: readonly string[] = []): [string, Command][] =>
  command.commands
    .filter((each) => each.name() !== 'help')
    .flatMap((each) => {
      const name = [...path, each.name()];
      return each.commands.length > 0 ? commands(each, name) : [[name.join(' '), each] as [string, Command]];
    });

const helpOf = (command: Command): string => {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
};

describe('every command', () => {
  const all = commands(ewProgram());

  it('is there', () => {
    expect(all.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'facility add',
        'facility list',
        'plan check',
        'plan apply',
        'plan show',
        'device register',
        'device list',
        'device show',
        'device revoke',
        'device rotate',
        'device claim',
        'device claims',
        'device claim-revoke',
        'edge provision',
        'outage declare',
        'outage list',
        'outage withdraw',
        'redrive',
        'quarantine list',
        'quarantine show',
        'quarantine reprocess',
        'audit list',
        'audit verify',
      ]),
    );
  });

  it.each(all)('%s explains itself with an example, in 80 columns and without colour', (name, command) => {
    const help = helpOf(command);
    expect(help).toContain(`Usage: ew ${name}`);
    expect(help).toMatch(/\nExamples?:\n {2}(npm run -s ew -- |ew )/);
    expect(help).toContain('--json');
    expect(help).not.toContain('\u001b');
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('has a summary that says what it does, and a description that commander may wrap', () => {
    for (const [name, command] of all) {
      expect([name, command.summary()]).toEqual([name, expect.stringMatching(/^[a-z]+s [^.\n]+[^.]$/)]);
      for (const text of [command.description(), ...command.options.map(({ description }) => description)])
        expect([name, text]).toEqual([name, expect.not.stringContaining('\n')]);
    }
  });

  it('is in the overview with a line of its own', () => {
    const help = helpOf(ewProgram());
    expect(help).toContain('redrive [options]  puts failed messages and batches back');
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});

/** As `ew` does it, in this process: a wrong command line comes to nothing else. */
const refusal = async (args: readonly string[]): Promise<string> => {
  let said = '';
  const program = ewProgram();
  const quiet = (command: Command) => {
    command.configureOutput({
      writeErr: (text) => {
        said += text;
      },
    });
    command.commands.forEach(quiet);
  };
  quiet(program);
  await expect(program.parseAsync(args, { from: 'user' })).rejects.toBeInstanceOf(CommanderError);
  expect(said.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(said).toContain('--help');
  return said.replaceAll('\n', ' ');
};

describe('the command', () => {
  it('says its version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(ew(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, said: '' });
  });

  it('ends quietly when nobody reads on', () => {
    const { stderr } = spawnSync('sh', ['-c', `'${process.execPath}' cli/main.ts --help | true`], { encoding: 'utf8' });
    expect(stderr).toBe('');
  });

  it('takes files from where npm was called', () => {
    writeFileSync(join(folder, 'here.plan.json'), '{}');
    const { status, stdout } = ew(['plan', 'check', 'here.plan.json'], { INIT_CWD: folder });
    expect({ status, stdout }).toEqual({ status: 1, stdout: expect.stringContaining('here.plan.json has') });
  });

  it('looks whether a certificate could be written before it asks for one', () => {
    const { status, said } = ew(['data', 'verify-continuity', '--certificate', '/nowhere/q1.json', '--local']);
    expect(said).toMatch(/cannot write the certificate to \/nowhere\/q1\.json \(ENOENT/);
    expect(status).toBe(1);
  });
});

describe('a wrong command line is refused with what was expected', () => {
  it('ends with 2, and says nothing on standard output', () => {
    const { status, stdout, said } = ew(['--local', '--data-dir', folder, 'nonsense']);
    expect(said).toMatch(/unknown command 'nonsense'/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it.each([
    [['device', 'register', 'RPI4-0021'], /required option '--facility <name>' not specified/],
    [['device', 'register', '-', '--facility', '3'], /expected 3 to 64 letters, digits and -/],
    [['device', 'register', 'RPI4-0021', '--facility', '3', '--thing', 'claim-x'], /not beginning with claim-/],
    [['device', 'revoke', 'RPI4-0021'], /required option '--why <reason>' not specified/],
    [['device', 'revoke', 'RPI4-0021', '--why', ' '], /expected a reason in one line/],
    [['facility', 'add', 'a b'], /expected a name of up to 32 letters/],
    [['facility', 'add', '3', '--utc-offset', '900'], /from -720 to 840 minutes, got 900/],
    [['outage', 'withdraw', 'x', '--why', 'w'], /expected a whole number/],
    [['redrive', '--prefix', 'all'], /Allowed choices are iot-failed, batches/],
    [['redrive', '--since', '2026-02-30'], /expected a day or time in UTC such as/],
    [['quarantine', 'list', '--limit', '501'], /--limit is at most 500/],
    [['quarantine', 'list', '--code', 'BAD'], /Allowed choices are BAD_ENVELOPE/],
    [['quarantine', 'reprocess', '--why', 'w'], /name records, or give --code or --facility/],
    [['quarantine', 'reprocess', 'abcdef', '--code', 'FUTURE', '--why', 'w'], /not both/],
    [['audit', 'verify', '--noted', '17'], /expected ENTRY:HASH/],
    [['audit', 'list', '--region', 'eu-west-1'], /--region is of AWS: leave it out with --local/],
  ])('%j', async (args, expected) => {
    expect(await refusal(['--local', '--data-dir', folder, ...args])).toMatch(expected);
  });

  it.each([
    [['--from', '2026-02-30T00:00Z', '--until', '2026-03-01T00:00Z'], /expected a UTC minute/],
    [['--from', '2026-03-02T00:00Z', '--until', '2026-03-01T00:00Z'], /--until must be later than --from/],
    [['--from', '2026-03-02T00:00Z', '--until', '2028-03-01T00:00Z'], /at most 366 days/],
  ])('outage declare %j', async (range, expected) => {
    expect(await refusal(['outage', 'declare', '--facility', '3', '--why', 'w', ...range])).toMatch(expected);
  });
});

describe('without a deployment a command ends with 1 and says what to do', () => {
  it('when no local cloud runs', () => {
    const { status, said } = ew(['--local', '--data-dir', folder, 'audit', 'list']);
    expect(said).toMatch(
      /no local cloud runs in .*: start one with `npm start`, or name the data folder .* --data-dir/,
    );
    expect(status).toBe(1);
  });

  it('when the local cloud ended without cleaning up', () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const cloud = {
      v: 1,
      pid: gone,
      region: 'us-east-1',
      endpoints: {},
      iot: { host: '', port: 1, caFile: '', claimCertificateFile: '', claimKeyFile: '' },
      outputs: {},
      credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
    };
    const dataDir = mkdtempSync(join(folder, 'gone-'));
    writeFileSync(join(dataDir, 'cloud.json'), JSON.stringify(cloud));
    const { status, said } = ew(['--local', '--data-dir', dataDir, 'audit', 'list']);
    expect(said).toMatch(/has ended without cleaning up \(process \d+ is gone\).*`npm start -- --data-dir .*gone-/);
    expect(status).toBe(1);
  });

  it('when cloud.json is of another release', () => {
    const dataDir = mkdtempSync(join(folder, 'other-'));
    writeFileSync(join(dataDir, 'cloud.json'), '{"v":2}');
    expect(ew(['--local', '--data-dir', dataDir, 'audit', 'list']).said).toMatch(/is not what this release writes/);
  });

  it('when there is no AWS region', () => {
    const { status, said } = ew(['audit', 'list']);
    expect(said).toMatch(/no AWS region: give --region, or set AWS_REGION.*; for a local cloud give --local/);
    expect(status).toBe(1);
  });

  it('when there are no AWS credentials', () => {
    const { status, said } = ew(['audit', 'list'], { AWS_REGION: 'us-east-1' });
    expect(said).toMatch(/no AWS credentials: sign in with `aws sso login`/);
    expect(status).toBe(1);
    const { said: named } = ew(['audit', 'list', '--region', 'us-east-1'], { AWS_PROFILE: 'nope' });
    expect(named).toMatch(/no AWS credentials of profile nope: sign in/);
  });

  it('when the folder of the local cloud belongs to somebody else', (context) => {
    if (process.getuid?.() === 0) context.skip('root may read every file');
    const dataDir = mkdtempSync(join(folder, 'theirs-'));
    writeFileSync(join(dataDir, 'cloud.json'), '{}', { mode: 0 });
    expect(ew(['--local', '--data-dir', dataDir, 'audit', 'list']).said).toMatch(/EACCES.*run as its owner/);
  });
});
