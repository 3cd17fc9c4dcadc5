import { type Account, deployedResources } from './account.ts';
import { fail, ok, warn } from './finding.ts';
import type { Planned } from './planned.ts';

const AT_A_TIME = 5;

/** Whether the region offers what the templates are made of. */
export const checkServices = async (account: Account, { types }: Planned) => {
  const unknown: string[] = [];
  for (let i = 0; i < types.length; i += AT_A_TIME) {
    const some = types.slice(i, i + AT_A_TIME);
    const known = await Promise.all(some.map((type) => account.knowsType(type)));
    unknown.push(...some.filter((_, j) => !known[j]));
  }
  if (unknown.length === 0) return ok(`${services(types).length} services, all known in ${account.region}`);
  const missing = services(unknown).filter((service) =>
    types.filter((type) => type.startsWith(`${service}::`)).every((type) => unknown.includes(type)),
  );
  if (missing.length > 0)
    return fail(`${account.region} does not offer ${missing.join(', ')}`, 'choose another region: --region us-east-1');
  return warn(
    `CloudFormation does not know ${unknown.join(', ')} in ${account.region}`,
    'look it up in the AWS documentation of the region before you deploy',
  );
};

const services = (types: readonly string[]): string[] => [
  ...new Set(types.map((type) => type.split('::').slice(0, 2).join('::'))),
];

/** Whether IoT Core is there: agents connect to this host. */
export const checkIot = async (account: Account) => ok(`edge agents connect to ${await account.iotEndpoint()}`);

/** Whether KMS is there, and the keys of a deployment that exists can be used: without them its data cannot be read. */
export const checkKms = async (account: Account, { stacks }: Planned) => {
  await account.useKms();
  const keys = (await deployedResources(account, stacks)).filter(({ type }) => type === 'AWS::KMS::Key');
  for (const { stack, logicalId, physicalId } of keys) {
    const state = await account.keyState(physicalId);
    const enable = `aws kms enable-key --key-id ${physicalId} --region ${account.region}`;
    if (state === 'PendingDeletion')
      return fail(
        `key ${logicalId} of ${stack} is about to be deleted, and with it all that it encrypts`,
        `aws kms cancel-key-deletion --key-id ${physicalId} --region ${account.region}\n${enable}`,
      );
    if (state !== 'Enabled') return fail(`key ${logicalId} of ${stack} is ${state}`, enable);
  }
  return ok(keys.length > 0 ? `${keys.length} keys are enabled` : 'keys can be made');
};
