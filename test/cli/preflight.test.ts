import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Account } from '../../cli/preflight/account.ts';
import { findingsOf, passed } from '../../cli/preflight/checks.ts';
import { contextFor, givenContext, regionOf, SIZES } from '../../cli/preflight/choices.ts';
import { type Planned, plannedIn } from '../../cli/preflight/planned.ts';
import { reportOf } from '../../cli/preflight/report.ts';
import { synthesise } from '../../cli/preflight/synthesise.ts';
import { PROFILE_NAMES } from '../../lib/environments.ts';
import { assembled } from './assembled.ts';
import { awsError, denied, deployedAccount, emptyAccount } from './fake-account.ts';

const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-preflight-'));
afterAll(() => rmSync(folder, { recursive: true }));
const small = assembled(join(folder, 'small'));
const aurora = assembled(join(folder, 'aurora'), { timeSeriesStore: 'aurora' });
const large = assembled(join(folder, 'large'), { profile: 'large' });
const planned = plannedIn(small);

const answer = async (check: string, account: Account, plan = planned) =>
  (await findingsOf(account, plan)).filter((finding) => finding.check === check);

describe('what is about to be deployed', () => {
  it('is read from the templates: stacks, reserved executions, shards, and what must be known in the region', () => {
    expect(planned.stacks).toEqual([
      'EmissionWatch-TimeSeries',
      'EmissionWatch-Storage',
      'EmissionWatch-Ingest',
      'EmissionWatch-Processing',
      'EmissionWatch-Reporting',
      'EmissionWatch-Api',
      'EmissionWatch-Observability',
    ]);
    expect(planned.reserved).toBeGreaterThan(6);
    expect(planned.streams.map(({ shards }) => shards)).toEqual([1, 1, 1]);
    expect(planned.bootstrapVersion).toBeGreaterThanOrEqual(6);
    expect(planned.types).toContain('AWS::Timestream::Table');
    expect(planned.types.join()).not.toContain('Custom::');
  });

  it('is that of the profile and of the time-series store that were asked for', () => {
    expect(plannedIn(large).streams.map(({ shards }) => shards)).toEqual([2, 2, 2]);
    expect(plannedIn(aurora).types.filter((type) => type.includes('Timestream'))).toEqual([]);
  });

  it('is what the app makes when it is run as the CDK runs it', async () => {
    const outdir = join(folder, 'run');
    await synthesise('.', outdir, ['profile=large', 'timeSeriesStore=aurora']);
    const [stream] = plannedIn(outdir).streams;
    expect([plannedIn(outdir).stacks.length, stream!.shards]).toEqual([6, 2]);
  }, 120_000);

  it('a profile that does not exist is answered with those that do', async () => {
    await expect(synthesise('.', join(folder, 'huge'), ['profile=huge'])).rejects.toThrow(
      'the CDK app cannot be made: unknown profile "huge": choose one of small, medium, large, xl',
    );
  });
});

describe('an account that is ready', () => {
  it('passes every check', async () => {
    const findings = await findingsOf(emptyAccount(), planned);
    expect(findings.map(({ check, state }) => [check, state])).toEqual([
      ['credentials', 'ok'],
      ['services', 'ok'],
      ['lambda quota', 'ok'],
      ['kinesis shards', 'ok'],
      ['timestream', 'ok'],
      ['cdk bootstrap', 'ok'],
      ['stacks', 'ok'],
      ['iot core', 'ok'],
      ['kms', 'ok'],
    ]);
    expect(passed(findings)).toBe(true);
    expect(reportOf(findings).at(-1)).toBe('ready to deploy');
  });

  it('passes again when it has been deployed to', async () => {
    const findings = await findingsOf(deployedAccount(small, planned.stacks), planned);
    expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect(findings.find(({ check }) => check === 'stacks')?.finding).toBe('7 stacks can be changed');
  });
});

describe('concurrent executions of Lambda', () => {
  const reserved = () => planned.reserved;

  it('a new account has too few, and is told the command that asks for more', async () => {
    const [finding] = await answer(
      'lambda quota',
      emptyAccount({ concurrency: async () => ({ quota: 10, unreserved: 10 }) }),
    );
    expect(finding).toEqual({
      check: 'lambda quota',
      state: 'fail',
      finding: `10 concurrent executions, but ${reserved() + 100} are needed: ${reserved()} are reserved here, 100 must stay free`,
      wayOut:
        'aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000 --region eu-central-1',
    });
  });

  it.each([
    { quota: -1, state: 'fail' },
    { quota: 0, state: 'ok' },
    { quota: 1, state: 'ok' },
  ])('exactly what is reserved and the 100 that must stay free are enough ($quota)', async ({ quota, state }) => {
    const exactly = reserved() + 100 + quota;
    const account = emptyAccount({ concurrency: async () => ({ quota: exactly, unreserved: exactly }) });
    expect((await answer('lambda quota', account))[0]!.state).toBe(state);
  });

  it('counts what other functions of the account reserve', async () => {
    const account = emptyAccount({ concurrency: async () => ({ quota: 1000, unreserved: 1000 - 895 }) });
    const [finding] = await answer('lambda quota', account);
    expect(finding).toMatchObject({ state: 'fail', wayOut: expect.stringContaining('--desired-value 1100 ') });
    expect(finding!.finding).toContain('895 by other functions of the account');
  });

  it('does not count twice what is deployed already', async () => {
    const account = deployedAccount(small, planned.stacks, {
      concurrency: async () => ({ quota: reserved() + 100, unreserved: 100 }),
    });
    expect((await answer('lambda quota', account))[0]!.state).toBe('ok');
  });

  it('says so when the request has been made and is still being looked at', async () => {
    const account = emptyAccount({
      concurrency: async () => ({ quota: 10, unreserved: 10 }),
      concurrencyRequest: async () => ({ desired: 1000, status: 'CASE_OPENED' }),
    });
    const [finding] = await answer('lambda quota', account);
    expect(finding!.finding).toContain('1000 have been asked for (CASE_OPENED)');
    expect(finding!.wayOut).toBe('wait until AWS has granted it');
  });
});

describe('Timestream', () => {
  const refusing = (error: Error) =>
    emptyAccount({
      useTimestream: async () => {
        throw error;
      },
    });

  it('closed to new customers: says what to set', async () => {
    const closed = awsError(
      'AccessDeniedException',
      'Only existing Timestream for LiveAnalytics customers can access the service. Reach out to AWS support, for more information.',
    );
    expect(await answer('timestream', refusing(closed))).toEqual([
      {
        check: 'timestream',
        state: 'fail',
        finding: 'closed to this account: AWS takes no new customers of Timestream for LiveAnalytics',
        wayOut: 'deploy without it: -c timeSeriesStore=aurora (the minutes are in the database in any case)',
      },
    ]);
  });

  it('a missing permission is not taken for a closed service, though the error has the same name', async () => {
    const [finding] = await answer('timestream', refusing(denied('timestream:DescribeEndpoints')));
    expect(finding).toMatchObject({ state: 'warn' });
    expect(finding!.finding).toContain('not authorized to perform: timestream:DescribeEndpoints');
    expect(finding!.wayOut).toContain('-c timeSeriesStore=aurora');
  });

  it('a region without it is told apart as well', async () => {
    const nowhere = awsError('Error', 'getaddrinfo ENOTFOUND ingest.timestream.eu-north-1.amazonaws.com', 'ENOTFOUND');
    const [finding] = await answer('timestream', refusing(nowhere));
    expect(finding).toMatchObject({
      state: 'fail',
      finding: expect.stringContaining('eu-central-1 has no Timestream'),
    });
  });

  it('is not asked about when it is not deployed', async () => {
    const account = refusing(new Error('must not be asked'));
    expect(await answer('timestream', account, plannedIn(aurora))).toEqual([]);
    expect(passed(await findingsOf(account, plannedIn(aurora)))).toBe(true);
  });
});

describe('stacks', () => {
  const inState = (status: string) => {
    const before = emptyAccount();
    return emptyAccount({
      stack: async (name) =>
        name === 'EmissionWatch-Storage' ? { status, outputs: {}, tags: {} } : before.stack(name),
    });
  };

  it.each([
    ['UPDATE_COMPLETE', 'ok', undefined],
    ['REVIEW_IN_PROGRESS', 'ok', undefined],
    ['UPDATE_ROLLBACK_COMPLETE', 'warn', 'describe-stack-events'],
    [
      'UPDATE_ROLLBACK_FAILED',
      'fail',
      'aws cloudformation continue-update-rollback --stack-name EmissionWatch-Storage',
    ],
    ['ROLLBACK_COMPLETE', 'fail', 'aws cloudformation delete-stack --stack-name EmissionWatch-Storage'],
    ['UPDATE_IN_PROGRESS', 'fail', 'wait until that has ended'],
    ['DELETE_FAILED', 'fail', '--no-enable-termination-protection'],
  ])('that is %s: %s, way out %s', async (status, state, wayOut) => {
    const [finding] = await answer('stacks', inState(status));
    expect(finding!.state).toBe(state);
    if (wayOut) expect(finding!.wayOut).toContain(wayOut);
  });

  it('need the CDK’s bootstrap, of the version that the templates ask for', async () => {
    const none = emptyAccount({ stack: async () => undefined });
    expect(await answer('cdk bootstrap', none)).toEqual([
      {
        check: 'cdk bootstrap',
        state: 'fail',
        finding: 'the CDK has not been prepared for eu-central-1',
        wayOut: 'npx cdk bootstrap aws://123456789012/eu-central-1',
      },
    ]);
    const old = emptyAccount({
      stack: async (name) =>
        name === 'CDKToolkit' ? { status: 'CREATE_COMPLETE', outputs: { BootstrapVersion: '5' }, tags: {} } : undefined,
    });
    expect((await answer('cdk bootstrap', old))[0]).toMatchObject({ state: 'fail' });
  });
});

describe('streams', () => {
  const xl: Planned = { ...plan([]), streams: [{ stack: 'EmissionWatch-Storage', logicalId: 'A', shards: 8 }] };
  const withShards = (open: number, account: Partial<Account> = {}) =>
    emptyAccount({
      stack: async () => ({ status: 'UPDATE_COMPLETE', outputs: { BootstrapVersion: '28' }, tags: {} }),
      resourcesOf: async () => [{ type: 'AWS::Kinesis::Stream', logicalId: 'A', physicalId: 'measurements' }],
      openShardsOf: async () => open,
      shards: async () => ({ open, limit: 500 }),
      ...account,
    });

  it('from 2 shards to 8 go by way of 4, because Kinesis at most doubles', async () => {
    const [finding] = await answer('kinesis shards', withShards(2), xl);
    expect(finding).toMatchObject({
      state: 'fail',
      finding: 'measurements has 2 shards and cannot get 8 in one step',
      wayOut: expect.stringContaining(
        '--stream-name measurements --target-shard-count 4 --scaling-type UNIFORM_SCALING',
      ),
    });
    expect((await answer('kinesis shards', withShards(4), xl))[0]!.state).toBe('ok');
  });

  it('and back by way of half', async () => {
    const small: Planned = { ...xl, streams: [{ ...xl.streams[0]!, shards: 1 }] };
    expect((await answer('kinesis shards', withShards(8), small))[0]!.wayOut).toContain('--target-shard-count 4');
    expect((await answer('kinesis shards', withShards(2), small))[0]!.state).toBe('ok');
  });

  it('must fit into what the account may have', async () => {
    const full = withShards(8, { shards: async () => ({ open: 20, limit: 19 }) });
    expect((await answer('kinesis shards', full, xl))[0]).toMatchObject({ state: 'fail' });
  });
});

describe('services of the region', () => {
  it('one that is missing as a whole stops the deployment', async () => {
    const account = emptyAccount({ knowsType: async (type) => !type.startsWith('AWS::IoT::') });
    expect((await answer('services', account))[0]).toMatchObject({
      state: 'fail',
      finding: 'eu-central-1 does not offer AWS::IoT',
    });
  });

  it('a single type that CloudFormation does not list is worth a look', async () => {
    const account = emptyAccount({ knowsType: async (type) => type !== 'AWS::IoT::ThingType' });
    expect((await answer('services', account))[0]).toMatchObject({
      state: 'warn',
      finding: expect.stringContaining('AWS::IoT::ThingType'),
    });
  });

  it('a key that waits for its deletion would take the data with it', async () => {
    const account = deployedAccount(small, planned.stacks, { keyState: async () => 'PendingDeletion' });
    expect((await answer('kms', account))[0]).toMatchObject({
      state: 'fail',
      wayOut: expect.stringContaining('aws kms cancel-key-deletion --key-id physical-'),
    });
  });
});

describe('what cannot be asked', () => {
  it('without credentials nothing else is asked', async () => {
    const account = emptyAccount({
      identity: async () => {
        throw awsError('CredentialsProviderError', 'Could not load credentials from any providers');
      },
      concurrency: () => Promise.reject(new Error('must not be asked')),
    });
    const findings = await findingsOf(account, planned);
    expect(findings.map(({ check, state }) => [check, state])).toEqual([['credentials', 'fail']]);
    expect(findings[0]!.wayOut).toContain('aws sts get-caller-identity');
  });

  it('a permission that is missing is a warning, since the deployment itself uses the CDK’s roles', async () => {
    const account = emptyAccount({
      concurrency: async () => {
        throw denied('lambda:GetAccountSettings');
      },
    });
    const findings = await findingsOf(account, planned);
    expect(findings.find(({ check }) => check === 'lambda quota')).toMatchObject({ state: 'warn' });
    expect(passed(findings)).toBe(true);
    expect(reportOf(findings).at(-1)).toBe('ready to deploy; 1 of 9 checks want a look');
  });

  it('anything else that AWS answers is quoted', async () => {
    const account = emptyAccount({
      iotEndpoint: async () => {
        throw awsError('InternalFailureException', 'An unexpected error has occurred.');
      },
    });
    expect((await answer('iot core', account))[0]).toMatchObject({
      state: 'fail',
      finding: 'AWS answers InternalFailureException: An unexpected error has occurred.',
    });
  });
});

describe('the report', () => {
  it('is a line for each check, with the way out below it', async () => {
    const findings = await findingsOf(
      emptyAccount({ concurrency: async () => ({ quota: 10, unreserved: 10 }) }),
      planned,
    );
    const lines = reportOf(findings);
    expect(lines[0]).toBe('ok    credentials     account 123456789012 in eu-central-1, as');
    expect(lines).toContainEqual(expect.stringMatching(/^fail {2}lambda quota {4}10 concurrent executions/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {22}-> aws service-quotas request-service-quota-increase \\$/),
    );
    expect(lines.at(-1)).toBe('1 of 9 checks failed: a deployment would not succeed');
  });

  it('has lines of 80 columns; a command goes on over them as a shell takes it', () => {
    const command = 'aws kms enable-key --key-id 1234abcd-12ab-34cd-56ef-1234567890ab --region eu-central-1';
    const wayOut = `look first at what the key is for and at who has made it inactive:\n${command}`;
    const lines = reportOf([{ check: 'kms', state: 'fail', finding: 'a key is inactive', wayOut }]);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    const text = lines.join('\n');
    expect(text.slice(text.indexOf('aws'), text.indexOf('\n\n')).replaceAll(/ \\\n +/g, ' ')).toBe(command);
  });
});

describe('choices', () => {
  it('of the profile are those that the CDK app knows', () => expect(SIZES).toEqual(PROFILE_NAMES));

  it('the region is the one given, else the one that the AWS CLI would take', async () => {
    const env = { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' };
    expect(await regionOf({ region: 'eu-north-1' }, env)).toBe('eu-north-1');
    expect(await regionOf({}, env)).toBe('eu-west-1');
    expect(await regionOf({}, { AWS_DEFAULT_REGION: 'eu-west-2' })).toBe('eu-west-2');
  });

  it('reach the CDK app as context', () => {
    expect(givenContext({ profile: 'large', context: ['timeSeriesStore=aurora'] })).toEqual([
      'profile=large',
      'timeSeriesStore=aurora',
    ]);
  });

  it('what is deployed keeps its profile and its time-series store unless told otherwise', async () => {
    const existing = deployedAccount(large, plannedIn(large).stacks, {}, 'large');
    const without = deployedAccount(aurora, plannedIn(aurora).stacks, {}, 'medium');
    expect(await contextFor(emptyAccount(), { context: [] })).toEqual([]);
    expect(await contextFor(existing, { context: [] })).toEqual(['profile=large', 'timeSeriesStore=timestream']);
    expect(await contextFor(without, { context: [] })).toEqual(['profile=medium', 'timeSeriesStore=aurora']);
    expect(await contextFor(existing, { profile: 'xl', context: [] })).toEqual([
      'timeSeriesStore=timestream',
      'profile=xl',
    ]);
    expect(await contextFor(existing, { context: ['timeSeriesStore=aurora'] })).toEqual([
      'profile=large',
      'timeSeriesStore=aurora',
    ]);
  });

  it.each([
    [['--profile'], 'argument missing'],
    [['-c', 'aurora'], 'expected KEY=VALUE'],
    [['--fast'], 'unknown option'],
  ])('%s is wrong usage: exit code 2', async (args, message) => {
    const ended = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
      execFile(process.execPath, ['cli/preflight.ts', ...args], (error, _, stderr) =>
        resolve({ code: error?.code, stderr }),
      ),
    );
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(message);
  });
});

function plan(types: readonly string[]): Planned {
  return { stacks: ['EmissionWatch-Storage'], bootstrapVersion: 6, types, reserved: 9, streams: [] };
}
