import type { Principal, RequestContext } from './guard.ts';
import type { Pattern } from './pattern.ts';
import type { Statement } from './statement.ts';

export interface Request {
  readonly caller: Principal;
  readonly action: string;
  readonly resource: string;
  /** Complete: with the keys that every request has. */
  readonly context: RequestContext;
}

/** One permission of a statement: one of its actions on one of its resources. */
export interface Grant {
  readonly statement: Statement;
  readonly action: string;
  readonly resource: string;
}

export interface Decision {
  readonly allowed: boolean;
  /** What allowed it; empty when it was refused. */
  readonly grants: readonly Grant[];
  /** Why it was refused, in AWS's words. */
  readonly because: string;
}

/** Statements that an evaluation is to do without. */
export type Without = (statement: Statement, action: string, resource: string) => boolean;

/**
 * Decides one request within one account, as AWS does: a Deny wins; then a policy of the caller or of the resource must
 * allow it. Where the resource's policy must agree (a key, a role's trust), the caller's alone are not enough.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export const evaluate = (
  { caller, action, resource, context }: Request,
  identity: readonly Statement[],
  ofResource: readonly Statement[],
  without: Without = () => false,
): Decision => {
  const direct: Grant[] = [];
  const account: Grant[] = [];
  const own: Grant[] = [];
  for (const statement of [...identity, ...ofResource]) {
    const named = statement.names(caller);
    if (named === undefined || !statement.holds(context)) continue;
    const grants = grantsFor(statement, action, resource, without);
    if (grants.length === 0) continue;
    if (statement.effect === 'Deny') return refusal(`with an explicit deny in ${WHERE[statement.kind]}`);
    (statement.kind === 'identity' ? own : named === 'direct' ? direct : account).push(...grants);
  }
  const mustAgree = mustResourceAgree(action);
  const delegated = own.length > 0 && (!mustAgree || account.length > 0);
  if (direct.length > 0 || delegated) {
    // What an account's statement leaves to identity policies is only worth noting where nothing goes without it.
    return {
      allowed: true,
      grants: [...direct, ...(delegated ? own : []), ...(mustAgree ? account : [])],
      because: '',
    };
  }
  const lacking =
    !caller.arn.startsWith('arn:') || (mustAgree && account.length === 0) ? ofKind(action) : 'identity-based';
  return refusal(`because no ${lacking} policy allows the ${action} action`);
};

const WHERE = {
  identity: 'an identity-based policy',
  resource: 'a resource-based policy',
  trust: 'the role trust policy',
} as const;

const refusal = (because: string): Decision => ({ allowed: false, grants: [], because });

const mustResourceAgree = (action: string): boolean => /^(kms:|sts:assumerole$)/i.test(action);
const ofKind = (action: string): string => (/^sts:/i.test(action) ? 'role trust' : 'resource-based');

const grantsFor = (statement: Statement, action: string, resource: string, without: Without): Grant[] => {
  const { actions, exceptActions, resources, exceptResources } = statement;
  const asked = actions.filter((one) => one.matches(action));
  const on = resources.filter((one) => one.matches(resource));
  if (asked.length > 0 === exceptActions || on.length > 0 === exceptResources) return [];
  const grants = crossed(statement, exceptActions ? actions : asked, exceptResources ? resources : on);
  return grants.filter((grant) => !without(statement, grant.action, grant.resource));
};

/** All permissions of a statement, by the names that they have in decisions. */
export const grantsOf = (statement: Statement): readonly Grant[] =>
  crossed(statement, statement.actions, statement.resources);

const crossed = (statement: Statement, actions: readonly Pattern[], resources: readonly Pattern[]): Grant[] =>
  namesOf(actions, statement.exceptActions).flatMap((action) =>
    namesOf(resources, statement.exceptResources).map((resource) => ({ statement, action, resource })),
  );

const namesOf = (patterns: readonly Pattern[], except: boolean): string[] => {
  const texts = patterns.map(({ text }) => text);
  return except ? [`everything but ${texts.join(', ')}`] : texts;
};
