import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account, DeployedResource } from '../../cli/preflight/account.ts';

/** What AWS's SDK throws. */
export const awsError = (name: string, message: string, code?: string): Error =>
  Object.assign(new Error(message), { name, ...(code ? { code } : {}) });

export const denied = (action: string): Error =>
  awsError(
    'AccessDeniedException',
    `User: arn:aws:iam::123456789012:user/deployer is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
  );

/** An account without anything in it, of which nothing is refused; the CDK is prepared. */
export const emptyAccount = (answers: Partial<Account> = {}): Account => ({
  region: 'eu-central-1',
  identity: async () => ({ account: '123456789012', arn: 'arn:aws:iam::123456789012:user/deployer' }),
  concurrency: async () => ({ quota: 1000, unreserved: 1000 }),
  reservedBy: async () => 0,
  concurrencyRequest: async () => undefined,
  stack: async (name) =>
    name === 'CDKToolkit' ? { status: 'CREATE_COMPLETE', outputs: { BootstrapVersion: '28' }, tags: {} } : undefined,
  resourcesOf: async () => [],
  knowsType: async () => true,
  useTimestream: async () => {},
  iotEndpoint: async () => 'abc-ats.iot.eu-central-1.amazonaws.com',
  shards: async () => ({ open: 0, limit: 500 }),
  openShardsOf: async () => 0,
  keyState: async () => 'Enabled',
  useKms: async () => {},
  ...answers,
});

/** The account after a deployment of this assembly. */
export const deployedAccount = (
  assembly: string,
  stacks: readonly string[],
  answers: Partial<Account> = {},
  profile = 'small',
): Account => {
  const before = emptyAccount();
  const templateOf = (stack: string) =>
    JSON.parse(readFileSync(join(assembly, `${stack}.template.json`), 'utf8')) as {
      Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
    };
  const resourcesOf = async (stack: string): Promise<DeployedResource[]> =>
    Object.entries(templateOf(stack).Resources).map(([logicalId, { Type }]) => ({
      type: Type,
      logicalId,
      physicalId: `physical-${logicalId}`,
    }));
  const propertyOf = (physicalId: string, name: string): number => {
    const id = physicalId.replace('physical-', '');
    const found = stacks.map((stack) => templateOf(stack).Resources[id]).find((resource) => resource);
    return (found?.Properties?.[name] as number | undefined) ?? 0;
  };
  return emptyAccount({
    stack: async (name) =>
      stacks.includes(name) ? { status: 'UPDATE_COMPLETE', outputs: {}, tags: { profile } } : before.stack(name),
    resourcesOf,
    reservedBy: async (name) => propertyOf(name, 'ReservedConcurrentExecutions'),
    openShardsOf: async (name) => propertyOf(name, 'ShardCount'),
    ...answers,
  });
};
