import * as z from 'zod';
import { type Condition, conditionOf } from './condition.ts';
import type { Principal } from './guard.ts';
import { type Pattern, pattern } from './pattern.ts';

/** What a policy is attached to decides which elements its statements have. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

export interface PolicyDocument {
  /** For messages and reports: where in which template. */
  readonly name: string;
  readonly kind: PolicyKind;
  /** Resolved. */
  readonly document: unknown;
}

/** `direct`: this principal. `account`: its whole account, which leaves it to the identity policies. */
export type Named = 'direct' | 'account' | undefined;

export interface Statement {
  readonly policy: string;
  readonly kind: PolicyKind;
  /** Place in its document, from 0. */
  readonly index: number;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly Pattern[];
  /** The statement is about every action but these. */
  readonly exceptActions: boolean;
  readonly resources: readonly Pattern[];
  readonly exceptResources: boolean;
  readonly names: (caller: Principal) => Named;
  readonly holds: Condition;
}

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string()).min(1)]);
const values = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const anyOf = z.union([values.transform((value) => [value]), z.array(values).min(1)]);

// Strict: NotPrincipal, principals that are federated or canonical and whatever IAM may add are refused, not ignored.
const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: texts.optional(),
  NotAction: texts.optional(),
  Resource: texts.optional(),
  NotResource: texts.optional(),
  Principal: z.union([z.literal('*'), z.strictObject({ AWS: texts.optional(), Service: texts.optional() })]).optional(),
  Condition: z.record(z.string(), z.record(z.string(), anyOf)).optional(),
});
const documentSchema = z.strictObject({
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  Statement: z.union([statementSchema.transform((one) => [one]), z.array(statementSchema)]),
});
type StatementElements = z.infer<typeof statementSchema>;

/** @throws Error that names the policy, for anything in it that is not understood here */
export const statementsOf = ({ name, kind, document }: PolicyDocument): readonly Statement[] => {
  try {
    const parsed = documentSchema.safeParse(document);
    if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
    return parsed.data.Statement.map((elements, index) => {
      try {
        return { policy: name, kind, index, ...compile(elements, kind) };
      } catch (cause) {
        throw new Error(`statement ${index}: ${(cause as Error).message}`, { cause });
      }
    });
  } catch (cause) {
    throw new Error(`policy ${name} cannot be enforced here: ${(cause as Error).message}`, { cause });
  }
};

const compile = (elements: StatementElements, kind: PolicyKind): Omit<Statement, 'policy' | 'kind' | 'index'> => {
  const { Effect, Action, NotAction, Resource, NotResource, Principal, Condition } = elements;
  const actions = oneOf('Action', Action, NotAction);
  const resources = kind === 'trust' ? { texts: ['*'], except: false } : oneOf('Resource', Resource, NotResource);
  if (kind === 'trust' && (Resource ?? NotResource)) throw new Error('a trust policy has no Resource');
  if ((Principal === undefined) !== (kind === 'identity')) {
    throw new Error(`${kind === 'identity' ? 'an identity policy has no' : `a ${kind} policy must have a`} Principal`);
  }
  for (const text of actions.texts) {
    if (text !== '*' && !/^[a-z0-9-]+:[a-z0-9*?]+$/i.test(text))
      throw new Error(`action "${text}" is not SERVICE:ACTION`);
  }
  for (const text of resources.texts) {
    if (text !== '*' && !text.startsWith('arn:')) throw new Error(`resource "${text}" is neither "*" nor an ARN`);
  }
  return {
    effect: Effect,
    actions: actions.texts.map((text) => pattern(text, true)),
    exceptActions: actions.except,
    resources: resources.texts.map((text) => pattern(text)),
    exceptResources: resources.except,
    names: principalTest(Principal),
    holds: conditionOf(Condition ?? {}),
  };
};

const oneOf = (element: string, these: readonly string[] | undefined, except: readonly string[] | undefined) => {
  const given = these ?? except;
  if (!given || (these && except)) throw new Error(`it must have either ${element} or Not${element}`);
  return { texts: given, except: these === undefined };
};

const ROOT = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/;

const principalTest = (principal: StatementElements['Principal']): Statement['names'] => {
  if (principal === undefined || principal === '*') return () => 'direct';
  const services = principal.Service ?? [];
  const tests = (principal.AWS ?? []).map((text): Statement['names'] => {
    if (text === '*') return () => 'direct';
    const account = ROOT.exec(text)?.[1];
    if (account !== undefined) return ({ arn }) => (arn.startsWith(`arn:aws:iam::${account}:`) ? 'account' : undefined);
    if (!/^arn:aws:iam::\d{12}:(role|user)\/[^*?]+$/.test(text)) {
      throw new Error(`principal "${text}" is neither "*", nor an account, nor a role or user`);
    }
    return ({ arn }) => (arn === text ? 'direct' : undefined);
  });
  return (caller) => {
    if (services.includes(caller.arn)) return 'direct';
    let named: Named;
    for (const test of tests) {
      const found = test(caller);
      if (found === 'direct') return found;
      named ??= found;
    }
    return named;
  };
};
