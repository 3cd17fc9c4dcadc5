import { AwsError } from '../aws-json.ts';

/** `{ S: 'text' }`, `{ N: '1' }` and so on, as they travel. */
export type AttributeValue = Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, AttributeValue>>;

/** Does the condition hold for this item; `undefined` stands for one that does not exist. */
export type Condition = (item: Item | undefined) => boolean;

export interface Placeholders {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

type Operand = (item: Item | undefined) => AttributeValue | undefined;

const TOKEN = /\s*(<>|<=|>=|[=<>(),]|[#:]?[A-Za-z_][A-Za-z0-9_]*)/y;

const invalid = (message: string) => new AwsError('ValidationException', message);

const tokensOf = (expression: string): string[] => {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; expression.slice(at).trim() !== ''; at = TOKEN.lastIndex) {
    const token = TOKEN.exec(expression)?.[1];
    if (token === undefined)
      throw invalid(`the local cloud does not understand "${expression}" from "${expression.slice(at)}" on`);
    tokens.push(token);
  }
  return tokens;
};

/** Values of two types are never equal, and of one type order is by number or by UTF-8 bytes. */
const compare = (left: AttributeValue, right: AttributeValue): number | undefined => {
  const [type] = Object.keys(left);
  if (type === undefined || !(type in right)) return undefined;
  if (type === 'N') return Number(left.N) - Number(right.N);
  if (type === 'S') return Buffer.compare(Buffer.from(String(left.S)), Buffer.from(String(right.S)));
  return JSON.stringify(left) === JSON.stringify(right) ? 0 : Number.NaN;
};

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

const FUNCTIONS: Readonly<Record<string, (given: AttributeValue | undefined, second?: AttributeValue) => boolean>> = {
  attribute_exists: (given) => given !== undefined,
  attribute_not_exists: (given) => given === undefined,
  begins_with: (given, second) =>
    typeof given?.S === 'string' && typeof second?.S === 'string' && given.S.startsWith(second.S),
};

/**
 * Compiles a condition, filter or key condition: comparisons, `attribute_exists`, `attribute_not_exists`, `begins_with`,
 * AND, OR, NOT and parentheses over attributes of the first level.
 *
 * @throws AwsError ValidationException for anything else, and for a placeholder without a value
 */
export const compileCondition = (expression: string, { names, values }: Placeholders): Condition => {
  const tokens = tokensOf(expression);
  let at = 0;
  const is = (word: string) => tokens[at]?.toUpperCase() === word;
  const take = (expected?: string): string => {
    const token = tokens[at++];
    if (token === undefined || (expected !== undefined && token !== expected))
      throw invalid(`"${expression}": expected ${expected ?? 'more'}, found ${token ?? 'its end'}`);
    return token;
  };

  const operand = (): Operand => {
    const token = take();
    if (token.startsWith(':')) {
      const value = values[token];
      if (!value) throw invalid(`an expression attribute value used in expression is not defined: ${token}`);
      return () => value;
    }
    const name = token.startsWith('#') ? names[token] : token;
    if (name === undefined) throw invalid(`an expression attribute name used in expression is not defined: ${token}`);
    return (item) => (item && Object.hasOwn(item, name) ? item[name] : undefined);
  };

  const simple = (): Condition => {
    if (is('NOT')) {
      at++;
      const inner = simple();
      return (item) => !inner(item);
    }
    if (is('(')) {
      at++;
      const inner = either();
      take(')');
      return inner;
    }
    const test = tokens[at + 1] === '(' ? FUNCTIONS[tokens[at]!] : undefined;
    if (test) {
      at += 2;
      const first = operand();
      if (is(',')) at++;
      const second = is(')') ? undefined : operand();
      take(')');
      return (item) => test(first(item), second?.(item));
    }
    const left = operand();
    const operator = take();
    const right = operand();
    if (operator === '<>') return (item) => orderOf(left(item), right(item)) !== 0;
    const holds = COMPARISONS[operator];
    if (!holds) throw invalid(`"${expression}": the local cloud does not know "${operator}"`);
    return (item) => {
      const order = orderOf(left(item), right(item));
      return order !== undefined && holds(order);
    };
  };
  const both = (): Condition => {
    const parts = [simple()];
    for (; is('AND'); parts.push(simple())) at++;
    return (item) => parts.every((part) => part(item));
  };
  const either = (): Condition => {
    const parts = [both()];
    for (; is('OR'); parts.push(both())) at++;
    return (item) => parts.some((part) => part(item));
  };

  const condition = either();
  if (at < tokens.length) throw invalid(`"${expression}": the local cloud does not understand "${tokens[at]}" there`);
  return condition;
};

const orderOf = (left: AttributeValue | undefined, right: AttributeValue | undefined): number | undefined =>
  left && right ? compare(left, right) : undefined;
