import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GrantUse, IAM_USAGE_FILE, type IamUsage, iamUsage } from '#cli/iam-usage';

/** One permission of a policy, for one of those who hold it. */
export type GrantName = Omit<GrantUse, 'uses'>;

export interface Usage {
  /** Adds one use of each of these grants. */
  used(grant: Counter): void;
  counterOf(grant: GrantName): Counter;
  refused(refusal: { readonly caller: string; readonly action: string; readonly resource: string }): void;
  /** Of this run and those before. */
  report(): IamUsage;
  /** Writes the report into the data folder, when anything happened since it was last written. */
  write(): void;
}

export interface Counter {
  uses: number;
}

const MOST_REFUSALS = 1000;
const keyOf = ({ holder, policy, statement, action, resource }: GrantName) =>
  JSON.stringify([holder, policy, statement, action, resource]);

/** Counts over all runs with one data folder which grants of the templates were used, and what was refused. */
export const openUsage = (dataDir: string | undefined, granted: readonly GrantName[]): Usage => {
  const file = dataDir === undefined ? undefined : join(dataDir, IAM_USAGE_FILE);
  const earlier = file === undefined ? undefined : readUsage(file);
  const before = new Map(earlier?.grants.map((grant) => [keyOf(grant), grant.uses]));
  const counters = new Map(granted.map((grant) => [keyOf(grant), { grant, uses: before.get(keyOf(grant)) ?? 0 }]));
  const refusals = new Map(
    earlier?.refusals.map((one) => [JSON.stringify([one.caller, one.action, one.resource]), one]),
  );
  let changed = true;

  const report = (): IamUsage => ({
    v: 1,
    grants: [...counters.values()].map(({ grant, uses }) => ({ ...grant, uses })),
    refusals: [...refusals.values()],
  });

  return {
    used: (counter) => {
      counter.uses++;
      changed = true;
    },
    counterOf: (grant) => {
      const counter = counters.get(keyOf(grant));
      if (!counter) throw new Error(`no template grants ${keyOf(grant)}`);
      return counter;
    },
    refused: ({ caller, action, resource }) => {
      const key = JSON.stringify([caller, action, resource]);
      const known = refusals.get(key);
      if (known || refusals.size < MOST_REFUSALS) {
        refusals.set(key, { caller, action, resource, times: (known?.times ?? 0) + 1 });
        changed = true;
      }
    },
    report,
    write: () => {
      if (file === undefined || !changed) return;
      changed = false;
      writeFileSync(`${file}.new`, `${JSON.stringify(report(), undefined, 2)}\n`);
      renameSync(`${file}.new`, file);
    },
  };
};

const readUsage = (file: string): IamUsage | undefined => {
  if (!existsSync(file)) return undefined;
  try {
    return iamUsage.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`${file} is not what this program writes: remove it to count from nothing (${reason})`, { cause });
  }
};
