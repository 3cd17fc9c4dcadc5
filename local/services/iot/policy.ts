import * as z from 'zod';
import type { Thing } from './registry.ts';

/** What the local broker asks a policy about. */
export type DeviceAction = 'iot:Connect' | 'iot:Publish' | 'iot:Subscribe' | 'iot:Receive';

export interface PolicyDocument {
  readonly policyName: string;
  /** The resolved PolicyDocument of an AWS::IoT::Policy. */
  readonly document: unknown;
}

/** A connection as policies see it. */
export interface Principal {
  readonly clientId: string;
  readonly thing: Thing | undefined;
}

/** May this connection do `action` on `resource` (`client/...`, `topic/...`, `topicfilter/...`)? */
export type Authorisation = (action: DeviceAction, resource: string) => boolean;

export interface CompiledPolicy {
  bind(principal: Principal): readonly BoundStatement[];
}

interface BoundStatement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly RegExp[];
  readonly resources: readonly RegExp[];
}

/** Characters of a policy document, white space not counted. */
const MAX_CHARACTERS = 2048;

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string()).min(1)]);
const flags = z.union([z.boolean(), z.string()]).transform(String);
const conditionValues = z.union([flags.transform((flag) => [flag]), z.array(flags).min(1)]);

// Strict objects: NotAction, NotResource, Principal and every condition operator but Bool are refused, not ignored.
const policyDocument = z.strictObject({
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  Statement: z.array(
    z.strictObject({
      Sid: z.string().optional(),
      Effect: z.enum(['Allow', 'Deny']),
      Action: texts,
      Resource: texts,
      Condition: z.strictObject({ Bool: z.record(z.string(), conditionValues).optional() }).optional(),
    }),
  ),
});

type Variable = (principal: Principal) => string | undefined;

const VARIABLES: Readonly<Record<string, Variable>> = {
  'iot:ClientId': ({ clientId }) => clientId,
  'iot:Connection.Thing.ThingName': ({ thing }) => thing?.thingName,
  'iot:Connection.Thing.ThingTypeName': ({ thing }) => thing?.thingTypeName,
  'iot:Connection.Thing.IsAttached': ({ thing }) => String(thing !== undefined),
};
const ATTRIBUTE = /^iot:Connection\.Thing\.Attributes\[([a-zA-Z0-9_.,@/:#-]{1,128})\]$/;

const variableNamed = (name: string): Variable => {
  const attribute = ATTRIBUTE.exec(name)?.[1];
  if (attribute !== undefined)
    return ({ thing }) =>
      thing && Object.hasOwn(thing.attributes, attribute) ? thing.attributes[attribute] : undefined;
  const variable = Object.hasOwn(VARIABLES, name) ? VARIABLES[name] : undefined;
  if (!variable)
    throw new Error(
      `variable "${name}" is not known to the local cloud, which has ${Object.keys(VARIABLES).join(', ')} and iot:Connection.Thing.Attributes[NAME]`,
    );
  return variable;
};

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const wildcards = (text: string): string => literally(text).replaceAll('\\*', '.*').replaceAll('\\?', '.');
const whole = (source: string): RegExp => new RegExp(`^${source}$`, 's');

/** A text with `*`, `?` and policy variables. A variable's value is taken literally, never as a wildcard. */
const compilePattern = (text: string): ((principal: Principal) => RegExp | undefined) => {
  const parts = text.split(/\$\{([^}]*)\}/).map((part, i) => (i % 2 === 0 ? wildcards(part) : variableNamed(part)));
  if (/\$\{/.test(text.replaceAll(/\$\{[^}]*\}/g, ''))) throw new Error(`resource "${text}" has a "\${" without "}"`);
  return (principal) => {
    let source = '';
    for (const part of parts) {
      const value = typeof part === 'string' ? part : part(principal);
      if (value === undefined) return undefined;
      source += typeof part === 'string' ? part : literally(value);
    }
    return whole(source);
  };
};

const compileResource = (text: string) => {
  if (text !== '*' && !text.startsWith('arn:')) throw new Error(`resource "${text}" is neither "*" nor an ARN`);
  return compilePattern(text);
};

const compileAction = (text: string): RegExp => {
  if (text !== '*' && !text.startsWith('iot:')) throw new Error(`action "${text}" does not start with "iot:"`);
  return whole(wildcards(text));
};

/**
 * Compiles an AWS IoT Core policy. Resources match as in AWS: `*` and `?` match any characters, `/` included, and MQTT's
 * `+` and `#` stand for themselves. A statement that needs something the thing does not have (an attribute, a type)
 * does not match.
 *
 * @throws Error for a variable, condition operator or element that the local cloud does not know: what is not understood
 *   must not be allowed by accident.
 */
export const compilePolicy = ({ policyName, document }: PolicyDocument): CompiledPolicy => {
  try {
    const parsed = policyDocument.safeParse(document);
    if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
    const size = JSON.stringify(document).replaceAll(/\s/g, '').length;
    if (size > MAX_CHARACTERS) throw new Error(`it has ${size} characters, AWS IoT takes ${MAX_CHARACTERS}`);
    const statements = parsed.data.Statement.map((statement) => ({
      effect: statement.Effect,
      actions: statement.Action.map(compileAction),
      resources: statement.Resource.map(compileResource),
      conditions: Object.entries(statement.Condition?.Bool ?? {}).map(([name, values]) => ({
        variable: variableNamed(name),
        values,
      })),
    }));
    return {
      bind: (principal) =>
        statements.flatMap(({ effect, actions, resources, conditions }) => {
          const holds = conditions.every(({ variable, values }) => values.includes(variable(principal) ?? ''));
          const bound = resources.map((resource) => resource(principal));
          if (!holds || !bound.every((resource) => resource !== undefined)) return [];
          return [{ effect, actions, resources: bound }];
        }),
    };
  } catch (cause) {
    throw new Error(`policy ${policyName}: ${(cause as Error).message}`, { cause });
  }
};

const KEPT_DECISIONS = 256;

/** All policies of one connection: something must allow, and nothing may deny. Decisions are kept, topics repeat. */
export const authorise = (
  policies: readonly CompiledPolicy[],
  principal: Principal,
  arnPrefix: string,
): Authorisation => {
  const statements = policies.flatMap((policy) => policy.bind(principal));
  const kept = new Map<string, boolean>();
  return (action, resource) => {
    const question = `${action} ${resource}`;
    const known = kept.get(question);
    if (known !== undefined) return known;
    const arn = arnPrefix + resource;
    const effects = statements
      .filter(({ actions, resources }) => actions.some((a) => a.test(action)) && resources.some((r) => r.test(arn)))
      .map(({ effect }) => effect);
    const allowed = effects.length > 0 && !effects.includes('Deny');
    if (kept.size >= KEPT_DECISIONS) kept.clear();
    kept.set(question, allowed);
    return allowed;
  };
};
