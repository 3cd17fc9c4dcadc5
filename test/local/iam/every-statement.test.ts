import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CloudGuard,
  createGuard,
  LOCAL_RUNNER,
  type Policies,
  type RecordedRequest,
} from '../../../local/services/iam/create-guard.ts';
import type { Request, Without } from '../../../local/services/iam/evaluate.ts';
import type { RequestContext } from '../../../local/services/iam/guard.ts';
import { synthesise } from '../../../local/synthesise.ts';
import { policiesOf, SERVICES_ONLY_IN_AWS } from '../../../local/template/iam.ts';
import { ACCOUNT } from '../../../local/template/identity.ts';
import { loadTemplates } from '../../../local/template/templates.ts';
import { playEverything } from './scenario.ts';

interface Exception {
  readonly policy: RegExp;
  readonly statements: readonly number[];
  /** The fact for which no local run can need it. */
  readonly reason: string;
}

const KEY_ADMINISTRATION = 'leaves the key to its administrators, who deploy and are nobody in the template';
const ALLOWED_TO_NOBODY_HERE: readonly Exception[] = [
  { policy: /^EmissionWatch-Storage\/LogKey/, statements: [0], reason: KEY_ADMINISTRATION },
  { policy: /^EmissionWatch-TimeSeries\/DataKey/, statements: [0], reason: KEY_ADMINISTRATION },
  {
    policy: /^EmissionWatch-Processing\/OperatorPolicy/,
    statements: [0],
    reason: 'the command line asks CloudFormation for the outputs of stacks, and the local cloud by a file',
  },
];
const NOBODY_TO_DENY_HERE: readonly Exception[] = [
  {
    policy: /^EmissionWatch-TimeSeries\/RejectedPolicy/,
    statements: [0, 1],
    reason: 'only Timestream writes to this bucket, and only people read it: nothing in the template does either',
  },
];

const folder = mkdtempSync(join(tmpdir(), 'emissionwatch-iam-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let policies: Policies;
let guard: CloudGuard;
/** What the templates' own roles and the services asked for, and got. */
let requests: readonly RecordedRequest[] = [];
let refused: readonly RecordedRequest[] = [];

beforeAll(async () => {
  const assembly = await synthesise(resolve(import.meta.dirname, '../../..'), folder);
  const recorded: RecordedRequest[] = [];
  await playEverything({ assembly, dataDir: join(folder, 'data'), requests: recorded, log: () => {} });
  const ours = recorded.filter(({ caller }) => caller.arn !== LOCAL_RUNNER);
  requests = ours.filter(({ decision }) => decision.allowed);
  refused = ours.filter(({ decision }) => !decision.allowed);
  policies = policiesOf(loadTemplates(assembly));
  guard = createGuard({ account: ACCOUNT, policies });
}, 300_000);

const isNeeded = (without: Without): boolean =>
  requests.some((request) => !guard.decideWithout(request, without).allowed);
const excepted = (exceptions: readonly Exception[], policy: string, statement: number): boolean =>
  exceptions.some((one) => one.policy.test(policy) && one.statements.includes(statement));
/** Names of condition keys are the same in capitals and small letters. */
const altered = (request: Request, changes: RequestContext): Request => {
  const names = new Set(Object.keys(changes).map((key) => key.toLowerCase()));
  const unchanged = Object.entries(request.context).filter(([key]) => !names.has(key.toLowerCase()));
  return { ...request, context: { ...Object.fromEntries(unchanged), ...changes } };
};
const nothing: Without = () => false;

interface Elements {
  readonly Effect: string;
  readonly Principal?: { readonly Service?: string | readonly string[] };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
const elementsOf = (document: unknown): readonly Elements[] =>
  [(document as { Statement: Elements | Elements[] }).Statement].flat();

/** Of a role that services take on which exist on AWS only. */
const isOnlyInAws = (holder: string): boolean => {
  const role = policies.roles.find(({ arn }) => arn === holder);
  const services = role && elementsOf(role.trust.document).flatMap(({ Principal }) => Principal?.Service ?? []);
  return services?.every((service) => service in SERVICES_ONLY_IN_AWS) ?? false;
};

describe('with the policies of the templates', () => {
  it('no role and no service is refused anything it does', () => {
    expect(refused.map(({ caller, action, resource }) => `${caller.arn}: ${action} on ${resource}`)).toEqual([]);
    expect(requests.length).toBeGreaterThan(100);
  });

  it('without any one permission of any statement, something is refused', () => {
    const unneeded = guard
      .iamUsage()
      .grants.filter(
        ({ holder, policy, statement }) => !isOnlyInAws(holder) && !excepted(ALLOWED_TO_NOBODY_HERE, policy, statement),
      )
      .filter(
        ({ policy, statement, action, resource }) =>
          !isNeeded((at, a, r) => at.policy === policy && at.index === statement && a === action && r === resource),
      );
    expect(
      unneeded.map(({ policy, statement, action, resource }) => `${policy} ${statement}: ${action} on ${resource}`),
    ).toEqual([]);
  });

  it('without any one policy, each role that has it is refused something', () => {
    const unneeded = policies.identity
      .filter(({ holder }) => !isOnlyInAws(holder))
      .filter(({ holder, policy }) => {
        const own = requests.filter(({ caller }) => caller.arn === holder);
        return own.every((request) => guard.decideWithout(request, (at) => at.policy === policy.name).allowed);
      });
    expect(unneeded.map(({ holder, policy }) => `${policy.name} of ${holder}`)).toEqual([]);
  });

  it('every Deny refuses something that would be allowed without it', () => {
    const UNSAFE: readonly RequestContext[] = [{ 'aws:SecureTransport': 'false' }, { 's3:TlsVersion': '1.1' }];
    const idle = guard.statements
      .filter(
        ({ statement }) =>
          statement.effect === 'Deny' && !excepted(NOBODY_TO_DENY_HERE, statement.policy, statement.index),
      )
      .filter(({ statement }) => {
        const isIt: Without = (at) => at.policy === statement.policy && at.index === statement.index;
        return !requests
          .flatMap((request) => UNSAFE.map((context) => altered(request, context)))
          .some(
            (request) => !guard.decideWithout(request, nothing).allowed && guard.decideWithout(request, isIt).allowed,
          );
      });
    expect(idle.map(({ statement: { policy, index } }) => `${policy} ${index}`)).toEqual([]);
  });

  it('every condition of an Allow refuses what is otherwise the same', () => {
    const all = [
      ...policies.identity.map(({ holder, policy }) => ({ holder, policy })),
      ...policies.resource,
      ...policies.roles.map(({ arn, trust }) => ({ holder: arn, policy: trust })),
    ];
    const conditions = all
      .filter(({ holder }) => !isOnlyInAws(holder))
      .flatMap(({ policy }) =>
        elementsOf(policy.document).flatMap(({ Effect, Condition = {} }, index) =>
          Effect === 'Allow'
            ? Object.values(Condition).flatMap((keys) =>
                Object.keys(keys).map((key) => ({ policy: policy.name, index, key })),
              )
            : [],
        ),
      );
    const idle = conditions.filter(({ policy, index, key }) => {
      const using = requests.filter(({ decision }) =>
        decision.grants.some(({ statement }) => statement.policy === policy && statement.index === index),
      );
      return !using.some((request) => !guard.decideWithout(altered(request, { [key]: 'another' }), nothing).allowed);
    });
    expect(conditions.length).toBeGreaterThan(10);
    expect(idle).toEqual([]);
  });
});

describe('the exceptions', () => {
  it('are all of statements that there are', () => {
    const stale = [...ALLOWED_TO_NOBODY_HERE, ...NOBODY_TO_DENY_HERE].filter(
      ({ policy, statements }) =>
        !statements.every((index) =>
          guard.statements.some(({ statement }) => policy.test(statement.policy) && statement.index === index),
        ),
    );
    expect(stale).toEqual([]);
  });

  it('are all of what no request needs', () => {
    const needed = guard.statements.filter(
      ({ statement: { policy, index, effect } }) =>
        effect === 'Allow' &&
        excepted(ALLOWED_TO_NOBODY_HERE, policy, index) &&
        isNeeded((at) => at.policy === policy && at.index === index),
    );
    expect(needed.map(({ statement: { policy, index } }) => `${policy} ${index}`)).toEqual([]);
    const taken = requests.filter(({ action, resource }) => action === 'sts:AssumeRole' && isOnlyInAws(resource));
    expect(taken).toEqual([]);
  });
});
