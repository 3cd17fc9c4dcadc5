import type { RequestContext } from './guard.ts';
import { arnPattern, pattern } from './pattern.ts';

export type Condition = (context: RequestContext) => boolean;

/** Is the value of one key, undefined when the request has none, one of those that the policy names? */
type Operator = (wanted: string) => (given: string | undefined) => boolean;

const present =
  (test: (given: string) => boolean) =>
  (given: string | undefined): boolean =>
    given !== undefined && test(given);

const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: (wanted) => present((given) => given === wanted),
  StringLike: (wanted) => present((given) => pattern(wanted).matches(given)),
  // With wildcards both, says the reference of condition operators.
  ArnEquals: (wanted) => present((given) => arnPattern(wanted).matches(given)),
  ArnLike: (wanted) => present((given) => arnPattern(wanted).matches(given)),
  Bool: (wanted) => present((given) => given.toLowerCase() === wanted.toLowerCase()),
  NumericLessThan: (wanted) => present((given) => Number(given) < Number(wanted)),
  Null: (wanted) => (given) => (given === undefined) === (wanted === 'true'),
};

/** Keys that services here put into a request. A key that is none of them would never match, whatever the request. */
const KEYS = [
  'aws:PrincipalAccount',
  'aws:PrincipalArn',
  'aws:SecureTransport',
  'aws:SourceAccount',
  'aws:SourceArn',
  'iot:ThingName',
  'kms:CallerAccount',
  'kms:MessageType',
  'kms:SigningAlgorithm',
  'kms:ViaService',
  's3:TlsVersion',
  's3:prefix',
];
const ENCRYPTION_CONTEXT = 'kms:encryptioncontext:';

/** Condition keys are the same in capital and small letters. */
const keyNamed = (name: string): string => {
  if (name.toLowerCase().startsWith(ENCRYPTION_CONTEXT)) return name;
  const key = KEYS.find((one) => one.toLowerCase() === name.toLowerCase());
  if (key === undefined) throw new Error(`condition key ${name} is not known here, only ${KEYS.join(', ')}`);
  return key;
};

/**
 * The conditions of one statement: all operators and all keys must hold, of the values of a key one.
 *
 * @throws Error for an operator or a key that the local cloud does not know: what is not understood must not be allowed
 * by accident
 */
export const conditionOf = (
  operators: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>,
): Condition => {
  const tests = Object.entries(operators).flatMap(([name, keys]) => {
    const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
    if (!operator) {
      throw new Error(`condition operator ${name} is not known here, only ${Object.keys(OPERATORS).join(', ')}`);
    }
    return Object.entries(keys).map(([key, values]) => ({ key: keyNamed(key), anyOf: values.map(operator) }));
  });
  return (context) => tests.every(({ key, anyOf }) => anyOf.some((test) => test(context[key])));
};
