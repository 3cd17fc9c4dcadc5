/** Values of a metric, one for each period, the oldest first; undefined where there is none. */
export type Points = readonly (number | undefined)[];

export interface Inputs {
  readonly points: Readonly<Record<string, Points>>;
  readonly periods: number;
  readonly periodSeconds: number;
}

/** Works out an expression of metric math. */
export type Expression = (inputs: Inputs) => Points;

type Value = number | Points;
type Term = (inputs: Inputs) => Value;

/**
 * Metric math as far as the templates use it: numbers, metrics, + - * /, comparisons, FILL, IF, RATE, MAX and SUM.
 * A value is missing wherever one of its operands is; only FILL puts something in its place.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 *
 * @param ids of the metrics and expressions that it may name
 * @throws Error for anything else
 */
export const compileExpression = (text: string, ids: ReadonlySet<string>): Expression => {
  const refuse = (what: string): never => {
    throw new Error(`metric math "${text}": ${what}; known are numbers, ids, + - * /, comparisons, ${KNOWN}`);
  };
  const tokens = text.match(/\d+(?:\.\d+)?|[A-Za-z_][A-Za-z0-9_]*|[<>=!]=|[-+*/()[\],<>]|\S/g) ?? [];
  let at = 0;
  const take = (expected?: string): string => {
    const token = tokens[at++];
    if (token === undefined || (expected !== undefined && token !== expected))
      return refuse(`expected ${expected ?? 'a value'} and found ${token ?? 'the end'}`);
    return token;
  };

  const listUntil = (close: string): Term[] => {
    const terms = [comparison()];
    while (tokens[at] === ',') {
      at++;
      terms.push(comparison());
    }
    take(close);
    return terms;
  };

  const call = (name: string): Term => {
    const make = FUNCTIONS[name] ?? refuse(`function ${name} is not known here`);
    take('(');
    const asList = tokens[at] === '[';
    if (asList) at++;
    const terms = listUntil(asList ? ']' : ')');
    if (asList) take(')');
    return make(terms, (what) => refuse(`${name} ${what}`));
  };

  const atom = (): Term => {
    const token = take();
    if (token === '(') {
      const inner = comparison();
      take(')');
      return inner;
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (tokens[at] === '(') return call(token);
    if (ids.has(token)) return ({ points }) => points[token]!;
    return refuse(`${token} is no id of this alarm`);
  };

  const leftToRight = (operators: readonly string[], next: () => Term) => (): Term => {
    let left = next();
    while (operators.includes(tokens[at] ?? '')) {
      const operate = OPERATORS[take()]!;
      const [a, b] = [left, next()];
      left = (inputs) => each(inputs, [a(inputs), b(inputs)], ([x, y]) => operate(x!, y!));
    }
    return left;
  };
  const product = leftToRight(['*', '/'], atom);
  const sum = leftToRight(['+', '-'], product);
  const comparison = leftToRight(['>', '<', '>=', '<=', '==', '!='], sum);

  const whole = comparison();
  if (at < tokens.length) refuse(`found ${tokens[at]} after its end`);
  return (inputs) => spread(whole(inputs), inputs);
};

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '>': (a, b) => Number(a > b),
  '<': (a, b) => Number(a < b),
  '>=': (a, b) => Number(a >= b),
  '<=': (a, b) => Number(a <= b),
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
};

type Refuse = (what: string) => never;

const exactly = (count: number, terms: readonly Term[], refuse: Refuse): readonly Term[] =>
  terms.length === count ? terms : refuse(`takes ${count} values, given ${terms.length}`);

const FUNCTIONS: Readonly<Record<string, (terms: readonly Term[], refuse: Refuse) => Term>> = {
  FILL: (terms, refuse) => {
    const [of, by] = exactly(2, terms, refuse) as [Term, Term];
    return (inputs) => {
      const instead = spread(by(inputs), inputs);
      return spread(of(inputs), inputs).map((value, i) => value ?? instead[i]);
    };
  },
  IF: (terms, refuse) => {
    const [condition, yes, no] = exactly(3, terms, refuse) as [Term, Term, Term];
    return (inputs) => {
      const [y, n] = [spread(yes(inputs), inputs), spread(no(inputs), inputs)];
      return spread(condition(inputs), inputs).map((holds, i) =>
        holds === undefined ? undefined : holds ? y[i] : n[i],
      );
    };
  },
  RATE: (terms, refuse) => {
    const [of] = exactly(1, terms, refuse) as [Term];
    return (inputs) => ratesOf(spread(of(inputs), inputs), inputs.periodSeconds);
  },
  MAX: (terms) => over(terms, (values) => Math.max(...values)),
  SUM: (terms) => over(terms, (values) => values.reduce((sum, value) => sum + value, 0)),
};
const KNOWN = Object.keys(FUNCTIONS).join(', ');

/** One value a period, from those of several metrics. */
const over =
  (terms: readonly Term[], combine: (values: readonly number[]) => number): Term =>
  (inputs) =>
    each(
      inputs,
      terms.map((term) => term(inputs)),
      combine,
    );

const each = ({ periods }: Inputs, values: readonly Value[], combine: (values: readonly number[]) => number): Value => {
  if (values.every((value) => typeof value === 'number')) return finite(combine(values)) ?? 0;
  return Array.from({ length: periods }, (_, i) => {
    const present = values.flatMap((value) => (typeof value === 'number' ? value : value[i]) ?? []);
    return present.length === values.length ? finite(combine(present)) : undefined;
  });
};

/** A division by zero gives no data point. */
const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

const spread = (value: Value, { periods }: Inputs): Points =>
  typeof value === 'number' ? new Array<number>(periods).fill(value) : value;

/** Change a second since the last value before. */
const ratesOf = (points: Points, periodSeconds: number): Points => {
  let last: number | undefined;
  return points.map((value, i) => {
    if (value === undefined) return undefined;
    const [before, periods] = last === undefined ? [undefined, 0] : [points[last], i - last];
    last = i;
    return before === undefined ? undefined : (value - before) / (periods * periodSeconds);
  });
};
