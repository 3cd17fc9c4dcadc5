import { type Account, remembering } from './account.ts';
import { checkConcurrency } from './concurrency.ts';
import { checked, type Finding, ok } from './finding.ts';
import type { Planned } from './planned.ts';
import { checkIot, checkKms, checkServices } from './services.ts';
import { checkBootstrap, checkStacks } from './stacks.ts';
import { checkStreams } from './streams.ts';
import { checkTimestream } from './timestream.ts';

/** Everything that an account can have against the deployment, found before anything is made. It changes nothing. */
export const findingsOf = async (asked: Account, planned: Planned): Promise<readonly Finding[]> => {
  const account = remembering(asked);
  const { region } = account;
  let accountId = '';
  const credentials = await checked('credentials', region, async () => {
    const { account: id, arn } = await account.identity();
    accountId = id;
    return ok(`account ${id} in ${region}, as ${arn}`);
  });
  // Without credentials every other answer would be the same.
  if (credentials.some(({ state }) => state !== 'ok')) return credentials;

  const withTimestream = planned.types.some((type) => type.startsWith('AWS::Timestream::'));
  const answers = await Promise.all([
    checked('services', region, () => checkServices(account, planned)),
    checked('lambda quota', region, () => checkConcurrency(account, planned)),
    checked('kinesis shards', region, () => checkStreams(account, planned)),
    ...(withTimestream ? [checked('timestream', region, () => checkTimestream(account))] : []),
    checked('cdk bootstrap', region, () => checkBootstrap(account, planned, accountId)),
    checked('stacks', region, () => checkStacks(account, planned)),
    checked('iot core', region, () => checkIot(account)),
    checked('kms', region, () => checkKms(account, planned)),
  ]);
  return [...credentials, ...answers.flat()];
};

export const passed = (findings: readonly Finding[]): boolean => findings.every(({ state }) => state !== 'fail');
