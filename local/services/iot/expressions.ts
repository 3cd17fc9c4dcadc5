import { randomUUID } from 'node:crypto';

/** A message as a rule sees it. */
export interface RuleMessage {
  /** Without the Basic Ingest prefix. */
  readonly topic: string;
  readonly levels: readonly string[];
  readonly clientId: string;
  readonly payload: Buffer;
  /** When the rules engine took it, milliseconds since 1970. */
  readonly received: number;
}

/** `undefined` is AWS IoT SQL's Undefined: a topic level that is not there. */
export type Expression = (message: RuleMessage) => string | number | undefined;

export interface Token {
  readonly kind: 'word' | 'number' | 'text' | 'symbol' | 'end';
  readonly text: string;
  /** Counted from 1. */
  readonly at: number;
}

const TOKEN = /\s+|([A-Za-z][A-Za-z0-9_]*)|(\d+(?:\.\d+)?)|'((?:[^']|'')*)'|([(),*])/y;

/** @throws Error at a character that the supported part of AWS IoT SQL does not have. */
export const tokens = (source: string): Token[] => {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex + 1;
    const match = TOKEN.exec(source);
    if (!match) throw refused(source, { kind: 'symbol', text: source[at - 1]!, at }, 'is not supported locally');
    const [, word, number, text, symbol] = match;
    if (word !== undefined) found.push({ kind: 'word', text: word, at });
    else if (number !== undefined) found.push({ kind: 'number', text: number, at });
    else if (text !== undefined) found.push({ kind: 'text', text: text.replaceAll("''", "'"), at });
    else if (symbol !== undefined) found.push({ kind: 'symbol', text: symbol, at });
  }
  found.push({ kind: 'end', text: 'the end', at: source.length + 1 });
  return found;
};

export const refused = (source: string, { text, at }: Token, problem: string): Error =>
  new Error(`"${source}": at character ${at}, "${text}" ${problem}`);

/** Reads tokens one after the other. */
export interface Reader {
  peek(): Token;
  next(): Token;
  /** Takes the next token if it is this symbol or, in any case, this word. */
  accept(text: string): boolean;
  expect(text: string): void;
  fail(token: Token, problem: string): Error;
}

export const readerOf = (source: string): Reader => {
  const found = tokens(source);
  let i = 0;
  const peek = () => found[i]!;
  const next = () => found[i < found.length - 1 ? i++ : i]!;
  const accept = (text: string) => {
    const { kind, text: seen } = peek();
    const same = (kind === 'word' || kind === 'symbol') && seen.toUpperCase() === text.toUpperCase();
    if (same) next();
    return same;
  };
  const fail = (token: Token, problem: string) => refused(source, token, problem);
  return {
    peek,
    next,
    accept,
    expect: (text) => {
      const token = peek();
      if (!accept(text)) throw fail(token, `stands where "${text}" is expected`);
    },
    fail,
  };
};

const WITHOUT_ARGUMENTS: Readonly<Record<string, Expression>> = {
  topic: ({ topic }) => topic,
  timestamp: ({ received }) => received,
  clientid: ({ clientId }) => clientId,
  newuuid: () => randomUUID(),
};

const readTopicLevel = (reader: Reader): Expression => {
  const token = reader.next();
  if (token.kind !== 'number' || !/^[1-9]\d*$/.test(token.text))
    throw reader.fail(token, 'is not the number of a topic level, counted from 1');
  const index = Number(token.text) - 1;
  return ({ levels }) => levels[index];
};

const readEncode = (reader: Reader): Expression => {
  const whole = reader.peek();
  if (!reader.accept('*')) throw reader.fail(whole, 'is not supported in encode(): only the whole payload, *');
  reader.expect(',');
  const scheme = reader.next();
  if (scheme.kind !== 'text' || scheme.text !== 'base64') throw reader.fail(scheme, "is not the scheme 'base64'");
  return ({ payload }) => payload.toString('base64');
};

/**
 * Reads one expression: a literal, or one of `topic()`, `topic(n)`, `timestamp()`, `clientid()`, `newuuid()` and
 * `encode(*, 'base64')`, with the meaning of AWS IoT SQL 2016-03-23.
 *
 * @throws Error for everything else in AWS IoT SQL, with its place.
 */
export const readExpression = (reader: Reader): Expression => {
  const token = reader.next();
  if (token.kind === 'text') return () => token.text;
  if (token.kind === 'number') {
    const value = Number(token.text);
    return () => value;
  }
  const noArguments = Object.hasOwn(WITHOUT_ARGUMENTS, token.text) ? WITHOUT_ARGUMENTS[token.text] : undefined;
  if (token.kind !== 'word' || !(noArguments || token.text === 'encode'))
    throw reader.fail(
      token,
      "is not supported locally; there are literals, topic(), topic(n), timestamp(), clientid(), newuuid() and encode(*, 'base64')",
    );
  reader.expect('(');
  if (noArguments && reader.accept(')')) return noArguments;
  const closing = reader.peek();
  if (noArguments && token.text !== 'topic') throw reader.fail(closing, `stands where ")" is expected`);
  const expression = token.text === 'encode' ? readEncode(reader) : readTopicLevel(reader);
  reader.expect(')');
  return expression;
};
