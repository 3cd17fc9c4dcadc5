/** One permission of a policy, for one of those who hold it. */
export interface GrantName {
  /** Role, user or resource that the policy is attached to, by its ARN. */
  readonly holder: string;
  /** Stack and logical id of the policy. */
  readonly policy: string;
  /** Place of the statement in the policy, from 0. */
  readonly statement: number;
  readonly action: string;
  readonly resource: string;
}

export interface IamUsage {
  /** Each with the requests that it allowed. */
  readonly grants: readonly (GrantName & { readonly uses: number })[];
  readonly refusals: readonly (Refusal & { readonly times: number })[];
}

interface Refusal {
  readonly caller: string;
  readonly action: string;
  readonly resource: string;
}

export interface Counter {
  uses: number;
}

export interface Usage {
  counterOf(grant: GrantName): Counter;
  refused(refusal: Refusal): void;
  /** Of this run and those before. */
  report(): IamUsage;
}

const MOST_REFUSALS = 1000;
const keyOf = ({ holder, policy, statement, action, resource }: GrantName) =>
  JSON.stringify([holder, policy, statement, action, resource]);

/** Counts which grants of the templates are used and what is refused, on from `earlier`. */
export const countUsage = (granted: readonly GrantName[], earlier: IamUsage = { grants: [], refusals: [] }): Usage => {
  const before = new Map(earlier.grants.map((grant) => [keyOf(grant), grant.uses]));
  const counters = new Map(granted.map((grant) => [keyOf(grant), { grant, uses: before.get(keyOf(grant)) ?? 0 }]));
  const refusals = new Map(
    earlier.refusals.map((one) => [JSON.stringify([one.caller, one.action, one.resource]), one]),
  );
  return {
    counterOf: (grant) => {
      const counter = counters.get(keyOf(grant));
      if (!counter) throw new Error(`no template grants ${keyOf(grant)}`);
      return counter;
    },
    refused: ({ caller, action, resource }) => {
      const key = JSON.stringify([caller, action, resource]);
      const known = refusals.get(key);
      if (known || refusals.size < MOST_REFUSALS)
        refusals.set(key, { caller, action, resource, times: (known?.times ?? 0) + 1 });
    },
    report: () => ({
      grants: [...counters.values()].map(({ grant, uses }) => ({ ...grant, uses })),
      refusals: [...refusals.values()],
    }),
  };
};
