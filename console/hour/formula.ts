import { Decimal } from '#core/units/decimal';

/** A piece of a formula as it is shown. */
export interface FormulaPart {
  readonly text: string;
  /** Symbol of the input that stands here; undefined for signs, numbers of the formula and words. */
  readonly symbol?: string;
}

/** What stands in the place of a symbol. */
export interface SymbolValue {
  readonly symbol: string;
  /** Decimal text; null when the input has no value. */
  readonly value: string | null;
  /** Decimals with which it is shown. @default as many as it has */
  readonly places?: number | undefined;
}

/** One piece of a formula: formulas are written with a space around each sign. */
interface Token {
  readonly text: string;
  readonly kind: 'word' | 'number' | 'sign' | 'open' | 'close';
}

const NUMBER = /^\d+(\.\d+)?(\^\d+)?$/;
const SIGNS = new Set(['+', '-', '×', '/']);

const balance = (text: string): number => [...text].reduce((sum, c) => sum + (c === '(' ? 1 : c === ')' ? -1 : 0), 0);

const word = (text: string): Token => ({
  text,
  kind: SIGNS.has(text) ? 'sign' : NUMBER.test(text) ? 'number' : 'word',
});

/** Takes off the brackets that are not part of a name: those of `(20.9` and `sum(x`, not those of `R(NOx)`. */
const pieces = (text: string): Token[] => {
  if (text === '') return [];
  const open = text.indexOf('(');
  if (balance(text) > 0)
    return [...pieces(text.slice(0, open)), { text: '(', kind: 'open' }, ...pieces(text.slice(open + 1))];
  if (balance(text) < 0) return [...pieces(text.slice(0, -1)), { text: ')', kind: 'close' }];
  return [word(text)];
};

const tokensOf = (text: string): Token[] => text.trim().split(/\s+/).flatMap(pieces);

/** Result and right side of `E = a × b`. */
const sidesOf = (formula: string): readonly [string, string] => {
  const at = formula.indexOf('=');
  return at < 0 ? ['', formula.trim()] : [formula.slice(0, at).trim(), formula.slice(at + 1).trim()];
};

/** Small constants as `1.194e-7`: rows of zeros cannot be read. */
const SMALLEST_PLAIN = new Decimal('0.0001');

const plain = (value: Decimal, places = 0): string =>
  !value.isZero() && value.abs().lt(SMALLEST_PLAIN)
    ? value.toExponential()
    : value.toFixed(Math.max(places, value.decimalPlaces()));

/** A number that takes the place of a symbol; undefined: it has none. */
interface Given {
  readonly value: Decimal | undefined;
  readonly text: string;
}

type Values = ReadonlyMap<string, Given>;

const given = (value: Decimal, places?: number): Given => ({
  value,
  text: value.isNegative() ? `(−${plain(value.abs(), places)})` : plain(value, places),
});

/** An input that is named by its reciprocal, `1/Uf`, stands in the formula as `Uf`. */
const RECIPROCAL = /^1\/(.+)$/;

const valuesOf = (inputs: readonly SymbolValue[]): Map<string, Given> =>
  new Map(
    inputs.map(({ symbol, value, places }): [string, Given] => {
      const name = RECIPROCAL.exec(symbol)?.[1] ?? symbol;
      if (value === null) return [name, { value: undefined, text: symbol }];
      const decimal = new Decimal(value);
      return name === symbol
        ? [name, given(decimal, places)]
        : [name, { value: new Decimal(1).div(decimal), text: `(1 / ${plain(decimal)})` }];
    }),
  );

const spaced = (tokens: readonly Token[], shown: (token: Token) => FormulaPart): FormulaPart[] =>
  tokens.flatMap((token, i) => {
    const before = tokens[i - 1];
    const tight =
      before === undefined ||
      before.kind === 'open' ||
      token.kind === 'close' ||
      (token.kind === 'open' && before.kind === 'word');
    return tight ? [shown(token)] : [{ text: ' ' }, shown(token)];
  });

const sign = (text: string): string => (text === '-' ? '−' : text);

type Operation = (a: Decimal, b: Decimal) => Decimal;
const TIMES: ReadonlyMap<string, Operation> = new Map([
  ['×', (a, b) => a.times(b)],
  ['/', (a, b) => a.div(b)],
]);
const PLUS: ReadonlyMap<string, Operation> = new Map([
  ['+', (a, b) => a.plus(b)],
  ['-', (a, b) => a.minus(b)],
]);

/** The four operations, brackets, and `sum( )`, which has one summand here. Undefined for anything else. */
const evaluate = (tokens: readonly Token[], values: Values): Decimal | undefined => {
  let at = 0;
  const NOTHING = new Decimal(Number.NaN);
  const factor = (): Decimal => {
    const token = tokens[at++];
    if (token === undefined) return NOTHING;
    const known = values.get(token.text);
    if (known !== undefined) return known.value ?? NOTHING;
    if (token.kind === 'number') {
      const [base = '', power = '1'] = token.text.split('^');
      return new Decimal(base).pow(power);
    }
    if (token.text === 'sum') return factor();
    if (token.kind !== 'open') return NOTHING;
    const inner = sum();
    return tokens[at++]?.kind === 'close' ? inner : NOTHING;
  };
  const chain = (next: () => Decimal, operations: ReadonlyMap<string, Operation>): Decimal => {
    let value = next();
    for (let apply = operations.get(tokens[at]?.text ?? ''); apply; apply = operations.get(tokens[at]?.text ?? '')) {
      at++;
      value = apply(value, next());
    }
    return value;
  };
  const product = () => chain(factor, TIMES);
  const sum = () => chain(product, PLUS);
  const value = sum();
  return at === tokens.length && value.isFinite() ? value : undefined;
};

/** One equation of a derivation. */
export interface Step {
  readonly inSymbols: readonly FormulaPart[];
  /** Symbol of what it gives. */
  readonly result: string;
  /** With the numbers put in; undefined when one is missing. */
  readonly inNumbers: readonly FormulaPart[] | undefined;
  /** Before rounding; undefined when a number is missing or the formula is beyond the four operations. */
  readonly unrounded: Decimal | undefined;
  /** As the next equation, or the record, takes it. */
  readonly rounded: Decimal | undefined;
  /** Decimals to which it is rounded; undefined: it is not. */
  readonly places: number | undefined;
}

/** The steps named in words of rounding, `to 0.00001, then to 0.0001 lb/h`, as decimals. */
const placesOf = (rounding: string): number[] =>
  [...rounding.matchAll(/\bto (\d+(?:\.(\d+))?)\b/g)].map(([, , decimals = '']) => decimals.length);

/**
 * The equations of a value, worked out one after the other. What an equation gives is known to the next one as that of
 * the only fuel: `HIrate` as `HIrate-i`.
 */
export const stepsOf = (formula: string, inputs: readonly SymbolValue[], rounding: string): Step[] => {
  const values = valuesOf(inputs);
  const places = placesOf(rounding);
  return formula
    .split(';')
    .filter((each) => each.trim() !== '')
    .map((equation, i) => {
      const [result, right] = sidesOf(equation);
      const tokens = tokensOf(right);
      const isInput = ({ text }: Token) => values.has(text);
      const missing = tokens.some((token) => isInput(token) && values.get(token.text)?.value === undefined);
      const unrounded = missing ? undefined : evaluate(tokens, values);
      const decimals = places[i];
      const rounded = decimals === undefined ? unrounded : unrounded?.toDecimalPlaces(decimals, Decimal.ROUND_HALF_UP);
      const numbers = missing
        ? undefined
        : spaced(tokens, (token) => {
            const value = values.get(token.text);
            return value ? { text: value.text, symbol: token.text } : { text: sign(token.text) };
          });
      if (rounded !== undefined) values.set(`${result}-i`, given(rounded, decimals));
      return {
        inSymbols: spaced(tokens, (token) =>
          isInput(token) ? { text: token.text, symbol: token.text } : { text: sign(token.text) },
        ),
        result,
        inNumbers: numbers,
        unrounded,
        rounded,
        places: decimals,
      };
    });
};

export const textOfParts = (parts: readonly FormulaPart[]): string => parts.map(({ text }) => text).join('');

/** An unrounded result, with as many digits as show how it was rounded. */
export const unroundedText = (value: Decimal): string => {
  const short = value.toSignificantDigits(10);
  return short.eq(value) ? plain(value) : `${plain(short)}…`;
};

/** A decimal text as it stands in formulas. @example plainText('0.0000001194') // '1.194e-7' */
export const plainText = (value: string | null, places?: number): string | undefined =>
  value === null ? undefined : plain(new Decimal(value), places);
