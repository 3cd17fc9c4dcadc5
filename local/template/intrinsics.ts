import { ACCOUNT, PARTITION, REGION } from './identity.ts';

/** What intrinsic functions of one stack refer to. */
export interface Scope {
  readonly stackName: string;
  /** Value of `Ref` for a resource or parameter. */
  readonly ref: (logicalId: string) => unknown;
  readonly attribute: (logicalId: string, name: string) => unknown;
  readonly imported: (exportName: string) => unknown;
  readonly stackOutput: (stack: string, output: string) => unknown;
  readonly condition: (name: string) => boolean;
}

const NO_VALUE = Symbol('AWS::NoValue');

/** The value with every intrinsic function in it worked out. `AWS::NoValue` leaves its property out. */
export const resolveValue = (value: unknown, scope: Scope): unknown => {
  const result = evaluate(value, scope);
  return result === NO_VALUE ? undefined : result;
};

const evaluate = (value: unknown, scope: Scope): unknown => {
  if (Array.isArray(value)) {
    return value.map((item) => evaluate(item, scope)).filter((item) => item !== NO_VALUE);
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (only && entries.length === 1 && isIntrinsic(only[0])) return call(only[0], only[1], scope);
  const result: Record<string, unknown> = {};
  for (const [key, inner] of entries) {
    const resolved = evaluate(inner, scope);
    if (resolved !== NO_VALUE) result[key] = resolved;
  }
  return result;
};

const isIntrinsic = (key: string): boolean => key === 'Ref' || key === 'Condition' || key.startsWith('Fn::');

const call = (name: string, argument: unknown, scope: Scope): unknown => {
  const known = INTRINSICS[name];
  // An IAM or IoT policy statement may be nothing but its condition operators.
  if (name === 'Condition' && typeof argument !== 'string') return { Condition: evaluate(argument, scope) };
  if (!known) throw new Error(`${scope.stackName}: intrinsic function ${name} is not known to the local cloud`);
  return known(argument, scope);
};

const list = (name: string, argument: unknown, scope: Scope, length?: number): unknown[] => {
  const resolved = evaluate(argument, scope);
  if (Array.isArray(resolved) && (length === undefined || resolved.length === length)) return resolved;
  throw new Error(`${scope.stackName}: ${name} of ${JSON.stringify(argument)} is not a list as it must be`);
};

const text = (name: string, value: unknown, scope: Scope): string => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`${scope.stackName}: ${name} expected text, got ${JSON.stringify(value)}`);
};

const pseudo = (name: string, scope: Scope): unknown =>
  ({
    'AWS::AccountId': ACCOUNT,
    'AWS::NoValue': NO_VALUE,
    'AWS::Partition': PARTITION,
    'AWS::Region': REGION,
    'AWS::StackId': `arn:${PARTITION}:cloudformation:${REGION}:${ACCOUNT}:stack/${scope.stackName}/local`,
    'AWS::StackName': scope.stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  })[name];

const reference = (name: string, scope: Scope): unknown => pseudo(name, scope) ?? scope.ref(name);

const attributeOf = (path: string, scope: Scope): unknown => {
  const dot = path.indexOf('.');
  return scope.attribute(path.slice(0, dot), path.slice(dot + 1));
};

type Intrinsic = (argument: unknown, scope: Scope) => unknown;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope) => reference(String(argument), scope),
  'Fn::GetAtt': (argument, scope) => {
    if (typeof argument === 'string') return attributeOf(argument, scope);
    const [logicalId, attribute] = list('Fn::GetAtt', argument, scope, 2);
    return scope.attribute(String(logicalId), String(attribute));
  },
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = list('Fn::Join', argument, scope, 2);
    return list('Fn::Join', parts, scope)
      .map((part) => text('Fn::Join', part, scope))
      .join(String(separator));
  },
  'Fn::Split': (argument, scope) => {
    const [separator, whole] = list('Fn::Split', argument, scope, 2);
    return text('Fn::Split', whole, scope).split(String(separator));
  },
  'Fn::Select': (argument, scope) => {
    const [index, items] = list('Fn::Select', argument, scope, 2);
    const all = list('Fn::Select', items, scope);
    if (!(Number(index) in all)) throw new Error(`${scope.stackName}: Fn::Select ${index} of ${all.length} items`);
    return all[Number(index)];
  },
  'Fn::Sub': (argument, scope) => {
    const [pattern, given] = Array.isArray(argument) ? (argument as [string, object]) : [String(argument), {}];
    const variables = evaluate(given, scope) as Record<string, unknown>;
    return pattern.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in variables) return text('Fn::Sub', variables[name], scope);
      return text('Fn::Sub', name.includes('.') ? attributeOf(name, scope) : reference(name, scope), scope);
    });
  },
  'Fn::ImportValue': (argument, scope) => scope.imported(text('Fn::ImportValue', evaluate(argument, scope), scope)),
  'Fn::GetStackOutput': (argument, scope) => {
    const { StackName, OutputName, Region } = evaluate(argument, scope) as Record<string, unknown>;
    if (Region !== undefined && Region !== REGION) {
      throw new Error(
        `${scope.stackName}: output ${OutputName} of region ${Region}, the local cloud has only ${REGION}`,
      );
    }
    return scope.stackOutput(String(StackName), String(OutputName));
  },
  'Fn::If': (argument, scope) => {
    const [name, yes, no] = argument as [string, unknown, unknown];
    return evaluate(scope.condition(name) ? yes : no, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = list('Fn::Equals', argument, scope, 2);
    return String(left) === String(right);
  },
  'Fn::And': (argument, scope) => list('Fn::And', argument, scope).every((one) => one === true),
  'Fn::Or': (argument, scope) => list('Fn::Or', argument, scope).some((one) => one === true),
  'Fn::Not': (argument, scope) => list('Fn::Not', argument, scope, 1)[0] !== true,
  Condition: (argument, scope) => scope.condition(String(argument)),
};
