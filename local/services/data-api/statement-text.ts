import { AwsError } from '../aws-json.ts';

/** A statement as PostgreSQL reads it: `:name` has become `$n`, one number for each place where a name stands. */
export interface StatementText {
  readonly text: string;
  /** The name at `$1`, `$2`, ... */
  readonly names: readonly string[];
}

/**
 * Turns a Data API statement into one for PostgreSQL. A name counts outside of string literals, quoted identifiers,
 * comments and dollar quotes only, and `::type` is a cast.
 *
 * @throws `ValidationException` for more than one statement, as the Data API refuses it; for `$1`, which it does not
 *   know; and for a name inside a dollar quote: the Data API does not see the quote and would change the body in
 *   silence, so what works here would break there
 */
export const readStatement = (sql: string): StatementText => {
  const names: string[] = [];
  let text = '';
  let copied = 0;
  let ended = false;
  for (let at = 0; at < sql.length; ) {
    const end = skipQuoted(sql, at);
    const char = sql[at]!;
    if (end > at) {
      if (ended && char !== '-' && char !== '/') throw manyStatements();
      if (char === '$') refuseNamesIn(sql.slice(at, end));
      at = end;
    } else if (char === ':') {
      if (ended) throw manyStatements();
      const after = sql[at + 1];
      const name = after === ':' || after === '=' ? '' : wordAt(sql, at + 1);
      if (name) {
        text += `${sql.slice(copied, at)}$${names.push(name)}`;
        copied = at + 1 + name.length;
      }
      at += name ? 1 + name.length : after === ':' || after === '=' ? 2 : 1;
    } else if (char === ';') {
      ended = true;
      at += 1;
    } else if (isWord(char)) {
      // A whole word at once, so that a quote after it is seen as what it is (`E'..'`) and `a$1` is an identifier.
      if (ended) throw manyStatements();
      at += identifierAt(sql, at).length;
    } else {
      if (ended && !isSpace(char)) throw manyStatements();
      if (char === '$' && isDigit(sql[at + 1])) throw positional(sql.slice(at, at + 2));
      at += 1;
    }
  }
  return { text: text + sql.slice(copied), names };
};

/** Where the quoted text or comment that begins here ends; `at` when none begins here. */
const skipQuoted = (sql: string, at: number): number => {
  const char = sql[at];
  if (char === "'") return isEscapeString(sql, at) ? afterEscapeString(sql, at + 1) : afterQuote(sql, at + 1, "'");
  if (char === '"') return afterQuote(sql, at + 1, '"');
  if (char === '-' && sql[at + 1] === '-') return orEnd(sql, sql.indexOf('\n', at), 1);
  if (char === '/' && sql[at + 1] === '*') return afterComment(sql, at + 2);
  if (char === '$') {
    DOLLAR_TAG.lastIndex = at;
    const tag = DOLLAR_TAG.exec(sql)?.[0];
    if (tag) return orEnd(sql, sql.indexOf(tag, at + tag.length), tag.length);
  }
  return at;
};

const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;

const orEnd = (sql: string, found: number, length: number): number => (found < 0 ? sql.length : found + length);

/** A doubled quote stands for itself: it ends one literal and begins the next, which comes to the same. */
const afterQuote = (sql: string, from: number, quote: string): number => orEnd(sql, sql.indexOf(quote, from), 1);

const isEscapeString = (sql: string, quote: number): boolean =>
  /[eE]/.test(sql[quote - 1] ?? '') && !isIdentifierPart(sql[quote - 2]);

const afterEscapeString = (sql: string, from: number): number => {
  for (let at = from; at < sql.length; at += 1) {
    if (sql[at] === '\\') at += 1;
    else if (sql[at] === "'" && sql[at + 1] === "'") at += 1;
    else if (sql[at] === "'") return at + 1;
  }
  return sql.length;
};

/** Comments nest in PostgreSQL. */
const afterComment = (sql: string, from: number): number => {
  let depth = 1;
  for (let at = from; at < sql.length; at += 1) {
    if (sql[at] === '/' && sql[at + 1] === '*') {
      depth += 1;
      at += 1;
    } else if (sql[at] === '*' && sql[at + 1] === '/') {
      depth -= 1;
      at += 1;
      if (depth === 0) return at + 1;
    }
  }
  return sql.length;
};

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';
const isWord = (char: string | undefined): boolean => char !== undefined && /[\w\u0080-\uffff]/.test(char);
const isIdentifierPart = (char: string | undefined): boolean => char === '$' || isWord(char);
const isSpace = (char: string): boolean => /\s/.test(char);

const NAME = /\w+/y;
const wordAt = (sql: string, at: number): string => {
  NAME.lastIndex = at;
  return NAME.exec(sql)?.[0] ?? '';
};

const IDENTIFIER = /[\w\u0080-\uffff][\w$\u0080-\uffff]*/y;
const identifierAt = (sql: string, at: number): string => {
  IDENTIFIER.lastIndex = at;
  return IDENTIFIER.exec(sql)![0];
};

const refuseNamesIn = (quoted: string): void => {
  const tag = quoted.indexOf('$', 1) + 1;
  const body = quoted.slice(tag, -tag);
  for (let at = 0; at < body.length; ) {
    const end = skipQuoted(body, at);
    const name = body[at] === ':' && body[at + 1] !== ':' ? wordAt(body, at + 1) : '';
    if (end === at && name) {
      throw new AwsError(
        'ValidationException',
        `:${name} inside a dollar quote: the Data API would replace it there too. Write it without the colon`,
      );
    }
    at = end > at ? end : at + (body.startsWith('::', at) ? 2 : 1);
  }
};

const manyStatements = () => new AwsError('ValidationException', "Multistatements aren't supported.");

const positional = (found: string) =>
  new AwsError('ValidationException', `${found} is not a parameter of the Data API: write :name`);
