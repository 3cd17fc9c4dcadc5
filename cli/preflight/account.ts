/** What the preflight asks of an AWS account in one region. Every question may throw the error of AWS's SDK. */
export interface Account {
  readonly region: string;
  identity(): Promise<{ readonly account: string; readonly arn: string }>;
  /** Concurrent executions of functions: the account's quota, and how much of it no function has reserved. */
  concurrency(): Promise<{ readonly quota: number; readonly unreserved: number }>;
  /** Concurrent executions that a function has reserved. */
  reservedBy(functionName: string): Promise<number>;
  /** The latest request for a higher quota of concurrent executions. */
  concurrencyRequest(): Promise<{ readonly desired: number; readonly status: string } | undefined>;
  /** A stack by its name; undefined when there is none. */
  stack(name: string): Promise<DeployedStack | undefined>;
  resourcesOf(stack: string): Promise<readonly DeployedResource[]>;
  /** Whether CloudFormation can make resources of this type in the region. */
  knowsType(type: string): Promise<boolean>;
  /** Asks Timestream for LiveAnalytics for its endpoints, which it tells only to its customers. */
  useTimestream(): Promise<void>;
  /** The host that edge agents connect to. */
  iotEndpoint(): Promise<string>;
  shards(): Promise<{ readonly open: number; readonly limit: number }>;
  openShardsOf(stream: string): Promise<number>;
  /** State of a KMS key, `Enabled` when all is well. */
  keyState(key: string): Promise<string>;
  /** Asks KMS for any key. */
  useKms(): Promise<void>;
}

export interface DeployedStack {
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface DeployedResource {
  readonly type: string;
  readonly logicalId: string;
  readonly physicalId: string;
}

/** What exists already of these stacks. */
export const deployedResources = async (
  account: Account,
  stacks: readonly string[],
): Promise<readonly (DeployedResource & { readonly stack: string })[]> => {
  const found = [];
  for (const stack of stacks)
    if (await account.stack(stack))
      found.push(...(await account.resourcesOf(stack)).map((resource) => ({ stack, ...resource })));
  return found;
};

/** The same account, asked once for each stack: several checks want to know. */
export const remembering = (account: Account): Account => {
  const once = <T>(ask: (name: string) => Promise<T>) => {
    const answers = new Map<string, Promise<T>>();
    return (name: string): Promise<T> => {
      const answer = answers.get(name) ?? ask(name);
      answers.set(name, answer);
      return answer;
    };
  };
  return { ...account, stack: once(account.stack), resourcesOf: once(account.resourcesOf) };
};
